import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { ClusterView } from '#app/cluster/cluster-nodes.ts';
import type { NodeStatus } from '#app/node-status.ts';
import { checksOf } from '../../scripts/production/lib/deployment-checks.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { exec, patch, start, TwoColours } from './two-colours.ts';

describe('blue-green deployment on a cluster of three real nodes', {
  skip: whyNoNats(),
  timeout: 290_000,
}, () => {
  let venue: TwoColours;
  before(async () => {
    venue = await TwoColours.start(['blue-0', 'green-0', 'green-1']);
  });
  after(() => venue?.close());

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
    ]);
    assert.match(stderr, /fit to serve/);
    assert.deepEqual(await venue.states(), [
      'clients are sent to blue',
      'blue hive-mind-blue-0 serving',
      'green hive-mind-green-0 observing',
      'green hive-mind-green-1 observing',
    ]);
  });

  test('deploy.sh switch-traffic green: goes back by itself when a node of green does not begin to serve', async () => {
    const { venue: before } = venue;
    const ill = { ...before.pods['hive-mind-green-1'], fails: 'admin promote' };
    venue.set({ ...before, pods: { ...before.pods, 'hive-mind-green-1': ill } });
    const { status, stderr } = await venue.run('deploy.sh', 'switch-traffic', 'green', '--drain', '0');
    venue.set(before);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /hive-mind-green-1 does not promote/);
    assert.match(stderr, /went back to blue/);
    assert.deepEqual(venue.changes(), [
      start('green', '--no-observe'),
      exec('green-0', 'admin promote'),
      exec('green-1', 'admin promote'),
      start('blue', '--no-observe'),
      patch('blue', 'green'),
      start('green', '--observe'),
      exec('green-0', 'admin demote --drain 0'),
    ]);
    assert.deepEqual(await venue.states(), [
      'clients are sent to blue',
      'blue hive-mind-blue-0 serving',
      'green hive-mind-green-0 observing',
      'green hive-mind-green-1 observing',
    ]);
  });

  test('a machine that hangs is no node that is fit, and holds up no switch', async () => {
    const { venue: before } = venue;
    const hang = (pod: string, hangs: string) =>
      venue.set({ ...before, pods: { ...before.pods, [pod]: { ...before.pods[pod], hangs } } });
    hang('hive-mind-blue-0', 'status');
    const unfit = await venue.run('validate-deployment.sh');
    assert.equal(unfit.status, 4, unfit.stdout + unfit.stderr);
    assert.match(unfit.stderr, /^hive-mind-blue-0 does not answer within 10 s$/m);
    hang('hive-mind-green-1', 'admin promote');
    const { status, stderr } = await venue.run('deploy.sh', 'switch-traffic', 'green', '--drain', '0');
    venue.set(before);
    assert.equal(status, 1, stderr);
    assert.match(
      stderr,
      /^hive-mind-green-1 does not answer within 30 s\nhive-mind-green-1 does not promote$/m,
    );
    assert.match(stderr, /went back to blue/);
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

  test('deploy.sh shared: puts there what both colours use, with the image, and waits for it', async () => {
    const none = await venue.run('deploy.sh', 'shared');
    assert.deepEqual([none.status, venue.changes()], [2, []], none.stderr);
    const image = 'registry.example/hive-mind@sha256:c0ffee';
    const { status, stderr } = await venue.run('deploy.sh', 'shared', '--image', image, '--wait', '120');
    assert.equal(status, 0, stderr);
    assert.deepEqual(venue.changes(), [
      'apply --filename -',
      `image: ${image}`,
      'rollout status statefulset/nats --timeout 120s',
      'rollout status statefulset/hive-mind-archive --timeout 120s',
    ]);
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
    const own = [1, 2, 3].flatMap((node) => ['--data-dir', venue.directoryOf(node)]);
    const local = await venue.run('validate-deployment.sh', ...own, '--nodes', '2', '--allow-observing');
    assert.equal(local.status, 0, local.stdout + local.stderr);
    const nobody = await venue.run('validate-deployment.sh', '--data-dir', join(venue.folder, 'nobody'));
    assert.equal(nobody.status, 4, nobody.stderr);
  });

  test('deploy.sh rollback: back to blue, which gets as many nodes as green has', async () => {
    const { status, stderr } = await venue.run('deploy.sh', 'rollback', '--drain', '0');
    assert.equal(status, 0, stderr);
    assert.deepEqual(venue.changes(), [
      'scale deployment hive-mind-blue --replicas 2',
      start('blue', '--no-observe'),
      exec('blue-0', 'admin promote'),
      patch('blue', 'green'),
      start('green', '--observe'),
      exec('green-0', 'admin demote --drain 0'),
      exec('green-1', 'admin demote --drain 0'),
    ]);
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
  assert.deepEqual(failing({ state: 'observing' }), ['1 node serves', 'node 1: is in service']);
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
