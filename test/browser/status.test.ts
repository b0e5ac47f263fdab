import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible, ConsoleVenue, TestBrowser, whyNoBrowser } from '../support/console.ts';

test('status page', { skip: whyNoBrowser(), timeout: 240_000 }, async (t) => {
  const venue = await ConsoleVenue.start(t);
  const browser = await TestBrowser.start(t);

  for (const width of [1280, 390]) {
    await t.test(`a stranger sees how the venue is, ${width} px`, async () => {
      const page = await browser.open(`${venue.url}/status`, { width });
      await page.getByRole('heading', { level: 1, name: 'Everything works' }).waitFor();
      const parts = page.locator('[data-part]');
      assert.deepEqual(await parts.evaluateAll((all) => all.map((one) => one.getAttribute('data-part'))), [
        'order-entry',
        'matching',
        'market-data',
        'rest',
        'web-socket',
        'fix',
        'log',
        'archive',
      ]);
      await page.getByRole('img', { name: /^Matching/ }).waitFor();
      assert.equal(await page.getByRole('button', { name: 'Report an incident' }).count(), 0);
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      assert.equal(overflow, 0);
      await page.getByText('Days with faults, as text').click();
      await assertAccessible(page);
      await page.context().close();
    });
  }

  await t.test(
    'operations tell the public about an incident; a stranger sees it without a reload',
    async () => {
      const stranger = await browser.open(`${venue.url}/status`, { width: 390 });
      await stranger.getByText('No incident is open.').waitFor();
      const page = await browser.signIn(venue, 'operations');
      await page.getByRole('link', { name: 'Status', exact: true }).click();
      await page.getByRole('button', { name: 'Report an incident' }).click();
      const dialog = page.getByRole('dialog', { name: 'Report an incident' });
      await dialog.getByLabel('Title').fill('FIX sessions drop');
      await dialog.getByLabel('Severity').selectOption('major');
      await dialog.getByLabel('FIX', { exact: true }).check();
      await dialog.getByLabel('What the public is told').fill('Some FIX sessions lose their connection.');
      await assertAccessible(page);
      await dialog.getByRole('button', { name: 'Tell the public' }).click();
      await page.getByText('The public is told').waitFor();
      const incident = stranger.getByRole('listitem').filter({ hasText: 'FIX sessions drop' }).first();
      await incident.getByText('Some FIX sessions lose their connection.').waitFor();
      await incident.getByText('Affects FIX').waitFor();
      await incident.getByText('Investigating').waitFor();

      await page.getByRole('button', { name: 'Update: FIX sessions drop' }).click();
      const update = page.getByRole('dialog', { name: 'Update: FIX sessions drop' });
      await update.getByLabel('State').selectOption('resolved');
      await update.getByLabel('What the public is told').fill('A cable was replaced.');
      await update.getByRole('button', { name: 'Tell the public' }).click();
      await stranger.getByText('A cable was replaced.').waitFor();
      await stranger.getByText('No incident is open.').waitFor();
      for (const one of [page, stranger]) await assertAccessible(one);
      await page.context().close();
      await stranger.context().close();
    },
  );

  await t.test('words of an incident are words, whatever they look like and however long', async () => {
    const token = await venue.token('operations');
    const told = [
      ['<img src=x onerror="document.title=1">', '<script>document.title=1</script> &amp;'],
      ['W'.repeat(64), 'M'.repeat(256)],
    ] as const;
    for (const [title, text] of told) {
      const answer = await fetch(`${venue.url}/api/v1/admin/incidents`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({
          title,
          text,
          severity: 'minor',
          state: 'resolved',
          components: ['fix'],
          reason: 'a test',
        }),
      });
      assert.equal(answer.status, 200, await answer.text());
    }
    const page = await browser.open(`${venue.url}/status`, { width: 390 });
    for (const words of told.flat()) await page.getByText(words, { exact: true }).first().waitFor();
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.match(await page.title(), /^Status/);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390);
    await assertAccessible(page);
    await page.context().close();
  });

  await t.test('a fault shows with its reason, and goes when it is over', async () => {
    const page = await browser.open(`${venue.url}/status`);
    const matching = page.locator('[data-part="matching"]');
    await venue.send([{ type: 'SetKillSwitch', scope: 1, engaged: 1, reason: 'a test' }]);
    await page.getByRole('heading', { level: 1, name: 'Something works worse than it should' }).waitFor();
    await matching.getByText('Degraded', { exact: true }).waitFor();
    await matching.getByText('the kill switch of the venue refuses new orders').waitFor();
    await assertAccessible(page);
    await venue.send([{ type: 'SetKillSwitch', scope: 1, engaged: 0, reason: 'a test' }]);
    await page.getByRole('heading', { level: 1, name: 'Everything works' }).waitFor();
    await page.context().close();
  });

  await t.test(
    'a node that is gone leaves what it said, marked as old, and is fresh after a restart',
    async () => {
      const page = await browser.open(`${venue.url}/status`);
      await page.getByRole('heading', { level: 1, name: 'Everything works' }).waitFor();
      await venue.stop();
      await page.locator('.status-page.stale').waitFor();
      await venue.restart();
      await page.locator('.status-page:not(.stale)').waitFor();
      // What was recorded before the restart.
      await page.locator('[data-part="log"]').getByText('% up').waitFor();
      await page.getByRole('heading', { level: 1, name: 'Everything works' }).waitFor();
      await page.context().close();
    },
  );

  assert.deepEqual(browser.faults, []);
});
