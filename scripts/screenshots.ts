/**
 * Takes the pictures of docs/images: every screen of the console in dark and in light, of a node with the demo market.
 *
 *     npm run build && npx node scripts/screenshots.ts [NAME…]
 *
 * A screen's pictures are in SHOTS; those whose name begins with a NAME are taken. Pictures of a cluster: scripts/screenshots-cluster.ts.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { setUpReplay } from '#app/replay/participants.ts';
import { IncidentSeverity, IncidentState, KillScope, Phase, VenueComponent } from '#domain/commands.ts';
import { seededRandom } from '#lib/seeded-random.ts';
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

const DAY_SECONDS = 86_400;

/** Writes what a node would have recorded in the days before: the pictures' node has just started. */
function recordDays(directory: string): void {
  const database = new DatabaseSync(join(directory, 'uptime.db'));
  const add = database.prepare('INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?, ?)');
  const today = Math.floor(Date.now() / 1_000 / DAY_SECONDS) * DAY_SECONDS;
  const faults: Readonly<Record<string, readonly [degraded: number, outage: number]>> = {
    'log 12': [9, 0],
    'order-entry 12': [9, 0],
    'rest 31': [24, 0],
    'web-socket 31': [24, 0],
    'fix 47': [0, 6],
    'archive 63': [41, 0],
  };
  const parts = ['order-entry', 'matching', 'market-data', 'rest', 'web-socket', 'fix', 'log', 'archive'];
  for (const part of parts) {
    for (let day = 1; day < 82; day++) {
      const [degraded, outage] = faults[`${part} ${day}`] ?? [0, 0];
      add.run(part, today - day * DAY_SECONDS, 1_440 - degraded - outage, degraded, outage);
    }
  }
  database.close();
}

let hasPast = false;

/** The status page with a past, and an incident that is open. */
async function showStatus(page: Page, venue: ConsoleVenue): Promise<void> {
  if (!hasPast) await makePast(venue);
  hasPast = true;
  await page.getByText('Late market data over one network').first().waitFor();
  await page.getByText(/% up/).first().waitFor();
}

async function makePast(venue: ConsoleVenue): Promise<void> {
  recordDays(venue.directory);
  await venue.send([
    {
      type: 'PostIncident',
      incidentId: 1,
      components: VenueComponent.Fix,
      severity: IncidentSeverity.Major,
      state: IncidentState.Resolved,
      title: 'FIX sessions lost their connection',
      text: 'A switch was replaced. Sessions resumed at their sequence numbers; no report was lost.',
      reason: 'a picture',
    },
    {
      type: 'PostIncident',
      incidentId: 2,
      components: VenueComponent.MarketData,
      severity: IncidentSeverity.Minor,
      state: IncidentState.Monitoring,
      title: 'Late market data over one network',
      text: 'Clients of the second network get ITCH up to 80 ms late. The route has been changed; we watch it.',
      reason: 'a picture',
    },
  ]);
}

/** Limits that leave accounts of the demo market more and less room, and an account that is stopped. */
async function showRisk(page: Page, venue: ConsoleVenue): Promise<void> {
  await venue.send([
    {
      type: 'SetAccountLimits',
      accountId: 2,
      ordersMax: 25,
      openValueMinorMax: 90_000_000_00,
      reason: 'a picture',
    },
    { type: 'SetAccountLimits', accountId: 3, ordersMax: 20, positionLotsMax: 500, reason: 'a picture' },
    { type: 'SetAccountLimits', accountId: 4, ordersMax: 40, positionLotsMax: 60, reason: 'a picture' },
    {
      type: 'SetAccountLimits',
      accountId: 5,
      orderQtyLotsMax: 20,
      messagesPerSecondMax: 100,
      reason: 'a picture',
    },
    { type: 'SetKillSwitch', scope: KillScope.Account, scopeId: 6, engaged: 1, reason: 'a picture' },
  ]);
  await page.locator('tr[data-account="6"]').getByText('killed').waitFor();
  await page.locator('tbody tr').first().getByRole('button').click();
  await page.locator('.risk-detail .risk-counts').waitFor();
  await setTimeout(4_000);
}

/** A recording of an hour in which orders come and go around a price that wanders. */
function recordMarket(directory: string): void {
  const random = seededRandom(7);
  const rows = ['id,timestamp,exchange.timestamp,price,volume,action,direction'];
  const open: [id: number, price: string, side: string][] = [];
  let middle = 23_650;
  for (let row = 0; row < 20_000; row++) {
    const atMs = 1_430_438_400_000 + row * 180;
    middle += Math.round(random() * 2 - 1);
    const [old] = open.length > 300 ? open.splice(Math.floor(random() * open.length), 1) : [];
    if (old !== undefined) rows.push(`${old[0]},${atMs},0,${old[1]},1000000,deleted,${old[2]}`);
    const side = random() < 0.5 ? 'bid' : 'ask';
    const distance = 12 + Math.floor(random() * 60);
    const price = ((middle + (side === 'bid' ? -distance : distance)) / 100).toFixed(2);
    rows.push(`${row + 1},${atMs},0,${price},${Math.ceil(random() * 40) * 5_000_000},created,${side}`);
    open.push([row + 1, price, side]);
  }
  writeFileSync(join(directory, 'example-orders.csv'), `${rows.join('\n')}\n`);
}

