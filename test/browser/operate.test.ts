import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';

const SECTIONS = ['overview', 'markets', 'copies'] as const;
const PHONE = { width: 390, height: 844 };
/** A node that shares its processors with many tests may take so long for what it does in a moment. */
const SLOW = { timeout: 60_000 };

async function phases(venue: ConsoleVenue): Promise<Map<string, { phase: string; isSuspended: boolean }>> {
  const answer = await fetch(`${venue.url}/api/v1/phases`);
  const { items } = (await answer.json()) as {
    items: { symbol: string; phase: string; isSuspended: boolean }[];
  };
  return new Map(items.map((item) => [item.symbol, item]));
}

/** Fills in a dialog that wants a reason and a text typed; before both are there it cannot be confirmed. */
async function confirm(page: Page, action: string, typed: string, reason: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  const button = dialog.getByRole('button', { name: action });
  assert.equal(await button.isDisabled(), true);
  await dialog.getByLabel('Reason').fill(reason);
  assert.equal(await button.isDisabled(), true);
  const text = dialog.getByLabel(`Type ${typed} to confirm`);
  await text.fill(`${typed}x`);
  assert.equal(await button.isDisabled(), true);
  await text.fill(typed);
  await button.click();
  await dialog.waitFor({ state: 'detached' });
}

/** On a phone not all sections fit; the one that was chosen is in sight. */
async function assertSectionInSight(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Sessions', exact: true }).click();
  const chosen = page.locator('.sections [aria-current="page"]', { hasText: 'Sessions' });
  await chosen.waitFor();
  const box = await chosen.boundingBox();
  assert.ok(box !== null && box.x >= 0 && box.x + box.width <= PHONE.width, JSON.stringify(box));
}

