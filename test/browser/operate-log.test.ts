import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { OuchClient } from '#app/ouch-client.ts';
import { Role } from '#domain/commands.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import { assertAccessible, ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { until } from '../support/test-cluster.ts';

const REASON = 'a drill of the desk';
/** SoupBinTCP takes names of 6 characters and passwords of 10. */
const OUCH_USER = 'OUCH1';
const OUCH_PASSWORD = 'secret';

test('operations: the log, the life of an order, sessions', {
  skip: whyNoBrowser(),
  timeout: 240_000,
}, async (t) => {
  const venue = await ConsoleVenue.start(t, { messagesPerSecond: 20 });
  const browser = await TestBrowser.start(t);
  const orders = await placeOrders(venue);
  const salt = new Uint8Array(16).fill(7);
  const passwordHash = new Uint8Array(await hashPassword(OUCH_PASSWORD, salt));
  await venue.send([
    { type: 'AddUser', newUserId: 50, accountId: 11, role: Role.Trader, name: OUCH_USER, salt, passwordHash },
  ]);

  await t.test('every section is accessible', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/log' });
    await page.getByRole('list', { name: 'Entries of the log, newest first' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('.log-open').first().click();
    await page.getByRole('region', { name: 'Events' }).waitFor();
    await assertAccessible(page);
    await go(page, 'Life of an order');
    await page.getByText('Give the number of an order').waitFor();
    await page.getByLabel('Order', { exact: true }).fill(String(orders.first));
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('list', { name: 'Steps, oldest first' }).waitFor();
    await assertAccessible(page);
    await go(page, 'Sessions');
    await page.getByRole('table', { name: 'Open sessions, newest first' }).waitFor();
    await assertAccessible(page);
    await page
      .getByRole('button', { name: /^End session \d+ of MAKER1/ })
      .first()
      .click();
    await page.getByRole('dialog').waitFor();
    await assertAccessible(page);
    await page.context().close();
  });

  await t.test(
    'the log shows what happens, filtered and paused, and leads to the life of an order',
    async () => {
      const page = await browser.signIn(venue, 'operations', { path: '/operate/log' });
      await page.getByLabel('Filter').fill('log-test-1');
      const { orderId } = await place(venue, { price: '60000.00', clientOrderId: 'log-test-1' });
      const row = page.locator('.log-entry', { hasText: 'NewOrder' }).filter({ hasText: 'trader' });
      await row.waitFor();
      await row.getByText('in the book').first().waitFor();
      assert.equal(await page.locator('.log-entry').count(), 1);
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByLabel('Filter').fill('');
      const paused = await page.locator('.log-entry').first().getAttribute('data-sequence');
      await page.getByText(/Paused: [1-9]\d* newer/).waitFor();
      assert.equal(await page.locator('.log-entry').first().getAttribute('data-sequence'), paused);
      await page.getByRole('button', { name: 'Go on' }).click();
      await page.getByText('Live').waitFor();
      await page.getByRole('button', { name: 'Administration' }).click();
      await page.getByText('No entry fits the filter').waitFor();
      await page.getByRole('button', { name: 'Orders', exact: true }).click();
      await page.getByLabel('Filter').fill('log-test-1');
      await page
        .getByRole('link', { name: `Life of order ${orderId}` })
        .first()
        .click();
      await page.getByRole('heading', { name: `Order ${orderId}` }).waitFor();
      assert.equal(new URL(page.url()).pathname, `/operate/orders/${orderId}`);
      await page.context().close();
    },
  );

  await t.test('from an entry on: that page, and not what was on its way before it', async () => {
    const page = await browser.signIn(venue, 'operations');
    const entry = page.locator('.log-entry');
    // The console's wish to leave the channel comes to the node only after one more message of it.
    let heldBack: (() => void) | undefined;
    await page.routeWebSocket('**/ws/v1', (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        if (String(message).includes('"op":"unsubscribe","params":{"channel":"log"'))
          heldBack = () => server.send(message);
        else server.send(message);
      });
      server.onMessage((message) => {
        socket.send(message);
        if (!String(message).includes('"channel":"log"')) return;
        heldBack?.();
        heldBack = undefined;
      });
    });
    await page.goto(`${venue.url}/operate/log`);
    await entry.first().waitFor();
    await page.getByLabel('From entry').fill('2');
    await page.getByRole('button', { name: 'Read on from there' }).click();
    // It stays, however much comes.
    await page.getByText(/Paused: [1-9]\d* newer/).waitFor();
    assert.equal(await entry.last().getAttribute('data-sequence'), '2');
    assert.equal(await entry.nth(-2).getAttribute('data-sequence'), '3');
    await page.getByRole('button', { name: 'Newest' }).click();
    await page.getByText('Live').waitFor();
    await entry.and(page.locator('[data-sequence="2"]')).waitFor({ state: 'detached' });
    await page.context().close();
  });

  await t.test('the life of an order: the whole chain, with who did what', async () => {
    const page = await browser.signIn(venue, 'operations', { path: `/operate/orders/${orders.last}` });
    const steps = page.getByRole('list', { name: 'Steps, oldest first' }).locator('.life-step');
    await steps.nth(2).waitFor();
    const texts = await steps.allInnerTexts();
    assert.match(texts[0], /trader NewOrder buy 0\.0100 BTCUSD at 60\u2009100\.00/);
    assert.match(texts[0], /^DEAL, investment decision 12 \(algorithm\)$/m);
    assert.match(texts[1], /trader ReplaceOrder/);
    assert.doesNotMatch(texts[1], /DEAL/);
    assert.match(texts[2], /risk CancelOrdersOfOthers[\s\S]*canceled 0\.0100 \(mass-cancel\)/);
    const chain = page.getByRole('table', { name: 'Orders of the chain, oldest first' });
    await chain.getByRole('link', { name: `Life of order ${orders.first}` }).click();
    await page.getByRole('heading', { name: `Order ${orders.first}` }).waitFor();
    await page.getByLabel('Order', { exact: true }).fill('999999999');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByText('you have no order 999999999').waitFor();
    await page.context().close();
  });

  await t.test(
    'a trade is taken back from the life of its order, with its number typed and a reason',
    async () => {
      const market = {
        symbol: 'BTCUSD',
        side: 'buy',
        type: 'market',
        timeInForce: 'immediate-or-cancel',
        quantity: '0.0001',
      };
      const fillsOf = async (orderId: number) =>
        (await ask(venue, 'trader', 'GET', `/fills?orderId=${orderId}`, undefined)).items;
      const offers = async () =>
        (await ask(venue, 'trader', 'GET', '/instruments/BTCUSD/book', undefined)).asks.length;
      // Where the makers are slow, nobody offers for a moment.
      let order: { orderId: number };
      do {
        await until(async () => (await offers()) > 0);
        ({ order } = await ask(venue, 'trader', 'POST', '/orders', market));
      } while ((await fillsOf(order.orderId)).length === 0);
      const fills = () => fillsOf(order.orderId);
      const [{ tradeId, canceledSequence }] = await fills();
      assert.equal(canceledSequence, undefined);
      const watcher = await browser.signIn(venue, 'compliance', { path: `/operate/orders/${order.orderId}` });
      await watcher.locator('.log-event.good').first().waitFor();
      const open = { name: `Take back trade ${tradeId}` };
      assert.equal(await watcher.getByRole('button', open).count(), 0);
      await watcher.context().close();
      const page = await browser.signIn(venue, 'operations', { path: `/operate/orders/${order.orderId}` });
      await page.getByRole('button', open).click();
      await assertAccessible(page);
      const dialog = page.getByRole('dialog');
      const confirm = dialog.getByRole('button', { name: 'Take the trade back' });
      assert.equal(await confirm.isDisabled(), true);
      await dialog.getByLabel(`Type ${tradeId} to confirm`).fill(String(tradeId));
      await dialog.getByLabel('Reason').fill('a fat finger');
      await confirm.click();
      await page.getByText(`Trade ${tradeId} was taken back`).waitFor();
      await page.locator('.log-event', { hasText: 'fill canceled' }).waitFor();
      await page.getByRole('button', open).waitFor({ state: 'detached' });
      assert.ok((await fills())[0].canceledSequence > 0);
      await page.context().close();
    },
  );

  await t.test(
    'a session of an OUCH client and one of another browser are ended, with the reason',
    async () => {
      const page = await browser.signIn(venue, 'operations', { path: '/operate/sessions' });
      const ouch = await OuchClient.connect(
        {
          port: venue.node.ouchPort as number,
          username: OUCH_USER,
          password: OUCH_PASSWORD,
          sequenceNumber: 1,
        },
        () => {},
      );
      const over = assert.rejects(
        ouch.next(() => false),
        (error: Error) => error.message.includes(REASON),
      );
      await end(page, OUCH_USER, 'OUCH');
      await over;
      const other = await browser.signIn(venue, 'viewer');
      await end(page, 'viewer', 'WebSocket');
      await other.getByText('Your session was ended').waitFor();
      await other.getByText(REASON).waitFor();
      await other.getByRole('heading', { name: 'Sign in' }).waitFor();
      // Who may only look has no button.
      const compliance = await browser.signIn(venue, 'compliance', { path: '/operate/sessions' });
      await compliance.getByRole('table', { name: 'Open sessions, newest first' }).waitFor();
      assert.equal(await compliance.getByRole('button', { name: /^End session/ }).count(), 0);
      for (const one of [page, other, compliance]) await one.context().close();
    },
  );

  await t.test('on a phone nothing is cut off', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/log', width: 390, height: 844 });
    await page.getByRole('list', { name: 'Entries of the log, newest first' }).waitFor();
    for (const section of ['Life of an order', 'Sessions', 'Log']) {
      await go(page, section);
      const width = await page.evaluate(
        () =>
          (globalThis as unknown as { document: { documentElement: { scrollWidth: number } } }).document
            .documentElement.scrollWidth,
      );
      assert.ok(width <= 390, `${section}: ${width}`);
    }
    await assertAccessible(page);
    await page.context().close();
  });

  assert.deepEqual(browser.faults, []);
});

