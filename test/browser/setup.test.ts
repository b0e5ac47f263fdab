import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible, ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';

const OWN = 'a long one of my own';

test('from an empty venue to the first trader', { skip: whyNoBrowser(), timeout: 280_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t, { isEmpty: true });
  const browser = await TestBrowser.start(t);
  const page = await browser.open(venue.url);

  await t.test('the one-time password is good for choosing another, and leads to Set up', async () => {
    await page.getByLabel('Name').fill('admin');
    await page.getByLabel('Password', { exact: true }).fill(venue.adminPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('New password', { exact: true }).fill('short');
    await page.getByLabel('New password again').fill('shor');
    await page.getByText('The two new passwords differ').waitFor();
    await page.getByLabel('New password again').fill('short');
    await page.getByRole('button', { name: 'Set password and sign in' }).click();
    await page.getByRole('alert').first().waitFor();
    await page.getByLabel('New password', { exact: true }).fill(OWN);
    await page.getByLabel('New password again').fill(OWN);
  });

  await t.test('where the sign-in behind the change fails, it goes on with the password chosen', async () => {
    await page.route('**/api/v1/login', (route) => route.abort());
    await page.getByRole('button', { name: 'Set password and sign in' }).click();
    await page.getByRole('alert').getByText('The node does not answer').first().waitFor();
    await page.unroute('**/api/v1/login');
    await page.locator('button[type="submit"]:enabled').click();
    await page.getByRole('heading', { name: 'Set up the venue' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/setup');
  });

  await t.test('assets, an instrument, a trader with money', async () => {
    const assets = page.getByRole('form', { name: 'Assets' });
    for (const [symbol, decimals] of [
      ['USD', '2'],
      ['BTC', '8'],
    ]) {
      await assets.getByLabel('Symbol').fill(symbol);
      await assets.getByLabel('Decimals').fill(decimals);
      await assets.getByRole('button').click();
      await page.getByRole('table', { name: 'Assets' }).getByText(symbol).waitFor();
    }
    const instruments = page.getByRole('form', { name: 'Instruments' });
    for (const symbol of ['BTCUSD', 'BTCUSD.T']) {
      await instruments.getByLabel('Symbol').fill(symbol);
      await instruments.getByLabel('Reference price').fill('60000.00');
      await instruments.getByRole('button').click();
      await page.getByRole('table', { name: 'Instruments' }).getByText(symbol, { exact: true }).waitFor();
    }
    await assertAccessible(page);
    const trader = page.getByRole('form', { name: 'A trader' });
    await trader.getByLabel('Login name').fill('ann');
    await trader.getByLabel('Amount to credit').fill('1.234');
    await trader.getByRole('button').click();
    // The account and the user are there; the amount has too many decimals.
    await trader.getByText('account opened, user added').waitFor();
    await trader.getByLabel('Amount to credit').fill('25000.00');
    await trader.getByRole('button').click();
    await page.getByText('ann may trade for account 1').waitFor();
  });

  await t.test('the trader signs in with the first password and has the money', async () => {
    const password = (await page.locator('[data-secret]').textContent()) ?? '';
    const fresh = await browser.open(venue.url);
    await fresh.getByLabel('Name').fill('ann');
    await fresh.getByLabel('Password', { exact: true }).fill(password);
    await fresh.getByRole('button', { name: 'Sign in' }).click();
    await fresh.getByLabel('New password', { exact: true }).fill('correct horse battery');
    await fresh.getByLabel('New password again').fill('correct horse battery');
    await fresh.getByRole('button', { name: 'Set password and sign in' }).click();
    await fresh.getByRole('button', { name: 'Sign out' }).waitFor();
    const token = await venue.token('ann', 'correct horse battery');
    const balances = await fetch(`${venue.url}/api/v1/balances`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const { items } = (await balances.json()) as { items: { asset: string; available: string }[] };
    assert.deepEqual(
      items.map(({ asset, available }) => [asset, available]),
      [['USD', '25000.00']],
    );
  });

  assert.deepEqual(browser.faults, []);
});
