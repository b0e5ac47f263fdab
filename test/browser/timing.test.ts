import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { TradePage } from '../support/trade-page.ts';

const PATH = '/trade/BTCUSD';
const SETTINGS = {
  confirmOrders: false,
  clickToTrade: true,
  confirmClicks: false,
  confirmCancelAll: true,
  hotKeys: true,
};

test('what comes at an unlucky moment', { skip: whyNoBrowser(), timeout: 280_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t, { messagesPerSecond: 20 });
  const browser = await TestBrowser.start(t);

  await t.test('a key that is held down sends one order, and answers no question', async () => {
    const page = await browser.signIn(venue, 'trader', { path: PATH, keep: { trade: SETTINGS } });
    const trade = new TradePage(page);
    await page.locator('.tape tbody tr').first().waitFor();
    const price = await trade.priceAt(0.97);
    const hold = async (key: string): Promise<void> => {
      for (let n = 0; n < 5; n++) await page.keyboard.down(key);
      await page.keyboard.up(key);
    };
    await trade.fill({ side: 'Buy', quantity: '0.0101', price });
    await trade.ticket.getByRole('textbox', { name: /^Price/ }).focus();
    await hold('Enter');
    await trade.ticket.locator('[data-sent="open"]').waitFor();
    // The venue takes them one after the other: whatever else was sent is there before this one.
    await trade.send({ side: 'Buy', quantity: '0.0102', price });
    await trade.waitForOrders(2);
    await trade.ticket.locator('button[type="submit"]').focus();
    await hold('Enter');
    await trade.waitForOrders(3);
    await trade.send({ side: 'Buy', quantity: '0.0103', price });
    await trade.waitForOrders(4);
    const ladder = page.getByRole('grid', { name: 'Ladder' });
    await ladder.focus();
    for (let n = 0; n < 5; n++) await page.keyboard.press('PageDown');
    await hold('b');
    await trade.waitForOrders(5);
    await trade.send({ side: 'Buy', quantity: '0.0104', price });
    await trade.waitForOrders(6);
    await trade.cancelAll();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('dialog').getByRole('checkbox').first().check();
    await page.keyboard.press('Escape');
    await trade.ticket.getByRole('textbox', { name: /^Price/ }).focus();
    await hold('Enter');
    await page.getByRole('dialog').getByText(price).waitFor();
    await page.keyboard.press('Enter');
    await trade.waitForOrders(1);
    await trade.cancelAll();
    await page.context().close();
  });

  assert.deepEqual(browser.faults, []);
});
