import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { ClusterView } from '#app/cluster/cluster-nodes.ts';
import type { NodeStatus } from '#app/node-status.ts';
import { checksOf } from '../../scripts/production/lib/deployment-checks.ts';
import { NatsServers, whyNoNats } from '../support/nats-cluster.ts';
import type { StubVenue } from './stub-kubectl.ts';
import { runScript, startNode, temporaryDirectory, venueConfiguration } from './support.ts';

/** A node of blue serves, two of green observe; kubectl is a stub (stub-kubectl.ts), the nodes and the nats-servers are real. */
class TwoColours {
  readonly folder: string;
  readonly path: string;

  constructor(folder: string) {
    this.folder = folder;
    const programs = join(folder, 'bin');
    mkdirSync(programs);
    const stub = join(import.meta.dirname, 'stub-kubectl.ts');
    writeFileSync(join(programs, 'kubectl'), `#!/bin/sh\nexec '${process.execPath}' '${stub}' "$@"\n`);
    chmodSync(join(programs, 'kubectl'), 0o755);
    this.path = `${programs}:${process.env['PATH']}`;
    this.set({
      colour: 'blue',
      annotations: {},
      pods: Object.fromEntries(
        ['blue-0', 'green-0', 'green-1'].map((name, i) => [
          `hive-mind-${name}`,
          { colour: name.split('-')[0], dataDirectory: join(folder, `node-${i + 1}`) },
        ]),
      ),
    });
  }

  get venue(): StubVenue {
    return JSON.parse(readFileSync(join(this.folder, 'venue.json'), 'utf8'));
  }

  set(venue: StubVenue): void {
    writeFileSync(join(this.folder, 'venue.json'), JSON.stringify(venue));
  }

  run(script: string, ...args: string[]) {
    rmSync(join(this.folder, 'calls.jsonl'), { force: true });
    return runScript(script, args, { PATH: this.path, STUB_KUBECTL: this.folder });
  }

  /** Command lines of kubectl that change something, since the last run. */
  changes(): string[] {
    return readFileSync(join(this.folder, 'calls.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string[])
      .filter(([verb]) => verb !== 'kustomize')
      .map((line) => line.slice(2).join(' '))
      .filter((line) => !/^get |hive status /.test(line));
  }

  async states(): Promise<string[]> {
    const { status, stdout, stderr } = await this.run('deploy.sh', 'status');
    assert.equal(status, 0, stderr);
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' '));
  }
}

const exec = (pod: string, command: string) =>
  `exec hive-mind-${pod} --container hive-mind -- hive ${command} --data-dir /var/lib/hive-mind`;
const start = (colour: string, mode: string) =>
  `patch configmap hive-mind-start-${colour} --type merge --patch {"data":{"mode":"${mode}"}}`;
const patch = (to: string, from: string) =>
  `patch service hive-mind --type merge --patch {"metadata":{"annotations":{"hive-mind/previous-colour":"${from}"}},"spec":{"selector":{"hive-mind/colour":"${to}"}}}`;

