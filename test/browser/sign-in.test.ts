import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible, ConsoleVenue, PASSWORD, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { restNodeConfig } from '../support/rest-node.ts';

test('sign in', { skip: whyNoBrowser(), timeout: 280_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t);
  const browser = await TestBrowser.start(t);

  await t.test('a stranger is asked who it is', async () => {
    const page = await browser.open(venue.url);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.locator('[data-connection="online"]').waitFor();
    await assertAccessible(page);
    await page.context().close();
  });

  await t.test(
    'a wrong password is refused where it was typed; the right one opens the screens',
    async () => {
      const page = await browser.open(venue.url);
      await page.getByLabel('Name').fill('trader');
      await page.getByLabel('Password', { exact: true }).fill('not this one');
      await page.getByLabel('Password', { exact: true }).press('Enter');
      await page.getByRole('alert').getByText('unknown user or wrong password').first().waitFor();
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      assert.match(new URL(page.url()).pathname, /^\/trade/);
      const screens = page.getByRole('navigation', { name: 'Screens' });
      assert.equal(await screens.getByRole('link', { name: 'Set up' }).count(), 0);
      await page.reload();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      assert.equal(await page.evaluate(() => sessionStorage.length), 0);
      await page.context().close();
    },
  );

  await t.test('roles see their screens, and no others', async () => {
    const page = await browser.signIn(venue, 'admin');
    await page.getByRole('navigation', { name: 'Screens' }).getByRole('link', { name: 'Set up' }).waitFor();
    const viewer = await browser.signIn(venue, 'viewer', { path: '/setup' });
    await viewer.getByRole('heading', { name: 'Your role does not have this screen' }).waitFor();
    await page.context().close();
    await viewer.context().close();
  });

  await t.test('each role comes to the screen of its work', async () => {
    for (const [role, screen] of [
      ['trader', 'trade'],
      ['viewer', 'trade'],
      ['risk', 'risk'],
      ['operations', 'operate'],
      ['compliance', 'operate'],
    ] as const) {
      const page = await browser.signIn(venue, role);
      await page.waitForURL(`${venue.url}/${screen}**`);
      await page.context().close();
    }
  });

  await t.test('tokens that are revoked end the session here, and it says so', async () => {
    const page = await browser.signIn(venue, 'viewer');
    await venue.send([{ type: 'RevokeTokens', targetUserId: 20 }]);
    await page.getByText('You were signed out').waitFor();
    await page.context().close();
  });

  assert.deepEqual(browser.faults, []);
});

test('a token is renewed while the console is open, until the login is too old', {
  skip: whyNoBrowser(),
  timeout: 280_000,
}, async (t) => {
  const access = { ...restNodeConfig('').access, tokenSeconds: 4, loginSeconds: 15 };
  const venue = await ConsoleVenue.start(t, { messagesPerSecond: 0, config: { access } });
  const browser = await TestBrowser.start(t);
  const page = await browser.signIn(venue, 'viewer');
  const renewed = () => page.waitForResponse((response) => response.url().endsWith('/api/v1/token'));
  for (let n = 0; n < 2; n++) assert.equal((await renewed()).status(), 200);
  await page.locator('[data-connection="online"]').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Sign out' }).count(), 1);
  await page.getByText('You were signed out').waitFor({ timeout: 30_000 });
  assert.deepEqual(browser.faults, []);
});
