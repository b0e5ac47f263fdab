import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible, ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { type TicketTerms, TradePage } from '../support/trade-page.ts';

const PATH = '/trade/BTCUSD';

test('the trade screen', { skip: whyNoBrowser(), timeout: 280_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t, { messagesPerSecond: 40 });
  const browser = await TestBrowser.start(t);
  const page = await browser.signIn(venue, 'trader', { path: PATH, width: 1440, height: 900 });
  const trade = new TradePage(page);
  await page.locator('.tape tbody tr').first().waitFor();

  await t.test('each order type is placed, and the ticket says what has become of it', async () => {
    const low = await trade.priceAt(0.97);
    const high = await trade.priceAt(1.03);
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 16);
    const cases: readonly (readonly [string, TicketTerms])[] = [
      ['open', { side: 'Buy', quantity: '0.01', price: low }],
      ['open', { side: 'Sell', quantity: '0.01', price: high, timeInForce: 'Day' }],
      [
        'open',
        { side: 'Buy', quantity: '0.01', price: low, timeInForce: 'Good till date', expiry: tomorrow },
      ],
      [
        'open',
        { side: 'Buy', quantity: '0.01', price: low, timeInForce: 'Good till cancel', postOnly: true },
      ],
      [
        'open',
        {
          side: 'Buy',
          quantity: '0.5',
          price: low,
          displayQuantity: '0.1',
          selfTradePrevention: 'Cancel both',
        },
      ],
      ['canceled', { side: 'Buy', quantity: '0.01', price: low, timeInForce: 'Immediate or cancel' }],
      ['canceled', { side: 'Buy', quantity: '0.01', price: low, timeInForce: 'Fill or kill' }],
      // One lot: it cannot become two fills.
      ['filled', { side: 'Buy', type: 'Market', quantity: '0.0001' }],
      ['open', { side: 'Sell', type: 'Stop', quantity: '0.01', stopPrice: low }],
      ['open', { side: 'Buy', type: 'Stop limit', quantity: '0.01', stopPrice: high, price: high }],
      ['open', { side: 'Sell', quantity: '0.01', price: high, timeInForce: 'Good till cancel', partner: 1 }],
    ];
    for (const [status, terms] of cases) assert.equal(await trade.send(terms), status, JSON.stringify(terms));
    await trade.waitForOrders(8);
    await trade.orders.getByText('shows 0.1').waitFor();
    await trade.orders.getByText('post only').waitFor();
    await trade.orders.getByText('waiting').first().waitFor();
    await trade.tab('Fills');
    await page.getByRole('table', { name: 'Fills' }).getByText('0.0001').first().waitFor();
    await trade.tab('Order history');
    await page.getByRole('table', { name: 'Order history' }).getByText('could not be filled whole').waitFor();
    await trade.tab('Balances');
    const held = page.getByRole('table', { name: 'Balances' }).getByRole('row', { name: /^USD/ });
    await held.waitFor();
    assert.doesNotMatch((await held.textContent()) ?? '', /^USD1 000 000\.00/);
    await trade.tab('Open orders');
  });

  await t.test('nothing keeps anybody out', async () => {
    await assertAccessible(page);
  });

  await t.test('a minimum quantity, and what is filled at once', async () => {
    const through = await trade.priceAt(1.01);
    assert.equal(
      await trade.send({
        side: 'Buy',
        quantity: '0.003',
        price: through,
        minQuantity: '0.001',
        timeInForce: 'Immediate or cancel',
      }),
      'filled',
    );
    await trade.ticket.getByText('0.003 of 0.003 filled').waitFor();
  });

  await t.test('what cannot be right is said before it is sent', async () => {
    const low = await trade.priceAt(0.97);
    const sent = await trade.ticket.locator('[data-sent]').getAttribute('data-order');
    const cases: readonly (readonly [RegExp, TicketTerms])[] = [
      [/In steps of 0\.01/, { side: 'Buy', quantity: '0.01', price: `${low}5` }],
      [/In steps of 0\.0001/, { side: 'Buy', quantity: '0.00015', price: low }],
      [/At most 1000/, { side: 'Buy', quantity: '1001', price: low }],
      [/Collar: /, { side: 'Buy', quantity: '0.01', price: await trade.priceAt(0.8) }],
      [/Needs .* USD, and .* is available/, { side: 'Buy', quantity: '900', price: low }],
      [/Needs 900 BTC/, { side: 'Sell', quantity: '900', price: low }],
      [
        /Below the last price/,
        { side: 'Sell', type: 'Stop', quantity: '0.01', stopPrice: await trade.priceAt(1.05) },
      ],
      [/Missing/, { side: 'Buy', quantity: '', price: low }],
      [/A number above 0/, { side: 'Buy', quantity: '-1', price: low }],
      [/Not more than the quantity/, { side: 'Buy', quantity: '0.01', price: low, displayQuantity: '0.02' }],
    ];
    for (const [expected, terms] of cases) {
      const faults = await trade.faults({ timeInForce: 'Good till cancel', ...terms });
      assert.match(faults.join('; '), expected, JSON.stringify(terms));
    }
    assert.equal(await trade.ticket.locator('[data-sent]').getAttribute('data-order'), sent);
  });

  await t.test(
    'what the venue refuses is explained, and so is a post-only order that would trade',
    async () => {
      await venue.send([{ type: 'SetAccountLimits', accountId: 11, ordersMax: 8 }]);
      const refusal = await trade.refusal({
        side: 'Buy',
        quantity: '0.01',
        price: await trade.priceAt(0.97),
      });
      assert.match(refusal, /the account has its maximum of open orders/);
      await venue.send([{ type: 'SetAccountLimits', accountId: 11 }]);
      const price = await trade.priceAt(1.01);
      assert.equal(await trade.send({ side: 'Buy', quantity: '0.01', price, postOnly: true }), 'canceled');
      await trade.ticket.getByText('post only, and it would have traded').waitFor();
    },
  );

  await t.test('an order is replaced in its row, and canceled', async () => {
    await trade.cancelAll();
    const low = await trade.priceAt(0.97);
    await trade.send({ side: 'Buy', quantity: '0.02', price: low });
    await trade.waitForOrders(1);
    await trade.orders.getByRole('button', { name: /^Replace/ }).click();
    const lower = await trade.priceAt(0.96);
    await trade.orders.getByLabel(/^Price/).fill(lower);
    await trade.orders.getByLabel(/^Quantity/).fill('0.05');
    await trade.orders.getByLabel(/^Quantity/).press('Enter');
    await trade.orders.getByRole('cell', { name: '0.05', exact: true }).waitFor();
    await trade.waitForOrders(1);
    // The editor of a row that is left with Escape changes nothing.
    await trade.orders.getByRole('button', { name: /^Replace/ }).click();
    await trade.orders.getByLabel(/^Price/).fill('1.00');
    await trade.orders.getByLabel(/^Price/).press('Escape');
    await trade.orders.getByRole('button', { name: /^Cancel/ }).click();
    await trade.waitForOrders(0);
  });

  await t.test('the ladder places orders by click and by key, marks them, and cancels them', async () => {
    const ladder = page.getByRole('grid', { name: 'Ladder' });
    const row = ladder.locator('.ladder-row').last();
    await row.locator('.bid').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Buy' }).click();
    await trade.waitForOrders(1);
    await ladder.locator('.own-mark').waitFor();
    await ladder.locator('.own-mark').click();
    await trade.waitForOrders(0);
    await ladder.focus();
    // From the market, wherever it has gone meanwhile, far enough that it does not come there at once.
    await ladder.press('Home');
    for (let n = 0; n < 15; n++) await ladder.press('ArrowUp');
    await ladder.press('s');
    await page.getByRole('dialog').getByRole('button', { name: 'Sell' }).click();
    await trade.waitForOrders(1);
    await trade.orders.getByRole('cell', { name: 'Sell', exact: true }).waitFor();
    await trade.cancelAll();
  });

  await t.test('hot keys buy, sell and cancel, with the questions that the user wants', async () => {
    await trade.fill({ side: 'Buy', quantity: '0.01', price: await trade.priceAt(0.97) });
    await page.keyboard.press('Alt+b');
    await trade.waitForOrders(1);
    await page.keyboard.press('Alt+q');
    await page.keyboard.type('0.015');
    await page.keyboard.press('Alt+p');
    await page.keyboard.type(await trade.priceAt(1.03));
    await page.keyboard.press('Alt+s');
    await trade.waitForOrders(2);
    await page.keyboard.press('Alt+x');
    await page.getByRole('dialog').getByText('Cancel all orders of BTCUSD?').waitFor();
    await page.keyboard.press('Escape');
    await trade.waitForOrders(2);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Ask before all orders are canceled').uncheck();
    await page.getByLabel('Ask before an order of the ticket is sent').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.keyboard.press('Alt+x');
    await trade.waitForOrders(0);
    await trade.fill({ side: 'Buy', quantity: '0.01', price: await trade.priceAt(0.97) });
    await page.keyboard.press('Alt+b');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await trade.waitForOrders(0);
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByLabel('Ask before an order of the ticket is sent').uncheck();
    await page.keyboard.press('Escape');
  });

  await t.test('profit and loss follow the market', async () => {
    await trade.tab('P&L');
    await page
      .getByRole('table', { name: 'P&L' })
      .getByRole('row', { name: /^BTCUSD/ })
      .waitFor();
    await page.getByRole('img', { name: /Profit and loss over time/ }).waitFor();
    await trade.tab('Open orders');
  });

  await t.test('instruments are searched and changed', async () => {
    await page.getByLabel('Search instruments').fill('fut');
    await page.getByRole('link', { name: /BTCFUT/ }).click();
    await page.getByRole('heading', { name: 'BTCFUT' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/trade/BTCFUT');
    // 20,000 lots of 65.00 margin each; less is in the account.
    const faults = await trade.faults({ side: 'Buy', type: 'Market', quantity: '20000' });
    assert.match(faults.join('; '), /Needs 1300000\.00 USD, and .* is available/);
    await page.goBack();
    await page.getByRole('heading', { name: 'BTCUSD' }).waitFor();
    await page.getByLabel('Search instruments').fill('');
  });

  assert.deepEqual(browser.faults, []);
});
