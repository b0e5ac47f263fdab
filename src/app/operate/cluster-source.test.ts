import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterSight } from '../cluster/cluster-observer.ts';
import type { NodeStatus } from '../node-status.ts';
import { HIVE_VERSION } from '../version.ts';
import { clusterOf } from './cluster-source.ts';

const HASH = '0123456789abcdef';
const ALONE: NodeStatus = {
  nodeId: 1,
  epoch: 1,
  state: 'serving',
  reason: undefined,
  firstSequence: 1,
  sequence: 100,
  stateHash: HASH,
  coreVersion: 3,
  archivedSequence: 90,
  snapshotSequence: 0,
  divergedSequence: 0,
  logTimeOffsetMs: 1_234.567,
  wallClockJumps: 0,
  logProblem: undefined,
  openOrders: 0,
  ouchConnections: 0,
  uptimeSeconds: 1,
  rssBytes: 1,
  ouchLogins: { sessions: 0, authFailures: 0, rateLimited: 0 },
  loopDelayUsP99: 0,
  loopBusyPercent: 0,
  disk: undefined,
  cluster: undefined,
  threads: {},
};

const log = {
  isConnected: true,
  server: 'a',
  leader: 'a',
  isInDoubt: false,
  doubts: 0,
  lastDoubt: '',
  unsettled: 0,
  lagEntries: 0,
  foreign: 0,
};
const peer = (nodeId: number, agrees: boolean, isSilent: boolean, attestedSequence = 50) => ({
  nodeId,
  epoch: 1,
  heardSeconds: Math.floor(Date.now() / 1_000) - 60,
  attestedSequence,
  agrees,
  isSilent,
});

function inCluster(different: Partial<NonNullable<NodeStatus['cluster']>> = {}): NodeStatus {
  const peers = [peer(1, true, false), peer(2, true, false), peer(3, false, false), peer(4, true, true, 0)];
  return {
    ...ALONE,
    cluster: {
      stream: 'HIVE',
      problem: undefined,
      log,
      peers,
      agreedSequence: 60,
      isOutvoted: false,
      ...different,
    },
  };
}

function sight(isAnswered: boolean): ClusterSight {
  const node = {
    version: '2.0.0',
    coreVersion: 3,
    coreVersionMax: 4,
    state: 'serving',
    clockOffsetMs: -5,
    stateHash: HASH,
    agreedSequence: 60,
    server: 'b',
  } as const;
  return {
    stream: {
      stream: 'HIVE',
      firstSequence: 5,
      lastSequence: 110,
      bytes: 4_096,
      replicas: [
        { server: 'a', isLeader: true, isCurrent: true, lagEntries: 0, silentMs: 0 },
        { server: 'b', isLeader: false, isCurrent: true, lagEntries: 0, silentMs: 5 },
        { server: 'c', isLeader: false, isCurrent: false, lagEntries: 9, silentMs: 9_000 },
      ],
      mirror: undefined,
      hasQuorum: true,
    },
    isAnswered,
    nodes: new Map([
      [1, { node: { ...node, nodeId: 1, sequence: 1 }, heardMs: 10_000 }],
      [2, { node: { ...node, nodeId: 2, sequence: 120 }, heardMs: 9_900 }],
      [3, { node: { ...node, nodeId: 3, sequence: 80 }, heardMs: 6_000 }],
    ]),
  };
}

test('clusterOf: a node alone is a cluster of one', () => {
  const self = {
    nodeId: 1,
    isSelf: true,
    state: 'serving',
    version: HIVE_VERSION,
    coreVersion: 3,
    sequence: 100,
    lagEntries: 0,
    stateHash: HASH,
    agrees: 'yes',
    clockOffsetMs: 1_235,
    silentMs: 0,
  };
  assert.deepEqual(clusterOf(ALONE, undefined, 0), { nodes: [self] });
  const agreement = (different: Partial<NodeStatus>) =>
    clusterOf({ ...ALONE, ...different }, undefined, 0).nodes[0].agrees;
  assert.equal(agreement({ archivedSequence: 0 }), 'unknown');
  assert.equal(agreement({ divergedSequence: 7, state: 'stopped', reason: 'why' }), 'no');
});

test('clusterOf: those that answered, those that fell silent, and those of which only the log knows', () => {
  const { nodes, stream } = clusterOf(inCluster(), sight(true), 10_000);
  const rows = nodes.map(({ nodeId, isSelf, state, agrees, lagEntries, silentMs }) => [
    nodeId,
    isSelf,
    state,
    agrees,
    lagEntries,
    Math.floor(silentMs / 100) * 100,
  ]);
  assert.deepEqual(rows.slice(0, 3), [
    [1, true, 'serving', 'yes', 10, 0],
    [2, false, 'serving', 'yes', 0, 100],
    [3, false, 'silent', 'no', 30, 4_000],
  ]);
  const [nodeId, isSelf, state, agrees, lagEntries, silentMs] = rows[3];
  assert.deepEqual([nodeId, isSelf, state, agrees, lagEntries], [4, false, 'silent', 'unknown', undefined]);
  assert.ok(Number(silentMs) >= 60_000 && Number(silentMs) < 70_000);
  assert.deepEqual(
    { ...stream, replicas: stream?.replicas.length },
    {
      name: 'HIVE',
      leader: 'a',
      hasQuorum: true,
      replicas: 3,
      firstSequence: 5,
      lastSequence: 110,
      bytes: 4_096,
    },
  );
});

test('clusterOf: of itself the newer of what it said here and to the others', () => {
  const { nodes } = clusterOf({ ...inCluster(), sequence: 0 }, sight(true), 10_000);
  assert.deepEqual([nodes[0].sequence, nodes[0].lagEntries], [1, 109]);
});

test('clusterOf: servers that do not answer lead nothing; a node that most disagree with says so', () => {
  const status = inCluster({ isOutvoted: true, problem: 'discard' });
  const { stream, nodes } = clusterOf(status, sight(false), 10_000);
  assert.deepEqual([stream?.leader, stream?.hasQuorum, stream?.problem], ['', false, 'discard']);
  assert.equal(nodes[0].agrees, 'no');
  assert.equal(clusterOf(inCluster({ agreedSequence: 0 }), undefined, 0).nodes[0].agrees, 'unknown');
});
