import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { assertAccessible, ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { CutLine } from '../support/cut-line.ts';
import { TradePage } from '../support/trade-page.ts';

/** What the keyboard would type into. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { document } = globalThis as unknown as {
      document: {
        activeElement: { getAttribute(name: string): string | null; id: string; textContent: string };
      };
    };
    const { activeElement: at } = document;
    return at.getAttribute('aria-label') ?? (at.textContent || at.id);
  });
}

test('the console when something goes wrong', { skip: whyNoBrowser(), timeout: 280_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t, { messagesPerSecond: 20 });
  const browser = await TestBrowser.start(t);

  await t.test('a dialog begins where one types, and gives the focus back however it is left', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/markets' });
    const halt = page.getByRole('button', { name: 'Halt HIVE' });
    const dialog = page.getByRole('dialog');
    for (const leave of [() => page.keyboard.press('Escape'), () => dialog.getByText('Cancel').click()]) {
      // In one go: a screen that has just opened takes the focus to itself.
      await halt.press('Enter');
      await dialog.waitFor();
      await page.keyboard.type('by hand');
      assert.equal(await dialog.getByLabel('Reason').inputValue(), 'by hand');
      await leave();
      await dialog.waitFor({ state: 'detached' });
      assert.equal(await focused(page), 'Halt HIVE');
    }
    await page.context().close();
  });

  await t.test('what a dialog cannot send is said in it, and is not sent', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/markets' });
    const dialog = page.getByRole('dialog');
    await page.getByRole('button', { name: 'Auction HIVE' }).click();
    await dialog.getByLabel('Reason').fill('Überlast');
    await dialog.getByText('Plain letters without accents').waitFor();
    await dialog.getByLabel('Type HIVE to confirm').fill('HIVE');
    const change = dialog.getByRole('button', { name: 'Change to opening auction' });
    assert.equal(await change.isDisabled(), true);
    await assertAccessible(page);
    await dialog.getByLabel('Reason').fill('overload');
    assert.equal(await change.isDisabled(), false);
    await dialog.getByLabel('After seconds').fill('soon');
    await dialog.getByText('whole seconds, 1 to 86400').waitFor();
    assert.equal(await change.isDisabled(), true);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Kill switch', exact: true }).click();
    await dialog.getByLabel('Of', { exact: true }).selectOption('account');
    await dialog.getByLabel('Account number').fill('eleven');
    await dialog.getByLabel('Reason').fill('runaway');
    await dialog.getByLabel('Type STOP ACCOUNT eleven to confirm').fill('STOP ACCOUNT eleven');
    assert.equal(await dialog.getByRole('button', { name: 'Engage the switch' }).isDisabled(), true);
    await page.context().close();
  });

  await t.test('a form for a number takes no other text, and says so', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/operate/log' });
    const from = page.getByLabel('From entry');
    for (const wrong of ['first', '0', '-1', '1.5', '9999999999999999']) {
      await from.fill(wrong);
      assert.equal(await from.getAttribute('aria-invalid'), 'true', wrong);
      assert.equal(await from.getAttribute('title'), 'A whole number from 1');
      assert.equal(await page.getByRole('button', { name: 'Read on from there' }).isDisabled(), true);
    }
    await from.fill(' 3 ');
    await from.press('Enter');
    await page.locator('.log-entry[data-sequence="3"]').waitFor();
    await page.goto(`${venue.url}/risk`);
    const account = page.getByLabel('Account number');
    await account.fill('2147483648');
    assert.equal(await account.getAttribute('aria-invalid'), 'true');
    await account.fill('2');
    await account.press('Enter');
    await page.getByRole('heading', { name: 'Account 2', exact: true }).waitFor();
    await page.context().close();
  });

  await t.test('the editor of a row says what is wrong, and leads back to its row', async () => {
    const page = await browser.signIn(venue, 'trader', { path: '/trade/BTCUSD' });
    const trade = new TradePage(page);
    await page.locator('.tape tbody tr').first().waitFor();
    await trade.send({ side: 'Buy', quantity: '0.01', price: await trade.priceAt(0.97) });
    const replace = trade.orders.getByRole('button', { name: /^Replace/ });
    await replace.press('Enter');
    await trade.orders.getByLabel(/^Price/).fill('1.005');
    await trade.orders.getByText('In steps of 0.01').waitFor();
    await trade.orders.getByLabel(/^Quantity/).fill('1001');
    await trade.orders.getByText('At most 1000').waitFor();
    await assertAccessible(page);
    await page.keyboard.press('Enter');
    assert.equal(await trade.orders.getByLabel(/^Price/).count(), 1);
    await page.keyboard.press('Escape');
    assert.match(await focused(page), /^Replace Buy 0\.01 BTCUSD/);
    await trade.cancelAll();
    await page.context().close();
  });

  await t.test('a part that does not come is said to be missing, and comes with the next try', async () => {
    const page = await browser.signIn(venue, 'operations', { path: '/trade/BTCUSD' });
    await page.route('**/replay-screen-*.js', (route) => route.abort());
    await page.getByRole('link', { name: 'Replay' }).click();
    await page.getByText('A part of the console could not be loaded').waitFor();
    await page.unroute('**/replay-screen-*.js');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('This node does not replay').waitFor();
    const expected = browser.faults.splice(0);
    assert.ok(
      expected.every((fault) => fault.includes('dynamically imported module')),
      expected.join('\n'),
    );
    await page.context().close();
  });

  await t.test(
    'while the node is gone other screens open, and what came by request is marked as old',
    async () => {
      const page = await browser.signIn(venue, 'operations', { path: '/operate/markets' });
      const done = page.getByRole('region', { name: 'What was done' });
      await done.getByRole('table').waitFor();
      // Screens and their sections are fetched soon after the sign-in, before they are opened.
      await page.waitForFunction(() => {
        const fetched = performance.getEntriesByType('resource').map(({ name }) => name);
        return ['risk-screen', 'replay-screen', 'overview-section'].every((part) =>
          fetched.some((name) => name.includes(`/${part}-`)),
        );
      });
      await venue.stop();
      await page.getByRole('alert').getByText('The connection to the node is lost').waitFor();
      await done.getByText('old').waitFor();
      // It is told once, and not again each second.
      assert.doesNotMatch((await page.getByRole('alert').textContent()) ?? '', /\d/);
      await assertAccessible(page);
      await page.getByRole('link', { name: 'Risk' }).click();
      await page.getByRole('navigation', { name: 'Parts of the screen' }).waitFor();
      await page.getByRole('link', { name: 'Operate' }).click();
      await page.getByRole('region', { name: 'Cluster', exact: true }).waitFor();
      await page.getByRole('link', { name: 'Markets' }).click();
      await venue.restart();
      await page.locator('[data-connection="online"]').waitFor();
      await done.getByRole('table').waitFor();
      await page.getByText('old', { exact: true }).first().waitFor({ state: 'detached' });
      await page.context().close();
    },
  );

  await t.test(
    'a line that is dead without a word is given up in seconds, also while it is opened',
    async () => {
      const line = new CutLine(Number(new URL(venue.url).port));
      t.after(() => line.close());
      const url = `http://127.0.0.1:${await line.open()}`;
      const page = await browser.signIn({ url }, 'trader', { path: '/trade/BTCUSD' });
      await page.locator('.tape tbody tr').first().waitFor();
      line.cut();
      const lost = page.getByRole('alert').getByText('The connection to the node is lost');
      // A ping every 5 s, and 4 s for its answer. Browsers wait half a minute for the end of a connection that they close.
      await lost.waitFor({ timeout: 20_000 });
      await page.locator('.ladder.stale').waitFor();
      await line.lost('GET /ws/v1 ');
      line.mend();
      await page.locator('[data-connection="online"]').waitFor({ timeout: 30_000 });
      await page.locator('.ladder.stale').waitFor({ state: 'detached' });
      await page.context().close();
    },
  );

  assert.deepEqual(browser.faults, []);
});