test('operate: a node alone', { skip: whyNoBrowser(), timeout: 280_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t, { config: { snapshots: { everyEntries: 1_000_000, keep: 3 } } });
  const browser = await TestBrowser.start(t);

  await t.test('every section can be used by everybody, on a desk and on a phone', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate' });
    for (const section of SECTIONS) {
      await page.goto(`${venue.url}/operate/${section}`);
      await page.locator('[data-level="good"]').waitFor(SLOW);
      if (section === 'copies') await page.getByText('No snapshot yet').waitFor(SLOW);
      else await page.getByRole('table').first().waitFor(SLOW);
      await assertAccessible(page);
      await page.setViewportSize(PHONE);
      await assertAccessible(page);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width);
      if (section === 'copies') await assertSectionInSight(page);
      await page.setViewportSize({ width: 1_280, height: 800 });
    }
    await page.context().close();
  });

  await t.test('the cluster of one, and what its order path does', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate' });
    const node = page.locator('[data-node="1"]');
    await node.getByText('serving').waitFor(SLOW);
    await node.getByText('agrees').waitFor(SLOW);
    await page.getByRole('img', { name: /^Map of 1 node\. The node serves/ }).waitFor();
    const total = page.locator('[data-stage="total"]');
    await total.waitFor(SLOW);
    await page.getByRole('img', { name: /^Latency: Total\. Now: P50 / }).waitFor();
    await page.getByRole('img', { name: /^Throughput\. Now: entries / }).waitFor();
    await page.getByRole('button', { name: 'Log → durable' }).click();
    await page.getByRole('img', { name: /^Latency: Log → durable\. Now: / }).waitFor();
    assert.equal(
      await page.getByRole('button', { name: 'Log → durable' }).getAttribute('aria-pressed'),
      'true',
    );
    await page.context().close();
  });

  await t.test('a phase is changed with the instrument typed and a reason, which the log has', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/markets' });
    await page.getByRole('button', { name: 'Halt HIVE' }).click();
    await confirm(page, 'Change to halted', 'HIVE', 'news');
    await page.locator('[data-symbol="HIVE"][data-phase="halted"]').waitFor(SLOW);
    assert.equal((await phases(venue)).get('HIVE')?.phase, 'halted');
    const done = page.getByRole('table', { name: 'What was done' }).getByRole('row', { name: /SetPhase/ });
    await done.getByText('news').waitFor(SLOW);
    await page.getByRole('button', { name: 'Auction HIVE' }).click();
    await confirm(page, 'Change to opening auction', 'HIVE', 'reopen');
    const auction = page.locator('[data-symbol="HIVE"][data-phase="opening-auction"]');
    await auction.getByText('continuous at').waitFor(SLOW);
    await page.getByRole('button', { name: 'Resume HIVE' }).click();
    await confirm(page, 'Change to continuous', 'HIVE', 'enough');
    await page.locator('[data-symbol="HIVE"][data-phase="continuous"]').waitFor(SLOW);
    await page.context().close();
  });

  await t.test(
    'price controls are changed with the instrument typed and a reason, beginning with what holds',
    async () => {
      const page = await browser.signIn(venue, 'operations', { path: '/operate/markets' });
      const instrument = async (): Promise<Record<string, unknown>> =>
        (await fetch(`${venue.url}/api/v1/instruments/HIVE`)).json() as Promise<Record<string, unknown>>;
      const before = await instrument();
      await page.getByRole('button', { name: 'Controls… HIVE' }).click();
      const dialog = page.getByRole('dialog');
      assert.equal(await dialog.getByLabel('Collar').inputValue(), before['collar']);
      await dialog.getByLabel('Dynamic band').fill('1.5');
      await dialog.getByText('a fraction from 0 to 1, six decimals at most').waitFor();
      await dialog.getByLabel('Dynamic band').fill('0.05');
      await dialog.getByLabel('Volatility auction, seconds').fill('90');
      await assertAccessible(page);
      await confirm(page, 'Set the controls', 'HIVE', 'a wide day');
      await page.getByText('HIVE has other price controls').waitFor(SLOW);
      const changed = { ...before, dynamicBand: '0.050000', volatilityAuctionSeconds: 90 };
      assert.deepEqual(await instrument(), changed);
      await page.getByRole('button', { name: 'Controls… HIVE' }).click();
      assert.equal(await dialog.getByLabel('Dynamic band').inputValue(), '0.050000');
      await page.context().close();
    },
  );

  await t.test(
    'fees are changed with the instrument typed and a reason, beginning with what holds',
    async () => {
      const page = await browser.signIn(venue, 'operations', { path: '/operate/markets' });
      const instrument = async (): Promise<Record<string, unknown>> =>
        (await fetch(`${venue.url}/api/v1/instruments/HIVE`)).json() as Promise<Record<string, unknown>>;
      const before = await instrument();
      await page.getByRole('button', { name: 'Fees… HIVE' }).click();
      const dialog = page.getByRole('dialog');
      assert.equal(await dialog.getByLabel('Maker fee').inputValue(), before['makerFee']);
      assert.equal(await dialog.getByLabel('Taker fee').inputValue(), before['takerFee']);
      await dialog.getByLabel('Taker fee').fill('1.5');
      await dialog.getByText('a fraction from 0 to 1, six decimals at most').waitFor();
      await dialog.getByLabel('Maker fee').fill('0');
      await dialog.getByLabel('Taker fee').fill('0.00001');
      await assertAccessible(page);
      await confirm(page, 'Set the fees', 'HIVE', 'a cheap day');
      await page.getByText('HIVE has other fees').waitFor(SLOW);
      assert.deepEqual(await instrument(), { ...before, makerFee: '0.000000', takerFee: '0.000010' });
      await page.context().close();
    },
  );

  await t.test('the kill switch stops the venue once STOP VENUE is typed, and lets it go on', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/markets' });
    await page.getByRole('button', { name: 'Kill switch', exact: true }).click();
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page);
    await confirm(page, 'Engage the switch', 'STOP VENUE', 'a test of the switch');
    await page.getByText('Trading is stopped: VENUE').waitFor(SLOW);
    await page.locator('[data-symbol="BTCUSD"]').getByText('stopped by a kill switch').waitFor(SLOW);
    assert.deepEqual(
      new Set([...(await phases(venue)).values()].map(({ isSuspended }) => isSuspended)),
      new Set([true]),
    );
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Kill switch', exact: true }).click();
    await page.getByRole('button', { name: 'Let trading go on' }).click();
    await confirm(page, 'Release the switch', 'RESUME VENUE', 'it works');
    await page.getByText('Trading may go on: VENUE').waitFor(SLOW);
    assert.equal((await phases(venue)).get('BTCUSD')?.isSuspended, false);
    await page.getByRole('button', { name: 'Kill switch', exact: true }).click();
    await page.getByLabel('Of', { exact: true }).selectOption('account');
    await page.getByLabel('Account number').fill('999');
    await page.getByLabel('Reason').fill('nobody');
    await page.getByLabel('Type STOP ACCOUNT 999 to confirm').fill('STOP ACCOUNT 999');
    await page.getByRole('dialog').getByRole('button', { name: 'Engage the switch' }).click();
    await page.getByRole('dialog').getByRole('alert').waitFor(SLOW);
    await page.context().close();
  });

  await t.test('a snapshot is verified by one click; a damaged one is found', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/copies' });
    venue.node.snapshot();
    const verify = page.getByRole('button', { name: /^Verify the snapshot of entry/ });
    while ((await verify.count()) === 0) {
      await page.getByRole('button', { name: 'Refresh' }).first().click();
      await page.waitForTimeout(100);
    }
    await verify.first().click();
    await page.getByText(/^Whole: the snapshot of entry/).waitFor(SLOW);
    const row = page.getByRole('table', { name: 'Snapshots of this node' }).getByRole('row').nth(1);
    await row.getByText('whole, at').waitFor(SLOW);
    await assertAccessible(page);
    const sequence = (await verify.first().getAttribute('aria-label'))?.replace(/\D/g, '') ?? '';
    const file = join(venue.directory, 'snapshots', `snapshot-${sequence.padStart(16, '0')}.hms`);
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(file, bytes);
    await verify.first().click();
    await page.getByText(/^Damaged: the snapshot of entry/).waitFor(SLOW);
    await row.getByText('damaged').waitFor(SLOW);
    await assertAccessible(page);
    await page.context().close();
  });

  await t.test('who may not stop trading is not offered to', async () => {
    const page = await browser.signIn(venue, 'compliance', { path: '/operate' });
    await page.locator('[data-level="good"]').waitFor(SLOW);
    assert.equal(await page.getByRole('button', { name: 'Kill switch' }).count(), 0);
    assert.equal(await page.getByRole('link', { name: 'Markets' }).count(), 0);
    const trader = await browser.signIn(venue, 'trader', { path: '/operate' });
    await trader.getByRole('heading', { name: 'Your role does not have this screen' }).waitFor();
    await page.context().close();
    await trader.context().close();
  });

  await t.test(
    'a lost connection makes the state unknown at once, and fresh again without a reload',
    async () => {
      const page = await browser.signIn(venue, 'operations', { path: '/operate' });
      await page.locator('[data-level="good"]').waitFor(SLOW);
      await venue.stop();
      await page.locator('[data-level="unknown"]').waitFor(SLOW);
      await venue.restart();
      await page.locator('[data-level="good"]').waitFor(SLOW);
      await page.context().close();
    },
  );

  assert.deepEqual(browser.faults, []);
});
