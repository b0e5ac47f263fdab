import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { setUpReplay } from '#app/replay/participants.ts';
import { assertAccessible, ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const START_MS = 1_430_438_400_000;
/** Bids, each above the one before. At once two of them, then one every hour: nothing goes on by itself while the test looks. */
const ROWS = Array.from({ length: 40 }, (_, row) => {
  const atMs = START_MS + Math.max(0, row - 1) * 3_600_000;
  return `${row + 1},${atMs},0,${100 + row}.00,${(row + 1) * 100_000_000},created,bid`;
});

function recordings(): string {
  const directory = temporaryDirectory('recordings');
  const header = 'id,timestamp,exchange.timestamp,price,volume,action,direction';
  writeFileSync(join(directory, 'bids.csv'), `${[header, ...ROWS].join('\n')}\n`);
  return directory;
}

/** Waits until the replay screen says so many messages. */
function replayed(page: Page, messages: number) {
  return page.locator(`.replay-facts[data-messages="${messages}"]`).waitFor();
}

/** The best price that a trade screen has bids at; undefined: there is none. */
async function bestBid(page: Page): Promise<string | undefined> {
  // In one go: rows come and go while one looks.
  const prices = await page
    .locator('.ladder-row')
    .evaluateAll((rows) =>
      rows
        .filter((row) => /\d/.test(row.querySelector('.bid')?.textContent ?? ''))
        .map((row) => row.getAttribute('data-price') ?? ''),
    );
  return prices.sort().at(-1);
}

/** Waits until that is so: a screen follows the market within a frame or two. */
async function untilBestBid(page: Page, price: string | undefined): Promise<void> {
  for (const endMs = performance.now() + 20_000; ; await setTimeout(50)) {
    const best = await bestBid(page);
    if (best === price) return;
    assert.ok(performance.now() < endMs, `the best bid is ${best}, not ${price}`);
  }
}

test('replay screen', { skip: whyNoBrowser(), timeout: 240_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t, {
    messagesPerSecond: 0,
    config: { replayDirectory: recordings() },
  });
  const browser = await TestBrowser.start(t);
  await setUpReplay(venue.node);
  const page = await browser.signIn(venue, 'operations', { path: '/replay' });

  await t.test('a recording is chosen, and starts with a word typed and a reason', async () => {
    await page.getByText('Choose a recording and start it').waitFor();
    await page.getByRole('button', { name: 'Choose bids.csv' }).click();
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Start' }).click();
    const dialog = page.getByRole('dialog', { name: 'Replay bids.csv' });
    await dialog.getByLabel('Reason').fill('a lesson');
    await dialog.getByLabel('Type replay to confirm').fill('repla');
    assert.equal(await dialog.getByRole('button', { name: 'Start' }).isDisabled(), true);
    await dialog.getByLabel('Type replay to confirm').fill('replay');
    await assertAccessible(page);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await page.getByText('bids.csv is being replayed').waitFor();
    await replayed(page, 2);
    await page.locator('.replay-facts[data-state="running"]').waitFor();
  });

  const watched = await browser.signIn(venue, 'viewer', { path: '/trade/BTCUSD.R' });
  await t.test('the trade screen shows its book', async () => {
    await untilBestBid(watched, '101.00');
    assert.equal(await page.getByRole('link', { name: 'Trade screen of BTCUSD.R' }).count(), 1);
  });

  await t.test('pause: nothing changes; step: exactly one message further', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('.replay-facts[data-state="paused"]').waitFor();
    await page.getByRole('button', { name: 'Step 1 message' }).click();
    await replayed(page, 3);
    await untilBestBid(watched, '102.00');
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Step 10 messages' }).click();
    await replayed(page, 13);
    await untilBestBid(watched, '112.00');
  });

  await t.test('it goes on at another speed, to the end', async () => {
    await page.getByRole('button', { name: 'Max', exact: true, disabled: false }).last().click();
    await page.getByText('as fast as possible').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.locator('.replay-facts[data-state="finished"]').waitFor();
    await replayed(page, 40);
    await untilBestBid(watched, '139.00');
  });

  await t.test('stop: its orders leave the book', async () => {
    await page.getByRole('button', { name: 'Stop' }).click();
    const dialog = page.getByRole('dialog', { name: 'Stop the replay' });
    await dialog.getByLabel('Reason').fill('enough');
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await page.locator('.replay-facts[data-state="stopped"]').waitFor();
    await untilBestBid(watched, undefined);
  });

  await t.test('in light, too; a trader does not have the screen', async () => {
    const light = await browser.signIn(venue, 'admin', { path: '/replay', theme: 'light' });
    await light.getByRole('button', { name: 'Choose bids.csv' }).click();
    await light.locator('.replay-facts[data-state="stopped"]').waitFor();
    await assertAccessible(light);
    const trader = await browser.signIn(venue, 'trader', { path: '/replay' });
    await trader.getByRole('heading', { name: 'Your role does not have this screen' }).waitFor();
  });

  assert.deepEqual(browser.faults, []);
});

test('a node that is not configured for it says how it would', {
  skip: whyNoBrowser(),
  timeout: 120_000,
}, async (t) => {
  const venue = await ConsoleVenue.start(t, { messagesPerSecond: 0 });
  const browser = await TestBrowser.start(t);
  const page = await browser.signIn(venue, 'operations', { path: '/replay' });
  await page.getByText('This node does not replay recordings').waitFor();
  await assertAccessible(page);
  assert.deepEqual(browser.faults, []);
});
