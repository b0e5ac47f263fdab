/**
 * Takes the pictures of docs/images: every screen of the console in dark and in light, of a node with the demo market.
 *
 *     npm run build && npx node scripts/screenshots.ts [NAME…]
 *
 * A screen's pictures are in SHOTS; those whose name begins with a NAME are taken.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { ConsoleVenue, type PageOptions, TestBrowser, whyNoBrowser } from '../test/support/console.ts';

const IMAGES = fileURLToPath(new URL('../docs/images', import.meta.url));

interface Shot extends PageOptions {
  readonly name: string;
  /** Who looks; undefined: a stranger. DEMO is the trader of the demo market. */
  readonly user?: string;
  readonly path: string;
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
    prepare: async (page) => {
      await page.locator('.ladder-row').first().waitFor();
      await page.locator('.tape tbody tr').nth(12).waitFor();
    },
  },
  {
    name: 'setup',
    user: 'admin',
    path: '/setup',
    prepare: async (page) => page.getByRole('heading', { level: 1 }).waitFor(),
  },
];

const reason = whyNoBrowser();
if (reason !== false) throw new Error(reason);
const wanted = process.argv.slice(2);
const shots = SHOTS.filter(({ name }) => wanted.length === 0 || wanted.some((one) => name.startsWith(one)));
const ends: (() => unknown)[] = [];
// What the support of tests asks of a test: to be told when it ends.
const context = { after: (end: () => unknown) => void ends.push(end) } as never;
mkdirSync(IMAGES, { recursive: true });
try {
  const venue = await ConsoleVenue.start(context);
  const browser = await TestBrowser.start(context);
  for (const { name, user, path, prepare, ...options } of shots) {
    for (const theme of ['dark', 'light'] as const) {
      const password = user === 'DEMO' ? { password: venue.demoPassword } : {};
      const page =
        user === undefined
          ? await browser.open(venue.url + path, { ...options, theme })
          : await browser.signIn(venue, user, { ...options, ...password, theme, path });
      await prepare(page, venue);
      await setTimeout(300);
      const file = join(IMAGES, `${name}-${theme}.png`);
      await page.screenshot({ path: file });
      console.log(file);
      await page.context().close();
    }
  }
  if (browser.faults.length > 0) throw new Error(browser.faults.join('\n'));
} finally {
  for (const end of ends.reverse()) await end();
}
