/**
 * Takes the pictures of docs/images that show three nodes, in dark and in light: all of them well, on a desk and on a phone, and one of
 * them gone. Needs nats-server (scripts/install-nats.sh).
 *
 *     npm run build && npx node scripts/screenshots-cluster.ts
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { Role } from '#domain/commands.ts';
import { TestBrowser, whyNoBrowser } from '../test/support/console.ts';
import { whyNoNats } from '../test/support/nats-cluster.ts';
import { Cluster } from '../test/support/test-cluster.ts';
import { Trader } from '../test/support/traders.ts';

const IMAGES = fileURLToPath(new URL('../docs/images', import.meta.url));
const DESK = { width: 1_280, height: 800 };
const PHONE = { width: 390, height: 844 };
/** How long there is trading before the pictures: what charts show. */
const TRADING_MS = 75_000;
const WAIT = { timeout: 90_000 };

const reason = whyNoBrowser() || whyNoNats();
if (typeof reason === 'string') throw new Error(reason);
const ends: (() => unknown)[] = [];
// What the support of tests asks of a test: to be told when it ends.
const context = { after: (end: () => unknown) => void ends.push(end) } as never;

async function take(pages: readonly (readonly [theme: string, page: Page])[], name: string): Promise<void> {
  for (const [theme, page] of pages) {
    const file = join(IMAGES, `${name}-${theme}.png`);
    await page.screenshot({ path: file });
    console.log(file);
  }
}

try {
  const cluster = await Cluster.start(context);
  for (let nodeId = 1; nodeId <= 3; nodeId++) await cluster.startNode(nodeId);
  cluster
    .node(1)
    .child.send({ type: 'SetUserRole', targetUserId: 4, role: Role.Operations, reason: 'operates' });
  // Until the role is in the log, the screen is refused.
  await setTimeout(3_000);
  const browser = await TestBrowser.start(context);
  const url = `http://127.0.0.1:${cluster.node(1).edgePorts['http']}`;
  const options = { path: '/operate', password: 'secret' };
  const pages: (readonly [string, Page])[] = [];
  for (const theme of ['dark', 'light'] as const)
    pages.push([theme, await browser.signIn({ url }, 'U4', { ...options, theme })]);
  for (const [, page] of pages) await page.locator('[data-level="good"]').waitFor(WAIT);
  const traders = [new Trader('U1', 1), new Trader('U2', 2)];
  for (const [index, trader] of traders.entries()) await trader.trade(cluster.node(1 + index).ouchPort);
  await setTimeout(TRADING_MS);
  await take(pages, 'operate');
  for (const [, page] of pages) await page.setViewportSize(PHONE);
  await setTimeout(1_500);
  await take(pages, 'operate-phone');
  for (const [, page] of pages) await page.setViewportSize(DESK);
  await cluster.kill(3);
  for (const [, page] of pages) await page.locator('[data-node="3"][data-state="silent"]').waitFor(WAIT);
  await setTimeout(3_000);
  await take(pages, 'operate-fault');
  for (const trader of traders) trader.leave();
  if (browser.faults.length > 0) throw new Error(browser.faults.join('\n'));
} finally {
  for (const end of ends.reverse()) await end();
}
