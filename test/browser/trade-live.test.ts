import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Phase, Role } from '#domain/commands.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import { assertAccessible, ConsoleVenue, PASSWORD, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { TradePage } from '../support/trade-page.ts';

const PATH = '/trade/BTCUSD';

test('the trade screen over time', { skip: whyNoBrowser(), timeout: 280_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t, { messagesPerSecond: 40 });
  const browser = await TestBrowser.start(t);
  const page = await browser.signIn(venue, 'trader', { path: PATH, width: 1440, height: 900 });
  const trade = new TradePage(page);
  await page.locator('.tape tbody tr').first().waitFor();

  await t.test('a viewer beside a trader: one market, and a ticket for the one who may trade', async () => {
    const viewer = await browser.signIn(venue, 'viewer', { path: PATH, theme: 'light', height: 1_600 });
    await viewer.getByText('Your role sees the market and places no orders.').waitFor();
    assert.equal(await viewer.getByRole('form', { name: 'Order' }).count(), 0);
    await trade.cancelAll();
    const price = await trade.priceAt(0.98);
    await trade.send({ side: 'Buy', quantity: '7.7777', price });
    // A price that the demo market does not have: whoever looks there sees this order alone.
    const ladder = viewer.getByRole('grid', { name: 'Ladder' });
    await viewer.getByLabel('Price step').selectOption('10000');
    await ladder.getByText('7.7777').waitFor();
    await ladder.locator('.ladder-row').first().locator('.bid').click();
    assert.equal(await viewer.getByRole('dialog').count(), 0);
    await viewer.getByText('Your user has no account.').waitFor();
    // What never comes is not old.
    assert.equal(await viewer.locator('.stale').count(), 0);
    await trade.send({ side: 'Buy', type: 'Market', quantity: '0.0137' });
    await trade.tab('Fills');
    const fills = page.getByRole('table', { name: 'Fills' }).locator('tbody tr');
    const quantity = await fills.first().locator('td').nth(3).textContent();
    await viewer
      .locator('.tape')
      .getByText(quantity ?? 'none')
      .first()
      .waitFor();
    await viewer.context().close();
    await trade.cancelAll();
  });

  await t.test(
    'the node restarts: everything is marked as old at once, and fresh again after it',
    async () => {
      const price = await trade.priceAt(0.97);
      await trade.send({ side: 'Buy', quantity: '0.0123', price });
      await trade.waitForOrders(1);
      await venue.stop();
      await page.getByRole('alert').getByText('The connection to the node is lost').waitFor();
      for (const panel of ['.ladder', '.tape', '.charts', '.blotter', '.instrument-head'])
        await page.locator(`${panel}.stale`).waitFor();
      // What is sent meanwhile goes nowhere, and that is said once it is known.
      await trade.fill({ side: 'Buy', quantity: '0.0456', price });
      await trade.ticket.locator('button[type="submit"]').click();
      await trade.ticket.getByText('The connection was lost before the answer came').waitFor();
      await venue.restart();
      await page.locator('[data-connection="online"]').waitFor();
      await trade.ticket.getByText('The venue has not taken the order').waitFor();
      await page.locator('.stale').first().waitFor({ state: 'detached' });
      assert.equal(await page.locator('.stale').count(), 0);
      await trade.waitForOrders(1);
      await trade.orders.getByText('0.0123').waitFor();
      const newest = await page.locator('.tape tbody tr').first().textContent();
      await page
        .locator('.tape tbody tr')
        .first()
        .filter({ hasNotText: newest ?? '' })
        .waitFor();
      // The same order, sent again, counts once.
      await trade.ticket.locator('button[type="submit"]').click();
      await trade.waitForOrders(2);
      await trade.cancelAll();
    },
  );

  await t.test('what a colleague does with an order of the account is seen as it happens', async () => {
    const salt = new Uint8Array(16).fill(7);
    const passwordHash = new Uint8Array(await hashPassword(PASSWORD, salt));
    const name = 'colleague';
    await venue.send([
      { type: 'AddUser', newUserId: 60, accountId: 11, role: Role.Trader, name, salt, passwordHash },
    ]);
    const token = await venue.token(name);
    const ask = (method: string, path: string, body?: object): Promise<Response> =>
      fetch(`${venue.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const terms = { symbol: 'BTCUSD', side: 'buy', timeInForce: 'good-till-cancel' };
    const price = await trade.priceAt(0.97);
    const placed = await ask('POST', '/orders', { ...terms, type: 'limit', price, quantity: '0.0321' });
    const { order } = (await placed.json()) as { order: { orderId: number } };
    await trade.orders.getByRole('cell', { name: '0.0321', exact: true }).waitFor();
    assert.equal((await ask('DELETE', `/orders/${order.orderId}`)).status, 200);
    await trade.waitForOrders(0);
    // One lot: it is filled in one piece.
    const market = { ...terms, type: 'market', timeInForce: 'immediate-or-cancel', quantity: '0.0001' };
    assert.equal((await ask('POST', '/orders', market)).status, 200);
    await trade.tab('Fills');
    await page
      .getByRole('table', { name: 'Fills' })
      .getByRole('cell', { name: '0.0001', exact: true })
      .first()
      .waitFor();
    await trade.tab('Open orders');
  });

  await t.test('an auction: what it would do, and what may be sent', async () => {
    await venue.send([{ type: 'SetPhase', instrumentId: 1, phase: Phase.OpeningAuction }]);
    const auction = page.getByRole('region', { name: 'Auction: Opening auction' });
    await auction.waitFor();
    const faults = await trade.faults({ side: 'Buy', type: 'Market', quantity: '0.01' });
    assert.match(faults.join(), /In an auction: limit orders/);
    await trade.send({ side: 'Buy', quantity: '2', price: await trade.priceAt(1.01), timeInForce: 'Day' });
    await auction.getByText('Indicative price').waitFor();
    await auction
      .getByText('more is bid')
      .or(auction.getByText('more is asked'))
      .or(auction.getByText('balanced'))
      .waitFor();
    await assertAccessible(page);
    // More is bid above what is asked: the ladder is around the price at which that would trade.
    const indicative = Number((await auction.locator('.strong').textContent())?.replace(/[^0-9.]/g, ''));
    assert.ok(indicative > 0);
    await page.locator('.ladder-row.is-last').waitFor();
    const rows = await page.locator('.ladder-row').evaluateAll((all) => ({
      count: all.length,
      marked: all.findIndex((row) => (row as unknown as { className: string }).className.includes('is-last')),
    }));
    assert.ok(Math.abs(rows.marked - rows.count / 2) <= rows.count * 0.15, JSON.stringify(rows));
    await page.locator('.instrument-head').getByText('crossed').waitFor();
    await venue.send([{ type: 'SetPhase', instrumentId: 1, phase: Phase.Continuous }]);
    await auction.waitFor({ state: 'detached' });
    await trade.cancelAll();
  });

  assert.deepEqual(browser.faults, []);
});
