import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { NodeStatus } from '#app/node-status.ts';
import { CoreVersionError } from '#core/core-version.ts';
import type { TradingCore } from '#core/trading-core.ts';
import { Audit } from '../faults/audit.ts';
import { compareCopy, followStream } from '../faults/audit-sources.ts';
import { type Door, RecordingClient, readReports } from '../faults/recording-client.ts';
import { within } from '../faults/within.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import { NEXT, newerBuild, THIS_BUILD } from '../support/newer-build.ts';
import { clusterSettings } from '../support/node-config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type ChildNode, startChildNode, statusOf, TRADERS } from '../support/traders.ts';

const STREAM = 'HIVE';
const OLD_NODES = [1, 2, 3];
const NEW_NODES = [4, 5, 6];
const STEP_MS_MAX = 60_000;
const STEP_ORDERS = 20;

/** Nodes of two builds on one log, and clients who trade wherever a node takes orders. */
class Upgrade {
  readonly nodes = new Map<number, ChildNode>();
  readonly doors = new Map<number, Door>();
  readonly clients: readonly RecordingClient[];
  readonly #servers: NatsServers;
  readonly #directory: string;

  private constructor(servers: NatsServers, directory: string) {
    this.#servers = servers;
    this.#directory = directory;
    this.clients = TRADERS.map((name, i) => new RecordingClient(name, i + 1, () => [...this.doors.values()]));
  }

  /** Ends with the test, and removes the folder. */
  static async begin(t: TestContext, audit: Audit, directory: string): Promise<Upgrade> {
    const servers = await NatsServers.start({ count: 3, directory: join(directory, 'nats') });
    const upgrade = new Upgrade(servers, directory);
    let unfollow: (() => Promise<void>) | undefined;
    t.after(async () => {
      await Promise.all(upgrade.clients.map((client) => client.stop()));
      await unfollow?.();
      for (const { child } of upgrade.nodes.values()) {
        child.kill('SIGKILL');
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      }
      await servers.close();
    });
    await upgrade.start(OLD_NODES[0], THIS_BUILD, false);
    unfollow = await followStream(audit, servers.urls, STREAM);
    return upgrade;
  }

  get urls(): string[] {
    return this.#servers.urls;
  }

  logDirectory(nodeId: number): string {
    return join(this.#directory, `node-${nodeId}`, 'log');
  }

  async start(nodeId: number, build: string, observe: boolean): Promise<void> {
    const node = await startChildNode(
      join(this.#directory, `node-${nodeId}`),
      {
        nodeId,
        http: undefined,
        fix: undefined,
        attestEvery: 50,
        // Everything stays there to be compared.
        snapshots: { everyEntries: 1_000_000, keep: 2 },
        cluster: clusterSettings(this.urls, { stream: STREAM, observe }),
      },
      { script: join(build, 'test/support/node-process.ts') },
    );
    this.nodes.set(nodeId, node);
    if (!observe) this.#open(nodeId, node.ouchPort);
  }

  async promote(nodeId: number): Promise<void> {
    const { state, ouchPort } = await this.#ask(nodeId, 'promote');
    assert.equal(state, 'serving');
    this.#open(nodeId, ouchPort);
  }

  async demote(nodeId: number): Promise<void> {
    this.doors.delete(nodeId);
    const { state } = await this.#ask(nodeId, 'demote');
    assert.equal(state, 'observing');
  }

  async stop(nodeId: number): Promise<void> {
    const { child } = this.#node(nodeId);
    this.nodes.delete(nodeId);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual((await exit)[0], 0);
  }

  status(nodeId: number): Promise<NodeStatus> {
    return statusOf(this.#node(nodeId));
  }

  node(nodeId: number): ChildNode {
    return this.#node(nodeId);
  }

  /** Every client has orders accepted, at the nodes as they are now. */
  async trade(): Promise<void> {
    const wanted = this.clients.map(({ accepted }) => accepted + STEP_ORDERS);
    await within(STEP_MS_MAX, 'clients do not get orders accepted', () =>
      this.clients.every(({ accepted }, i) => accepted >= wanted[i]),
    );
  }

  /** The node has the state that all others have, and went on since. */
  async agrees(nodeId: number): Promise<void> {
    const begin = (await this.status(nodeId)).sequence;
    await within(STEP_MS_MAX, `node ${nodeId} does not agree`, async () => {
      const { cluster } = await this.status(nodeId);
      assert.ok(cluster?.peers.every((peer) => peer.agrees));
      return (cluster?.agreedSequence ?? 0) > begin;
    });
  }

  #open(nodeId: number, port: number): void {
    this.doors.set(nodeId, { nodeId, host: '127.0.0.1', port });
  }

  async #ask(nodeId: number, what: 'promote' | 'demote'): Promise<{ state: string; ouchPort: number }> {
    const { child } = this.#node(nodeId);
    child.send(what);
    const [answer] = await once(child, 'message');
    return answer;
  }

  #node(nodeId: number): ChildNode {
    const node = this.nodes.get(nodeId);
    assert.ok(node !== undefined, `node ${nodeId} runs`);
    return node;
  }
}