describe('blue-green deployment on a cluster of three real nodes', {
  skip: whyNoNats(),
  timeout: 290_000,
}, () => {
  let servers: NatsServers;
  let venue: TwoColours;
  const closers: (() => unknown)[] = [];
  before(async () => {
    const t = { after: (close: () => unknown) => closers.push(close) } as unknown as TestContext;
    const folder = temporaryDirectory(t);
    servers = await NatsServers.start({ count: 3, directory: join(folder, 'nats') });
    venue = new TwoColours(folder);
    const cluster = ['--cluster', servers.urls.join(',')];
    const config = venueConfiguration(folder, 1, 'attestEvery: 5');
    await startNode(t, join(folder, 'node-1'), [...cluster, '--node-id', '1', '--config', config]);
    for (const node of [2, 3]) {
      const own = ['--node-id', String(node), '--observe', '--config', config];
      await startNode(t, join(folder, `node-${node}`), [...cluster, ...own]);
    }
  });
  after(async () => {
    // The directory, which was there first, goes last.
    for (const close of closers.slice(1).reverse()) close();
    await servers?.close();
    closers[0]?.();
  });

  test('deploy.sh green: puts the overlay there, with the image, and waits until its nodes agree', async () => {
    const tag = await venue.run('deploy.sh', 'green', '--image', 'registry.example/hive-mind:latest');
    assert.equal(tag.status, 2, tag.stderr);
    const none = await venue.run('deploy.sh', 'green');
    assert.deepEqual([none.status, venue.changes()], [2, []], none.stderr);
    const live = await venue.run('deploy.sh', 'blue');
    assert.deepEqual([live.status, venue.changes()], [1, []], live.stderr);
    const image = 'registry.example/hive-mind@sha256:c0ffee';
    const { status, stderr } = await venue.run('deploy.sh', 'green', '--image', image, '--wait', '120');
    assert.equal(status, 0, stderr);
    assert.deepEqual(venue.changes(), [
      'delete deployment hive-mind-green --ignore-not-found --cascade foreground --timeout 120s',
      'apply --filename -',
      `image: ${image}`,
      'wait --for=jsonpath={.status.phase}=Running pod --selector app.kubernetes.io/name=hive-mind,hive-mind/colour=green --timeout 120s',
    ]);
    assert.match(stderr, /fit to serve/);
    assert.deepEqual(await venue.states(), [
      'clients are sent to blue',
      'blue hive-mind-blue-0 serving',
      'green hive-mind-green-0 observing',
      'green hive-mind-green-1 observing',
    ]);
  });

  test('deploy.sh switch-traffic green: the new nodes serve before clients come, the old one observes after', async () => {
    const dry = await venue.run('deploy.sh', 'switch-traffic', 'green', '--dry-run');
    assert.equal(dry.status, 0, dry.stderr);
    assert.deepEqual(venue.changes(), [], 'a dry run changes nothing');
    assert.match(dry.stdout, /hive admin promote/);
    const { status, stderr } = await venue.run('deploy.sh', 'switch-traffic', 'green', '--drain', '0');
    assert.equal(status, 0, stderr);
    assert.deepEqual(venue.changes(), [
      start('green', '--no-observe'),
      exec('green-0', 'admin promote'),
      exec('green-1', 'admin promote'),
      patch('green', 'blue'),
      start('blue', '--observe'),
      exec('blue-0', 'admin demote --drain 0'),
    ]);
    assert.deepEqual(await venue.states(), [
      'clients are sent to green',
      'blue hive-mind-blue-0 observing',
      'green hive-mind-green-0 serving',
      'green hive-mind-green-1 serving',
    ]);
    const again = await venue.run('deploy.sh', 'switch-traffic', 'green');
    assert.equal(again.status, 1, again.stderr);
  });

  test('validate-deployment.sh: the live colour is fit, with evidence; more nodes than there are is not', async () => {
    const fit = await venue.run('validate-deployment.sh', '--json', '--wait', '60');
    assert.equal(fit.status, 0, fit.stdout + fit.stderr);
    const { passed, checks } = JSON.parse(fit.stdout);
    assert.equal(passed, true);
    for (const wanted of ['the log has a quorum', 'nodes have the same state hash', 'one image, by digest']) {
      assert.ok(
        checks.some(({ check }: { check: string }) => check === wanted),
        wanted,
      );
    }
    const few = await venue.run('validate-deployment.sh', '--nodes', '3');
    assert.equal(few.status, 1);
    assert.match(few.stdout, /^FAIL {2}3 nodes serve/m);
    assert.match(few.stdout, /NOT FIT TO SERVE/);
    const own = [1, 2, 3].flatMap((node) => ['--data-dir', join(venue.folder, `node-${node}`)]);
    const local = await venue.run('validate-deployment.sh', ...own, '--nodes', '2', '--allow-observing');
    assert.equal(local.status, 0, local.stdout + local.stderr);
    const nobody = await venue.run('validate-deployment.sh', '--data-dir', join(venue.folder, 'nobody'));
    assert.equal(nobody.status, 4, nobody.stderr);
  });

  test('network-isolate.sh: a pod closes its doors and loses its label; --lift gives it back', async () => {
    const isolate = await venue.run('network-isolate.sh', 'hive-mind-green-1', '--reason', 'a look');
    assert.equal(isolate.status, 0, isolate.stderr);
    assert.deepEqual(venue.changes(), [
      exec('green-1', 'admin demote --drain 0'),
      'label pod hive-mind-green-1 --overwrite app.kubernetes.io/name=hive-mind-isolated app.kubernetes.io/part-of-',
      'annotate pod hive-mind-green-1 --overwrite hive-mind/isolated-because=a look',
    ]);
    assert.ok((await venue.states()).includes('green hive-mind-green-1 observing'));
    const lift = await venue.run('network-isolate.sh', 'hive-mind-green-1', '--lift');
    assert.equal(lift.status, 0, lift.stderr);
    assert.deepEqual(venue.changes(), [
      'label pod hive-mind-green-1 --overwrite app.kubernetes.io/name=hive-mind app.kubernetes.io/part-of=hive-mind',
      'annotate pod hive-mind-green-1 hive-mind/isolated-because-',
    ]);
    const own = ['--data-dir', join(venue.folder, 'node-3')];
    assert.equal((await venue.run('network-isolate.sh', ...own, '--lift')).status, 0);
    assert.ok((await venue.states()).includes('green hive-mind-green-1 serving'));
  });

  test('deploy.sh rollback: back to blue', async () => {
    const { status, stderr } = await venue.run('deploy.sh', 'rollback', '--drain', '0');
    assert.equal(status, 0, stderr);
    assert.deepEqual(venue.changes(), [
      start('blue', '--no-observe'),
      exec('blue-0', 'admin promote'),
      patch('blue', 'green'),
      start('green', '--observe'),
      exec('green-0', 'admin demote --drain 0'),
      exec('green-1', 'admin demote --drain 0'),
    ]);
  });

  test('deploy.sh watch: nothing fires; then an alert fires, and it goes back', async () => {
    let firing: string[] = [];
    const prometheus = createServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://prometheus').searchParams.get('query') ?? '';
      assert.match(
        query,
        /^ALERTS\{alertstate="firing",severity="critical",alertname=~"HiveErrorBudgetBurn\|/,
      );
      const result = firing.map((alertname) => ({ metric: { alertname }, value: [0, '1'] }));
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    }).listen(0, '127.0.0.1');
    closers.push(() => prometheus.close());
    await once(prometheus, 'listening');
    const url = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
    const well = await venue.run('deploy.sh', 'watch', '--prometheus', url, '--for', '1');
    assert.equal(well.status, 0, well.stderr);
    assert.deepEqual(venue.changes(), []);
    firing = ['HiveErrorBudgetBurn'];
    const ill = await venue.run('deploy.sh', 'watch', '--prometheus', url, '--for', '60');
    assert.equal(ill.status, 1, ill.stderr);
    assert.match(ill.stderr, /blue is not well: HiveErrorBudgetBurn/);
    assert.match(ill.stderr, /rolled back/);
    assert.equal(venue.venue.colour, 'green');
    assert.match(venue.venue.annotations['hive-mind/rollback-reason'] ?? '', /HiveErrorBudgetBurn/);
  });

  test('emergency-rollback.sh: keeps evidence, goes back without analysis, also past a node that does not answer', async () => {
    const { pods, annotations } = venue.venue;
    const early = await venue.run('emergency-rollback.sh', '--from', 'blue', '--reason', 'cancelled');
    assert.deepEqual([early.status, venue.changes()], [0, []], early.stderr);
    const dead = { colour: 'green', dataDirectory: join(venue.folder, 'dead') };
    venue.set({ colour: 'green', annotations, pods: { ...pods, 'hive-mind-green-2': dead } });
    const evidence = join(venue.folder, 'evidence');
    const { status, stderr } = await venue.run(
      'emergency-rollback.sh',
      ...['--reason', 'orders of "X" vanish', '--evidence', evidence],
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /hive-mind-green-2 does not answer/);
    assert.deepEqual(
      venue.changes().filter((line) => line.startsWith('patch service')),
      [
        'patch service hive-mind --type merge --patch {"metadata":{"annotations":{"hive-mind/rollback-reason":"orders of \\"X\\" vanish"}},"spec":{"selector":{"hive-mind/colour":"blue"}}}',
      ],
    );
    assert.equal(venue.venue.colour, 'blue');
    assert.match(readFileSync(join(evidence, 'reason'), 'utf8'), /from green to blue: orders of "X" vanish/);
    assert.equal(JSON.parse(readFileSync(join(evidence, 'hive-mind-green-0.json'), 'utf8')).state, 'serving');
    assert.equal(readdirSync(evidence).length, 9);

    venue.set({ colour: 'green', annotations, pods: { 'hive-mind-green-0': pods['hive-mind-green-0'] } });
    const nowhere = await venue.run('emergency-rollback.sh', '--evidence', join(venue.folder, 'none'));
    assert.equal(nowhere.status, 1, 'there is nothing to go back to');
    assert.deepEqual(venue.changes(), []);
    assert.ok(!existsSync(join(venue.folder, 'none')));
  });
});

