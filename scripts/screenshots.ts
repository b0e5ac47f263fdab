/**
 * Takes the pictures of docs/images: every screen of the console in dark and in light, of a node with the demo market.
 *
 *     npm run build && npx node scripts/screenshots.ts [NAME…]
 *
 * A screen's pictures are in SHOTS; those whose name begins with a NAME are taken. Pictures of a cluster: scripts/screenshots-cluster.ts.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { Phase } from '#domain/commands.ts';
import { ConsoleVenue, type PageOptions, TestBrowser, whyNoBrowser } from '../test/support/console.ts';
import { TradePage } from '../test/support/trade-page.ts';

/** How long the market trades before the first picture. */
const HISTORY_MS = 45_000;
const IMAGES = fileURLToPath(new URL('../docs/images', import.meta.url));

interface Shot extends PageOptions {
  readonly name: string;
  /** Who looks; undefined: a stranger. DEMO is the trader of the demo market. */
  readonly user?: string;
  readonly path: string;
  /** Preferences that the browser has kept. */
  readonly keep?: Readonly<Record<string, unknown>>;
  /** Sets back what `prepare` changed of the venue. */
  end?(venue: ConsoleVenue): Promise<void>;
  /** Brings the screen into the state that is shown. */
  prepare(page: Page, venue: ConsoleVenue): Promise<void>;
}

const SHOTS: readonly Shot[] = [
  {
    name: 'sign-in',
    path: '/',
    prepare: async (page) => page.locator('[data-connection="online"]').waitFor(),
  },
  {
    name: 'trade',
    user: 'DEMO',
    path: '/trade/BTCUSD',
    width: 1440,
    height: 900,
    keep: { 'trade.interval': '1s' },
    prepare: tradeALittle,
  },
  {
    name: 'trade-auction',
    user: 'DEMO',
    path: '/trade/HIVE',
    width: 1440,
    height: 900,
    keep: { 'trade.interval': '1s' },
    prepare: async (page, venue) => {
      await tradeALittle(page);
      await venue.send([{ type: 'SetPhase', instrumentId: 3, phase: Phase.OpeningAuction }]);
      const trade = new TradePage(page);
      await trade.send({
        side: 'Buy',
        quantity: '120',
        price: await trade.priceAt(1.01),
        timeInForce: 'Day',
      });
      await page.getByText('Would trade').waitFor();
    },
    end: (venue) => venue.send([{ type: 'SetPhase', instrumentId: 3, phase: Phase.Continuous }]),
  },
  {
    name: 'operate-markets',
    user: 'operations',
    path: '/operate/markets',
    prepare: async (page) => {
      await page.locator('[data-level="good"]').waitFor();
      await page.getByRole('button', { name: 'Auction BTCFUT' }).click();
      await page.getByLabel('Reason').fill('fixing of the settlement price');
    },
  },
  {
    name: 'operate-copies',
    user: 'operations',
    path: '/operate/copies',
    prepare: async (page) => {
      await page.locator('[data-level="good"]').waitFor();
      await page
        .getByRole('button', { name: /^Verify the snapshot/ })
        .first()
        .click({ timeout: 60_000 });
      await page.getByText('whole, at').first().waitFor({ timeout: 60_000 });
    },
  },
  {
    name: 'setup',
    user: 'admin',
    path: '/setup',
    prepare: async (page) => page.getByRole('heading', { level: 1 }).waitFor(),
  },
];

/** Some orders, and some that traded. */
async function tradeALittle(page: Page): Promise<void> {
  await page.locator('.ladder-row').first().waitFor();
  await page.locator('.tape tbody tr').nth(3).waitFor();
  const trade = new TradePage(page);
  const unit = new URL(page.url()).pathname.endsWith('HIVE') ? 50 : 0.05;
  const size = (factor: number): string => String(Number((unit * factor).toFixed(2)));
  await trade.send({ side: 'Buy', type: 'Market', quantity: size(2) });
  for (const [side, factor, price] of [
    ['Buy', 3, 0.9997],
    ['Buy', 5, 0.9995],
    ['Sell', 1, 1.0003],
    ['Sell', 4, 1.0006],
  ] as const)
    await trade.send({ side, quantity: size(factor), price: await trade.priceAt(price) });
  await trade.send({
    side: 'Sell',
    type: 'Stop limit',
    quantity: size(2),
    stopPrice: await trade.priceAt(0.995),
    price: await trade.priceAt(0.994),
  });
  await trade.fill({ side: 'Buy', quantity: size(1), price: await trade.priceAt(0.9998) });
  await page.locator('details.more summary').click();
  await page.mouse.move(0, 0);
}

const reason = whyNoBrowser();
if (reason !== false) throw new Error(reason);
const wanted = process.argv.slice(2);
const shots = SHOTS.filter(({ name }) => wanted.length === 0 || wanted.some((one) => name.startsWith(one)));
const ends: (() => unknown)[] = [];
// What the support of tests asks of a test: to be told when it ends.
const context = { after: (end: () => unknown) => void ends.push(end) } as never;
mkdirSync(IMAGES, { recursive: true });
try {
  const venue = await ConsoleVenue.start(context, { messagesPerSecond: 150 });
  // Some history for the charts.
  await setTimeout(HISTORY_MS);
  const browser = await TestBrowser.start(context);
  for (const { name, user, path, prepare, keep, end, ...options } of shots) {
    for (const theme of ['dark', 'light'] as const) {
      const password = user === 'DEMO' ? { password: venue.demoPassword } : {};
      const page =
        user === undefined
          ? await browser.open(venue.url + path, { ...options, theme, keep })
          : await browser.signIn(venue, user, { ...options, ...password, theme, path, keep });
      await prepare(page, venue);
      await page.locator('.toast').first().waitFor({ state: 'detached' });
      await setTimeout(300);
      const file = join(IMAGES, `${name}-${theme}.png`);
      await page.screenshot({ path: file });
      console.log(file);
      await end?.(venue);
      await page.context().close();
    }
  }
  if (browser.faults.length > 0) throw new Error(browser.faults.join('\n'));
} finally {
  for (const end of ends.reverse()) await end();
}
