import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Page } from 'playwright-core';
import { Role } from '#domain/commands.ts';
import { assertAccessible, TestBrowser, whyNoBrowser } from '../support/console.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { Cluster } from '../support/test-cluster.ts';

/** A node that shares its processors with many tests may take so long for what it does in a moment. */
const SLOW = { timeout: 60_000 };

test('operate: three nodes', {
  skip: whyNoBrowser() || whyNoNats() || false,
  timeout: 280_000,
}, async (t) => {
  const cluster = await Cluster.start(t);
  for (let nodeId = 1; nodeId <= 3; nodeId++) await cluster.startNode(nodeId);
  const role = { type: 'SetUserRole', targetUserId: 4, role: Role.Operations, reason: 'watches' } as const;
  cluster.node(1).child.send(role);
  const browser = await TestBrowser.start(t);
  const page = await watcher(t, browser, cluster, 1);
  await page.locator('[data-level="good"]').waitFor({ timeout: 90_000 });
  await page.getByText('3 of 3 nodes serve, and their states agree.').first().waitFor();
  await page.getByText('3 of 3 copies are current').waitFor();
  await page.getByText('leads the log').waitFor();
  for (const nodeId of [1, 2, 3])
    await page.locator(`[data-node="${nodeId}"][data-state="serving"]`).waitFor();
  await assertAccessible(page);

  await cluster.kill(3);
  await page.locator('[data-node="3"][data-state="silent"]').waitFor(SLOW);
  await page
    .locator('[data-level="bad"]')
    .getByText(/^Node 3 has not answered for \d+ s\.$/)
    .waitFor();
  await page.getByRole('img', { name: /^Map of 3 nodes\. Node 3 has not answered/ }).waitFor();
  await assertAccessible(page);

  await cluster.startNode(3);
  await page.locator('[data-node="3"][data-state="serving"]').waitFor(SLOW);
  await page.locator('[data-level="good"]').waitFor(SLOW);
  assert.deepEqual(browser.faults, []);
});

/** Somebody of operations at one of the nodes, once its log has the role. */
async function watcher(
  t: TestContext,
  browser: TestBrowser,
  cluster: Cluster,
  nodeId: number,
): Promise<Page> {
  const url = `http://127.0.0.1:${cluster.node(nodeId).edgePorts['http']}`;
  for (;;) {
    const page = await browser.signIn({ url }, 'U4', { path: '/operate', password: 'secret' });
    const isThere = page.locator('.verdict').waitFor({ timeout: 5_000 });
    if (
      await isThere.then(
        () => true,
        () => false,
      )
    )
      return page;
    t.diagnostic('the role is not in the log yet');
    await page.context().close();
  }
}
