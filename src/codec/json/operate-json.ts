import { Type } from 'typebox';
import { Count, Id, named, ref, Sequence, Time } from './schemas.ts';

/** What operators are told about nodes, the cluster, snapshots and backups: channels `cluster` and `figures`, and resources of REST. */

const text = (description: string) => Type.String({ description });
const among = <Name extends string>(description: string, ...all: Name[]) =>
  Type.Unsafe<Name>({ type: 'string', enum: all, description });

export const StateHash = text('hash of the whole state, 16 hexadecimal digits');

/** What a node of a cluster is doing, as the channel `cluster` says it. */
export const NodeStateName = among(
  'recovering: it applies what it missed; observing: it serves nobody; serving; stopped: for good; silent: it does not answer',
  'recovering',
  'observing',
  'serving',
  'stopped',
  'silent',
);

export const ClusterNode = named(
  'ClusterNode',
  'A node, as it said last itself. Of one that never answered little is known.',
  {
    nodeId: Id('the node'),
    isSelf: Type.Boolean({ description: 'the node that tells this' }),
    state: NodeStateName,
    reason: Type.Optional(text('why it stopped')),
    version: Type.Optional(text('of its build')),
    coreVersion: Type.Optional(Count('version of the rules that its core follows')),
    sequence: Type.Optional(Sequence),
    lagEntries: Type.Optional(Count('entries of the log that it has still to apply')),
    stateHash: Type.Optional(StateHash),
    agrees: among(
      'whether its state is that of the node that tells this, by the attestations in the log; of the latter itself, whether most nodes have its state, or its two cores where it is alone',
      'yes',
      'no',
      'unknown',
    ),
    server: Type.Optional(text('the nats-server that it is connected to')),
    clockOffsetMs: Type.Optional(
      Type.Integer({
        minimum: Number.MIN_SAFE_INTEGER,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'its log time minus its wall clock, in milliseconds',
      }),
    ),
    silentMs: Count('milliseconds since it answered last; 0 of the node that tells this'),
  },
);

export const StreamCopy = named('StreamCopy', 'A copy of the log on a nats-server.', {
  server: Type.String(),
  isLeader: Type.Boolean(),
  isCurrent: Type.Boolean({ description: 'whether it has, as far as the leader knows, all entries' }),
  lagEntries: Count('entries that it lacks'),
  silentMs: Type.Optional(
    Count('milliseconds since the leader heard from it; absent: it has not, since it leads'),
  ),
});

export const ClusterStream = named('ClusterStream', 'The log of a cluster, as its servers said last.', {
  name: Type.String(),
  leader: text('the server that leads it; empty: none answers'),
  hasQuorum: Type.Boolean({
    description: 'the leader hears from most copies: without, nothing becomes durable',
  }),
  problem: Type.Optional(
    text('what is not safe about its settings, since they were changed while the node runs'),
  ),
  replicas: Type.Array(ref(StreamCopy)),
  firstSequence: Sequence,
  lastSequence: Sequence,
  bytes: Count('bytes that it takes'),
});

export const Cluster = named('Cluster', 'The nodes of the venue, and the log that they share.', {
  nodes: Type.Array(ref(ClusterNode)),
  stream: Type.Optional(ref(ClusterStream)),
});

export const ClusterMessage = named(
  'ClusterMessage',
  'The whole cluster as this node sees it, once a second. A node with a log of its own is a cluster of one, without `stream`.',
  {
    channel: Type.Unsafe<'cluster'>({ type: 'string', enum: ['cluster'] }),
    type: Type.Unsafe<'cluster'>({ type: 'string', enum: ['cluster'] }),
    cluster: ref(Cluster),
  },
);

export const StageLatency = named(
  'StageLatency',
  'How long the commands of this node took for a stage of the order path, to 3 %, in microseconds. A command counts with the times of the first one of its turn.',
  {
    stage: among(
      'appended: from received until handed to the log; durable: from then until the log has it; answered: from then until applied and answered; total: all of it',
      'appended',
      'durable',
      'answered',
      'total',
    ),
    count: Count('commands'),
    p50Us: Count('half of them took at most so long'),
    p90Us: Count('90 %'),
    p99Us: Count('99 %'),
    p999Us: Count('99.9 %'),
    maxUs: Count('all of them'),
  },
);

