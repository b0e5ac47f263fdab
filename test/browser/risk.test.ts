import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible, ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';

test('risk screen', { skip: whyNoBrowser(), timeout: 240_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t);
  const browser = await TestBrowser.start(t);
  await venue.send([
    { type: 'SetAccountLimits', accountId: 2, ordersMax: 1_000_000, openValueMinorMax: 2 ** 45 },
    { type: 'SetAccountLimits', accountId: 3, ordersMax: 2 },
    { type: 'SetAccountLimits', accountId: 11, ordersMax: 5 },
  ]);

  await t.test('accounts by headroom, the one that is over its limit first', async () => {
    const page = await browser.signIn(venue, 'risk', { path: '/risk' });
    const table = page.getByRole('table', { name: 'Accounts' });
    await table.locator('tr[data-account="3"]').getByText('over').waitFor();
    const first = table.locator('tbody tr').first();
    assert.equal(await first.getAttribute('data-account'), '3');
    await first.getByRole('button').click();
    await page.getByRole('heading', { name: 'Account 3' }).waitFor();
    await page.getByRole('heading', { name: 'Rejects today (UTC)' }).waitFor();
    await assertAccessible(page);
    await page.getByRole('button', { name: 'Exposure', exact: true }).click();
    await page.getByRole('button', { name: 'Exposure', exact: true, pressed: true }).waitFor();
    await page.context().close();
  });

  await t.test('limits are set with a reason, and what is shown follows', async () => {
    const page = await browser.signIn(venue, 'risk', { path: '/risk/11' });
    await page.getByRole('heading', { name: 'Account 11' }).waitFor();
    await page.getByRole('button', { name: 'Edit limits' }).click();
    const dialog = page.getByRole('dialog', { name: 'Limits of account 11' });
    assert.equal(await dialog.getByLabel('Open orders', { exact: true }).inputValue(), '5');
    await dialog.getByLabel('Open orders', { exact: true }).fill('x');
    await dialog.getByText('A whole number from 0').waitFor();
    await dialog.getByLabel('Open orders', { exact: true }).fill('40');
    await dialog.getByText('orders; was 5').waitFor();
    await dialog.getByLabel('Position').fill('1000');
    assert.equal(await dialog.getByRole('button', { name: 'Set limits' }).isDisabled(), true);
    await dialog.getByLabel('Reason').fill('a new agreement');
    await assertAccessible(page);
    await dialog.getByRole('button', { name: 'Set limits' }).click();
    await page.getByText('Limits of account 11 are set').waitFor();
    const limits = page.getByRole('table', { name: 'Limit' });
    await limits.getByRole('row', { name: /Open orders 0 40/ }).waitFor();
    await limits.getByRole('row', { name: /Position 0 1\s?000/ }).waitFor();
    await page.context().close();
  });

  await t.test('an account is killed and released with a word typed and a reason', async () => {
    const page = await browser.signIn(venue, 'risk', { path: '/risk' });
    await page.getByLabel('Account number').fill('11');
    await page.getByLabel('Account number').press('Enter');
    await page.getByRole('button', { name: 'Kill' }).click();
    const dialog = page.getByRole('dialog', { name: 'Kill account 11' });
    await dialog.getByLabel('Reason').fill('runaway orders');
    await dialog.getByLabel('Type kill 11 to confirm').fill('kill 1');
    assert.equal(await dialog.getByRole('button', { name: 'Kill' }).isDisabled(), true);
    await dialog.getByLabel('Type kill 11 to confirm').fill('kill 11');
    await assertAccessible(page);
    await dialog.getByRole('button', { name: 'Kill' }).click();
    await page.getByText('Account 11 is killed').waitFor();
    const row = page.locator('tr[data-account="11"]');
    await row.getByText('killed').waitFor();

    await page.getByRole('button', { name: 'Release' }).click();
    const release = page.getByRole('dialog', { name: 'Release account 11' });
    await release.getByLabel('Reason').fill('mended');
    await release.getByLabel('Type release 11 to confirm').fill('release 11');
    await release.getByRole('button', { name: 'Release' }).click();
    await row.getByText('trading').waitFor();
    await page.context().close();
  });

  await t.test('compliance looks and changes nothing; traders do not have the screen', async () => {
    const page = await browser.signIn(venue, 'compliance', { path: '/risk/3' });
    await page.getByRole('heading', { name: 'Account 3' }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Edit limits' }).count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Kill' }).count(), 0);
    await page.context().close();
    const trader = await browser.signIn(venue, 'trader', { path: '/risk' });
    await trader.getByRole('heading', { name: 'Your role does not have this screen' }).waitFor();
    await trader.context().close();
  });

  await t.test(
    'from an account to the life of one of its orders, and to the other side of a trade',
    async () => {
      const page = await browser.signIn(venue, 'risk', { path: '/risk/2' });
      const orders = page.getByRole('table', { name: 'Newest orders' });
      await orders.getByRole('link').first().click();
      await page.getByRole('list', { name: 'Steps, oldest first' }).getByRole('listitem').first().waitFor();
      assert.match(new URL(page.url()).pathname, /^\/risk\/orders\/\d+$/);
      await assertAccessible(page);
      await page.getByLabel('Order', { exact: true }).fill('1');
      await page.getByLabel('Order', { exact: true }).press('Enter');
      await page.getByRole('heading', { name: 'Order 1', exact: true }).waitFor();
      await page.getByRole('link', { name: 'Accounts', exact: true }).click();
      await page.getByRole('table', { name: 'Accounts' }).waitFor();
      await page.context().close();
    },
  );

  await t.test('an account that there is none of is said to be none', async () => {
    const page = await browser.signIn(venue, 'risk', { path: '/risk/4711' });
    await page.getByText('there is no account 4711').waitFor();
    await page.context().close();
  });

  assert.deepEqual(browser.faults, []);
});