async function go(page: Page, section: string): Promise<void> {
  await page
    .getByRole('navigation', { name: 'Sections' })
    .getByRole('link', { name: section, exact: true })
    .click();
}

async function end(page: Page, user: string, door: string): Promise<void> {
  const button = page.getByRole('button', { name: new RegExp(`^End session \\d+ of ${user}, ${door}`) });
  await button.click();
  const dialog = page.getByRole('dialog');
  const confirm = dialog.getByRole('button', { name: 'End the session' });
  await dialog.getByLabel('Reason').fill(REASON);
  assert.equal(await confirm.isDisabled(), true);
  await dialog.getByLabel(`Type ${user} to confirm`).fill(user);
  await confirm.click();
  await page.getByText(`The session of ${user} was ended`).waitFor();
  await button.waitFor({ state: 'detached' });
}

/** An order far from the market, by `trader`. */
async function place(venue: ConsoleVenue, order: object): Promise<{ orderId: number }> {
  const far = { symbol: 'BTCUSD', side: 'buy', type: 'limit', quantity: '0.0100' };
  const { order: placed } = await ask(venue, 'trader', 'POST', '/orders', { ...far, ...order });
  return placed;
}

/** An order that was replaced and canceled by staff: its first and its last number. */
async function placeOrders(venue: ConsoleVenue): Promise<{ first: number; last: number }> {
  const regulatory = { capacity: 'DEAL', investmentDecision: { code: 12, by: 'algorithm' } };
  const first = (await place(venue, { price: '60100.00', regulatory })).orderId;
  const { order } = await ask(venue, 'trader', 'PUT', `/orders/${first}`, { price: '60200.00' });
  await ask(venue, 'risk', 'DELETE', '/admin/orders?accountId=11&reason=test', undefined);
  return { first, last: order.orderId };
}

async function ask(
  venue: ConsoleVenue,
  user: string,
  method: string,
  path: string,
  body: object | undefined,
  // biome-ignore lint/suspicious/noExplicitAny: whatever the node says
): Promise<any> {
  const response = await fetch(`${venue.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${await venue.token(user)}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer;
}