test('checksOf: each planted fault fails its own check, and no other', () => {
  const peer = { nodeId: 2, isSilent: false, agrees: true };
  const status = {
    nodeId: 1,
    state: 'serving',
    sequence: 100,
    archivedSequence: 100,
    divergedSequence: 0,
    logTimeOffsetMs: 0,
    disk: { freeBytes: 10, warnFreeBelowBytes: 5 },
    threads: { backupLagSeconds: 1, backupFailures: 0, backupDead: 0 },
    cluster: { agreedSequence: 90, peers: [peer] },
  } as unknown as NodeStatus;
  const view = {
    lastSequence: 100,
    hasQuorum: true,
    replicas: [{ server: 'n1', isLeader: true, isCurrent: true, lagEntries: 0 }],
    nodes: [1, 2].map((nodeId) => ({ nodeId, sequence: 100, stateHash: 'same', coreVersion: 1 })),
  } as unknown as ClusterView;
  const failing = (node: object, cluster: object = {}) =>
    checksOf([{ ...status, ...node } as NodeStatus], { ...view, ...cluster } as ClusterView, undefined, {
      nodes: 1,
      allowsObserving: false,
    })
      .filter(({ passed }) => !passed)
      .map(({ check }) => check);
  assert.deepEqual(failing({}), []);
  assert.deepEqual(failing({ state: 'observing' }), ['1 nodes serve', 'node 1: is in service']);
  assert.deepEqual(failing({ divergedSequence: 7 }), ['node 1: its shadow core agrees']);
  assert.deepEqual(failing({ archivedSequence: -100_000 }), ['node 1: its archive keeps up']);
  assert.deepEqual(failing({ logTimeOffsetMs: -1_001 }), ['node 1: its clock is near log time']);
  assert.deepEqual(failing({ disk: { freeBytes: 4, warnFreeBelowBytes: 5 } }), ['node 1: its disk has room']);
  assert.deepEqual(failing({ threads: { backupLagSeconds: 11 } }), ['node 1: its backup keeps up']);
  assert.deepEqual(failing({ threads: { backupLagSeconds: 0, backupFailures: 1 } }), [
    'node 1: its backup keeps up',
  ]);
  assert.deepEqual(failing({ cluster: { agreedSequence: 90, peers: [{ ...peer, agrees: false }] } }), [
    'nodes have the same state hash',
  ]);
  assert.deepEqual(failing({ cluster: { agreedSequence: 0, peers: [peer] } }), [
    'a majority attested the state of each node',
  ]);
  assert.deepEqual(failing({}, { hasQuorum: false }), ['the log has a quorum']);
  assert.deepEqual(
    failing({}, { replicas: [{ server: '', isLeader: true, isCurrent: false, lagEntries: 3 }] }),
    ['the log has a leader', 'all copies of the log are current'],
  );
  const other = { nodeId: 2, sequence: 100, stateHash: 'other', coreVersion: 2 };
  assert.deepEqual(failing({}, { nodes: [view.nodes[0], other] }), [
    'nodes have the same state hash',
    'nodes follow the same rules',
  ]);
  assert.deepEqual(failing({}, { lastSequence: 10_101 }), ['nodes have the end of the log']);
});
