import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { Phase } from '#domain/commands.ts';
import { assertAccessible, ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { assertInReach } from '../support/reachable.ts';
import { TradePage } from '../support/trade-page.ts';

const DESK = { width: 1_280, height: 800 };
const TABS = ['Order history', 'Fills', 'Positions', 'Balances', 'P&L', 'Open orders'];

test('no control is cut off on a desk of 1280 x 800', {
  skip: whyNoBrowser(),
  timeout: 280_000,
}, async (t) => {
  const venue = await ConsoleVenue.start(t, { messagesPerSecond: 20 });
  const browser = await TestBrowser.start(t);
  const page = await browser.signIn(venue, 'trader', { path: '/trade/BTCUSD', ...DESK });
  const trade = new TradePage(page);
  await page.locator('.tape tbody tr').first().waitFor();

  await t.test(
    'trade: orders with everything that an order can have, and those that are changed',
    async () => {
      const low = await trade.priceAt(0.97);
      const high = await trade.priceAt(1.03);
      const quantity = '0.5';
      await trade.send({
        side: 'Buy',
        quantity,
        price: low,
        displayQuantity: '0.1',
        timeInForce: 'Good till cancel',
      });
      await trade.send({ side: 'Buy', type: 'Stop limit', quantity, stopPrice: high, price: high });
      await trade.send({ side: 'Buy', quantity, price: low, postOnly: true });
      await trade.waitForOrders(3);
      await assertAccessible(page);
      for (const row of [0, 1, 2]) {
        const replace = trade.orders
          .locator('tbody tr')
          .nth(row)
          .getByRole('button', { name: /^Replace/ });
        await replace.click();
        await assertInReach(page);
        await page.keyboard.press('Escape');
      }
      for (const tab of TABS) {
        await trade.tab(tab);
        await assertInReach(page);
      }
    },
  );

  await t.test('trade: each chart, settings, an auction', async () => {
    for (const name of ['Candles', 'Depth', 'Both']) {
      await page.getByRole('button', { name, exact: true }).click();
      await assertInReach(page);
    }
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('dialog').waitFor();
    await assertInReach(page);
    await page.keyboard.press('Escape');
    await venue.send([{ type: 'SetPhase', instrumentId: 1, phase: Phase.OpeningAuction }]);
    await page.getByRole('region', { name: 'Auction: Opening auction' }).waitFor();
    await assertInReach(page);
    await trade.cancelAll();
  });

  await t.test(
    'the check finds what is cut off, beside the viewport, and hidden behind scrolling sideways',
    async () => {
      await assertInReach(page);
      const planted: readonly (readonly [string, string, RegExp])[] = [
        [
          '.ladder .panel-tools',
          'width: 20px; overflow: hidden',
          /Centre" is cut off sideways by div.panel-tools/,
        ],
        ['.send', 'position: relative; left: 200px', /is cut off sideways by div.trade-right/],
        ['.head-tools', 'position: fixed; left: 1270px', /"Settings" is beside the viewport/],
        [
          '.charts .panel-head',
          'min-height: 0; height: 10px; overflow: hidden',
          /"Candles" is cut off by div.panel-head/,
        ],
        ['.blotter .tabs', 'width: 60px; overflow-x: auto', /"Fills" is cut off sideways by div.tabs/],
      ];
      for (const [selector, style, expected] of planted) {
        await plant(page, selector, style);
        await assert.rejects(assertInReach(page), expected, selector);
        await plant(page, selector, '');
        await assertInReach(page);
      }
    },
  );

  assert.deepEqual(browser.faults, []);
});

function plant(page: Page, selector: string, style: string): Promise<void> {
  return page
    .locator(selector)
    .first()
    .evaluate((element, text) => {
      (element as unknown as { style: { cssText: string } }).style.cssText = text;
    }, style);
}