export const DoorConnections = named('DoorConnections', 'Who is connected to a door of the node.', {
  door: among('the door', 'ouch', 'market-data', 'http', 'websocket', 'fix'),
  connections: Count('connections'),
});

const Throughput = named('Throughput', 'Per second, of all nodes, as this one had them from the log.', {
  entries: Count('entries of the log'),
  orders: Count('orders that were accepted'),
  trades: Count('trades'),
  reports: Count('reports to users'),
});

const MemoryFigures = named('MemoryFigures', 'Memory of the process.', { residentBytes: Count('bytes') });

const LoopFigures = named('LoopFigures', "The order path's thread.", {
  delayUsP99: Count('by how much its timers were late 99 % of the time, in microseconds'),
  busyPercent: Count('time in which it did not wait for something to do'),
});

export const Figures = named(
  'Figures',
  'What a node did since it told this last, a second before as a rule.',
  {
    nodeId: Id('the node'),
    periodMs: Count('milliseconds that latency and throughput are of'),
    latency: Type.Array(ref(StageLatency)),
    throughput: ref(Throughput),
    memory: ref(MemoryFigures),
    loop: ref(LoopFigures),
    openOrders: Count('live orders of the venue'),
    connections: Type.Array(ref(DoorConnections)),
  },
);

export const FiguresMessage = named('FiguresMessage', 'Figures of this node, once a second.', {
  channel: Type.Unsafe<'figures'>({ type: 'string', enum: ['figures'] }),
  type: Type.Unsafe<'figures'>({ type: 'string', enum: ['figures'] }),
  figures: ref(Figures),
});

export const Verification = named(
  'Verification',
  'What was found when it was read and restored as a whole.',
  {
    isWhole: Type.Boolean({
      description: 'every byte is as it was written, and the state has the hash that it should have',
    }),
    fault: Type.Optional(text('what is wrong, and what to do; absent when it is whole')),
    time: Time,
    tookMs: Count('milliseconds'),
  },
);

export const Snapshot = named('Snapshot', 'A snapshot in the data directory of this node.', {
  sequence: Sequence,
  time: Type.Optional(Time),
  bytes: Count('size of the file'),
  coreVersion: Type.Optional(Count('version of the rules of its core')),
  stateHash: Type.Optional(StateHash),
  fault: Type.Optional(text('why its head cannot be read')),
  verification: Type.Optional(ref(Verification)),
});

export const Snapshots = named('Snapshots', 'The snapshots of this node, newest first.', {
  items: Type.Array(ref(Snapshot)),
});

export const Backup = named('Backup', 'A backup in the target of this node.', {
  id: Type.String(),
  createdTime: text('when it was made, UTC, ISO 8601'),
  nodeId: Id('the node that it is of'),
  isContinuous: Type.Boolean({ description: 'made by a running node itself, not by hand' }),
  keyId: Type.Optional(text('the key that it is encrypted with')),
  snapshotSequence: Sequence,
  sequence: Sequence,
  time: Time,
  stateHash: StateHash,
  verification: Type.Optional(ref(Verification)),
});

export const ContinuousBackupState = named('ContinuousBackup', 'How far the continuous backup is.', {
  sequence: Sequence,
  lagEntries: Count('durable entries that it lacks'),
  lagMs: Count('how long ago it lacked none'),
  failures: Count('sends that failed since the last one that did not'),
  backupAgeSeconds: Type.Optional(Count('age of the newest backup of this run of the node')),
});

export const Backups = named(
  'Backups',
  'The backups of this log in the target that the node is configured with, newest first.',
  {
    target: Type.Optional(
      text('where: a directory or s3://BUCKET/PREFIX; absent: the node has no section "backup"'),
    ),
    continuous: Type.Optional(ref(ContinuousBackupState)),
    items: Type.Array(ref(Backup)),
    faults: Type.Optional(Type.Array(text('what is wrong with one that cannot be told of'))),
  },
);