/** A replay that is under way, and paused for the picture. */
async function showReplay(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Choose / }).click();
  await page.getByRole('button', { name: '100 ×', exact: true }).first().click();
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByLabel('Reason').fill('a lesson on price levels');
  await page.getByLabel(/^Type/).fill('replay');
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await page.locator('.replay-facts[data-state="running"]').waitFor();
  await setTimeout(6_000);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.locator('.replay-facts[data-state="paused"]').waitFor();
}

/** Ends it: the next picture begins another one. */
async function endReplay(venue: ConsoleVenue): Promise<void> {
  const authorization = `Bearer ${await venue.token('operations')}`;
  await fetch(`${venue.url}/api/v1/admin/replay?reason=a%20picture`, {
    method: 'DELETE',
    headers: { authorization },
  });
}

const SHOTS: readonly Shot[] = [
  {
    name: 'sign-in',
    path: '/',
    prepare: async (page) => page.locator('[data-connection="online"]').waitFor(),
  },
  { name: 'risk', user: 'risk', path: '/risk', prepare: showRisk },
  { name: 'replay', user: 'operations', path: '/replay', prepare: showReplay, end: endReplay },
  { name: 'status', path: '/status', height: 1_000, prepare: showStatus },
  { name: 'status-phone', path: '/status', width: 390, height: 844, prepare: showStatus },
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
    name: 'trade-profit',
    user: 'DEMO',
    path: '/trade/ETHUSD',
    width: 1440,
    height: 900,
    keep: { 'trade.interval': '1s', 'trade.tab': 'profit' },
    prepare: async (page) => {
      const trade = new TradePage(page);
      for (const side of ['Buy', 'Sell', 'Sell', 'Buy', 'Buy'] as const) {
        await trade.send({ side, type: 'Market', quantity: '1' });
        await setTimeout(1_500);
      }
      await page.getByRole('img', { name: /Profit and loss over time/ }).waitFor();
    },
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
    height: 1_100,
    user: 'admin',
    path: '/setup',
    prepare: async (page) => page.getByRole('form', { name: 'A trader' }).waitFor(),
  },
  {
    name: 'operate-log',
    user: 'operations',
    path: '/operate/log',
    prepare: async (page) => {
      await page.getByRole('button', { name: 'Orders', exact: true }).click();
      await page.locator('.log-entry', { hasText: 'trade' }).nth(3).waitFor();
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.locator('.log-entry', { hasText: 'trade' }).first().locator('.log-open').click();
    },
  },
  {
    name: 'operate-order',
    user: 'operations',
    path: '/operate/orders',
    prepare: async (page, venue) => {
      const orderId = await livelyOrder(venue);
      await page.getByLabel('Order', { exact: true }).fill(String(orderId));
      await page.getByRole('button', { name: 'Show' }).click();
      await page.locator('.life-step', { hasText: 'mass-cancel' }).waitFor();
    },
  },
  {
    name: 'operate-sessions',
    user: 'operations',
    path: '/operate/sessions',
    prepare: async (page) =>
      page
        .getByRole('button', { name: /^End session/ })
        .first()
        .waitFor(),
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

/** An order of `trader` that was replaced, traded with the demo market, and was canceled by risk. */
async function livelyOrder(venue: ConsoleVenue): Promise<number> {
  const send = async (user: string, method: string, path: string, body?: object) => {
    const response = await fetch(`${venue.url}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await venue.token(user)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as { order: { orderId: number } };
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer;
  };
  const order = {
    symbol: 'BTCUSD',
    side: 'buy',
    type: 'limit',
    quantity: '9.0000',
    displayQuantity: '0.5000',
  };
  const { order: first } = await send('trader', 'POST', '/orders', {
    ...order,
    price: '59000.00',
    clientOrderId: `desk-${Date.now()}`,
  });
  const { items } = (await send('trader', 'GET', '/trades?symbol=BTCUSD&limit=1')) as unknown as {
    items: { price: string }[];
  };
  const price = `${Math.ceil(Number(items[0]?.price) * 1.001)}.00`;
  const { order: second } = await send('trader', 'PUT', `/orders/${first.orderId}`, { price });
  await setTimeout(1_500);
  await send('risk', 'DELETE', '/admin/orders?accountId=11&reason=a%20picture');
  return second.orderId;
}

const reason = whyNoBrowser();
if (reason !== false) throw new Error(reason);
const wanted = process.argv.slice(2);
const shots = SHOTS.filter(({ name }) => wanted.length === 0 || wanted.some((one) => name.startsWith(one)));
const ends: (() => unknown)[] = [];
// What the support of tests asks of a test: to be told when it ends.
const context = { after: (end: () => unknown) => void ends.push(end) } as never;
mkdirSync(IMAGES, { recursive: true });
const recordings = mkdtempSync(join(tmpdir(), 'hive-recordings-'));
ends.push(() => rmSync(recordings, { recursive: true }));
recordMarket(recordings);
try {
  const venue = await ConsoleVenue.start(context, {
    messagesPerSecond: 150,
    config: { replayDirectory: recordings },
  });
  await setUpReplay(venue.node);
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
