import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Route, WebSocketRoute } from 'playwright-core';
import { ConsoleVenue, enter, PASSWORD, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { TradePage } from '../support/trade-page.ts';

const PATH = '/trade/BTCUSD';
const SETTINGS = {
  confirmOrders: false,
  clickToTrade: true,
  confirmClicks: false,
  confirmCancelAll: true,
  hotKeys: true,
};

declare function requestAnimationFrame(callback: (time: number) => void): void;

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

  await t.test(
    'who signs in next finds no question, no order and no profit of who was there before',
    async () => {
      const keep = { trade: { ...SETTINGS, confirmOrders: true } };
      let line: WebSocketRoute | undefined;
      const own = await browser.open(venue.url + PATH, { keep });
      await own.routeWebSocket('**/ws/v1', (socket) => {
        line = socket;
        socket.connectToServer();
      });
      await own.reload();
      const signIn = async (name: string, password: string): Promise<void> => {
        await own.getByLabel('Name').fill(name);
        await own.getByLabel('Password', { exact: true }).fill(password);
        await own.getByRole('button', { name: 'Sign in' }).click();
        await own.getByRole('button', { name: 'Sign out' }).waitFor();
        await own.locator('.tape tbody tr').first().waitFor();
      };
      await signIn('trader', PASSWORD);
      const trade = new TradePage(own);
      await trade.fill({ side: 'Buy', quantity: '0.0105', price: await trade.priceAt(0.97) });
      const send = trade.ticket.locator('button[type="submit"]');
      await send.click();
      await own.getByRole('dialog').getByRole('button', { name: 'Buy' }).click();
      await trade.ticket.locator('[data-sent="open"]').waitFor();
      await send.click();
      await own.getByRole('dialog').waitFor();
      await line?.close({ code: 4005, reason: 'by a test' });
      await signIn('DEMO', venue.demoPassword);
      await trade.tab('Open orders');
      await own.getByText('No open orders').waitFor();
      assert.equal(await own.getByRole('dialog').count(), 0);
      assert.equal(await trade.ticket.locator('[data-sent]').count(), 0);
      await own.context().close();
    },
  );

  await t.test('a dialog that was left tells what went wrong, and closes no other', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/markets' });
    const held: Route[] = [];
    await page.route('**/phase', (route) => void held.push(route));
    const dialog = page.getByRole('dialog');
    const ask = async (): Promise<void> => {
      await page.getByRole('button', { name: 'Halt HIVE' }).click();
      await dialog.getByLabel('Reason').fill('by a test');
      await dialog.getByLabel('Type HIVE to confirm').fill('HIVE');
      const request = page.waitForRequest('**/phase');
      await dialog.getByRole('button', { name: 'Change to halted' }).click();
      await request;
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    };
    await ask();
    await page.getByRole('button', { name: 'Auction HIVE' }).click();
    await held.pop()?.fulfill({ json: { sequence: 1 } });
    await page.locator('.toast.good').getByText('HIVE is halted').waitFor();
    assert.equal(await dialog.count(), 1);
    await page.keyboard.press('Escape');
    await ask();
    const problem = { code: 'busy', title: 'Too much to do', detail: 'Later.', status: 503, retry: true };
    await held.pop()?.fulfill({ status: 503, json: problem });
    await page.locator('.toast.bad').getByText('Too much to do').waitFor();
    await page.context().close();
  });

  await t.test('an answer that comes behind the answer to a later question is none', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/orders/1' });
    const held: Route[] = [];
    const done = (reason: string) => ({
      json: {
        items: [
          {
            sequence: 1,
            requestNumber: 1,
            time: '2026-01-02T03:04:05Z',
            command: 'SetPhase',
            userId: 0,
            reason,
          },
        ],
      },
    });
    const both = Promise.withResolvers<void>();
    await page.route('**/admin/actions*', (route) => {
      if (held.push(route) === 2) both.resolve();
    });
    await page.getByRole('link', { name: 'Markets' }).click();
    await both.promise;
    await held[1].fulfill(done('the newer answer'));
    await page.getByRole('cell', { name: 'the newer answer' }).waitFor();
    const first = page.waitForResponse('**/admin/actions*');
    await held[0].fulfill(done('the older answer'));
    await (await first).finished();
    // What the older answer changes is there when the browser has drawn it.
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    assert.equal(await page.getByRole('cell', { name: 'the newer answer' }).count(), 1);
    await page.context().close();
  });

  await t.test('an account that the channel leaves out is old where its question has no answer', async () => {
    const page = await browser.open(venue.url);
    await page.routeWebSocket('**/ws/v1', (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        const said = JSON.parse(String(message));
        if (said.risk !== undefined)
          said.risk.items = said.risk.items.filter((one: { accountId: number }) => one.accountId !== 11);
        socket.send(JSON.stringify(said));
      });
    });
    await page.goto(`${venue.url}/risk/11`);
    await enter(page, 'risk');
    const detail = page.locator('.risk-detail');
    await detail.getByRole('heading', { name: 'Account 11' }).waitFor();
    await detail.getByRole('heading', { name: 'Exposure' }).waitFor();
    assert.equal(await detail.getByText('old', { exact: true }).count(), 0);
    await page.route('**/admin/risk/accounts*', (route) => route.abort());
    await detail.getByText('old', { exact: true }).waitFor();
    await page.unroute('**/admin/risk/accounts*');
    await detail.getByText('old', { exact: true }).waitFor({ state: 'detached' });
    await page.context().close();
  });

  await t.test('an order that comes to the venue after all is not said to be lost', async () => {
    const page = await browser.open(venue.url);
    let late: (() => void) | undefined;
    await page.routeWebSocket('**/ws/v1', (socket) => {
      const server = socket.connectToServer();
      socket.onClose(() => {});
      socket.onMessage((message) => {
        if (!String(message).includes('"op":"order.place"') || late !== undefined) {
          server.send(message);
          return;
        }
        late = () => server.send(message);
        void socket.close({ code: 3000 });
      });
    });
    await page.goto(venue.url + PATH);
    await enter(page, 'trader');
    await page.locator('.tape tbody tr').first().waitFor();
    const trade = new TradePage(page);
    await trade.fill({ side: 'Buy', quantity: '0.0106', price: await trade.priceAt(0.97) });
    await trade.ticket.locator('button[type="submit"]').click();
    await trade.ticket.getByText('The venue has not taken the order').waitFor();
    late?.();
    await trade.ticket.locator('[data-sent="open"]').waitFor();
    await trade.cancelAll();
    await page.context().close();
  });

  await t.test('a partner that is no longer open is still seen to be chosen', async () => {
    const page = await browser.signIn(venue, 'trader', { path: PATH });
    const trade = new TradePage(page);
    await page.locator('.tape tbody tr').first().waitFor();
    const price = await trade.priceAt(0.97);
    await trade.send({ side: 'Buy', quantity: '0.0107', price });
    await trade.fill({ side: 'Buy', quantity: '0.0108', price, partner: 1 });
    await trade.cancelAll();
    const partner = trade.ticket.getByLabel('One cancels other');
    assert.equal(await partner.locator('option:checked').textContent(), 'An order that is no longer open');
    await page.context().close();
  });

  await t.test('what is to be asked is asked in every tab, and not undone by another one', async () => {
    const page = await browser.signIn(venue, 'trader', { path: PATH });
    const other = await page.context().newPage();
    await other.goto(venue.url + PATH);
    await enter(other, 'trader');
    const boxes = other.getByRole('dialog').getByRole('checkbox');
    await page.getByRole('button', { name: 'Settings' }).click();
    await other.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('dialog').getByRole('checkbox').first().check();
    await boxes.and(other.locator(':checked')).nth(4).waitFor();
    await boxes.last().uncheck();
    await page.reload();
    await page.getByRole('button', { name: 'Settings' }).click();
    assert.equal(await page.getByRole('dialog').getByRole('checkbox').first().isChecked(), true);
    assert.equal(await page.getByRole('dialog').getByRole('checkbox').last().isChecked(), false);
    await page.context().close();
  });

  await t.test('an answer to the editor of one row does not close the editor of another', async () => {
    const page = await browser.open(venue.url);
    let answer: (() => void) | undefined;
    const held = Promise.withResolvers<void>();
    await page.routeWebSocket('**/ws/v1', (socket) => {
      const server = socket.connectToServer();
      let id: number | undefined;
      socket.onMessage((message) => {
        const said = JSON.parse(String(message));
        if (said.op === 'order.replace') id = said.id;
        server.send(message);
      });
      server.onMessage((message) => {
        if (id === undefined || JSON.parse(String(message)).id !== id) socket.send(message);
        else {
          answer = () => socket.send(message);
          held.resolve();
        }
      });
    });
    await page.goto(venue.url + PATH);
    await enter(page, 'trader');
    await page.locator('.tape tbody tr').first().waitFor();
    const trade = new TradePage(page);
    const price = await trade.priceAt(0.97);
    for (const quantity of ['0.0109', '0.011']) await trade.send({ side: 'Buy', quantity, price });
    await trade.orders.getByRole('button', { name: /^Replace Buy 0\.0109/ }).click();
    await trade.orders.getByLabel(/^Quantity/).fill('0.0108');
    await page.keyboard.press('Enter');
    await held.promise;
    await trade.orders.getByRole('button', { name: /^Replace Buy 0\.011 / }).click();
    await trade.orders.getByLabel(/^Quantity/).fill('0.0111');
    answer?.();
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    assert.equal(await trade.orders.getByLabel(/^Quantity/).inputValue(), '0.0111');
    await trade.cancelAll();
    await page.context().close();
  });

  await t.test('a phase ends by the clock of the venue, however wrong that of the browser is', async () => {
    const page = await browser.open(venue.url);
    await page.clock.install({ time: Date.now() - 600_000 });
    await page.goto(`${venue.url}/operate/markets`);
    await enter(page, 'operations');
    const asked = page.waitForRequest('**/phase');
    await page.route('**/phase', (route) => route.fulfill({ json: { sequence: 1 } }));
    await page.getByRole('button', { name: 'Auction HIVE' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Reason').fill('by a test');
    await dialog.getByLabel('Type HIVE to confirm').fill('HIVE');
    const beforeMs = Date.now();
    await dialog.getByRole('button', { name: 'Change to opening auction' }).click();
    const { endTime } = (await asked).postDataJSON() as { endTime: string };
    const afterMs = Date.parse(endTime) - beforeMs;
    assert.ok(afterMs > 50_000 && afterMs < 90_000, `${afterMs} ms`);
    await page.context().close();
  });

  await t.test('orders of an account are old where their question has no answer', async () => {
    const page = await browser.signIn(venue, 'risk', { path: '/risk/2' });
    const heading = page.getByRole('heading', { name: 'Newest orders' });
    await page.getByRole('table', { name: 'Newest orders' }).waitFor();
    assert.equal(await heading.getByText('old', { exact: true }).count(), 0);
    await page.route('**/api/v1/orders?*', (route) => route.abort());
    await heading.getByText('old', { exact: true }).waitFor();
    await page.locator('tr[data-account="3"]').getByRole('button').click();
    await heading.locator('..').getByRole('alert').getByText('The node does not answer').waitFor();
    await page.context().close();
  });

  assert.deepEqual(browser.faults, []);
});