test('a rolling upgrade to a newer core under load: no order is lost or there twice, and an old node that is left stops', {
  skip: whyNoNats() ?? false,
  timeout: 240_000,
}, async (t) => {
  const directory = temporaryDirectory('upgrade');
  const buildDirectory = join(directory, 'build');
  mkdirSync(buildDirectory);
  const build = newerBuild(buildDirectory);
  const newer: { TradingCore: typeof TradingCore } = await import(join(build, 'src/core/trading-core.ts'));
  const audit = new Audit(newer.TradingCore);
  const upgrade = await Upgrade.begin(t, audit, directory);
  for (const nodeId of OLD_NODES.slice(1)) await upgrade.start(nodeId, THIS_BUILD, false);
  for (const client of upgrade.clients) client.start();
  await upgrade.trade();

  // One by one: a new node follows and compares, takes traffic, and an old one lets it go. The last old one stays, unnoticed.
  for (const [i, nodeId] of NEW_NODES.entries()) {
    await upgrade.start(nodeId, build, true);
    await upgrade.agrees(nodeId);
    await upgrade.promote(nodeId);
    await upgrade.trade();
    const old = OLD_NODES[i];
    await upgrade.demote(old);
    await upgrade.trade();
    if (old !== OLD_NODES.at(-1)) await upgrade.stop(old);
  }
  const left = OLD_NODES.at(-1) ?? 0;
  const first = NEW_NODES[0];
  upgrade.node(first).child.send({ type: 'SetCoreVersion', version: NEXT });
  await within(
    STEP_MS_MAX,
    'the old node goes on',
    async () => (await upgrade.status(left)).state === 'stopped',
  );
  const { sequence, reason } = await upgrade.status(left);
  assert.equal(reason, new CoreVersionError(NEXT, sequence + 1).message);
  await upgrade.trade();
  for (const nodeId of NEW_NODES) await upgrade.agrees(nodeId);

  await Promise.all(upgrade.clients.map((client) => client.stop()));
  const states = await Promise.all([left, ...NEW_NODES].map((nodeId) => upgrade.status(nodeId)));
  const end = Math.max(...states.map((state) => state.sequence));
  await within(STEP_MS_MAX, 'the stream ends early', () => audit.sequence >= end);
  for (const state of states) {
    audit.checkState(state);
    compareCopy(audit, state.nodeId, upgrade.logDirectory(state.nodeId), 1, state.sequence);
  }
  for (const [i, { name, reports, complaints }] of upgrade.clients.entries()) {
    audit.checkReceipts(i + 1, reports);
    audit.complaints.push(...complaints);
    for (const door of upgrade.doors.values()) {
      const again = await readReports(door, name, 1, reports.length, STEP_MS_MAX);
      audit.checkReports(`node ${door.nodeId} to ${name}`, reports, again);
    }
  }
  t.diagnostic(`${audit.totals.acknowledged} orders acknowledged`);
  assert.deepEqual([audit.complaints, audit.totals.lost, audit.totals.twice], [[], 0, 0]);
});
