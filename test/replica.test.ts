import assert from 'node:assert/strict';
import fs, { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CORE_VERSION_MAX, CoreVersionError } from '#core/core-version.ts';
import { TradingCore } from '#core/trading-core.ts';
import { type EventSink, LogUnavailableError } from '#domain/ports.ts';
import { crc32c } from '#lib/crc32c.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { RecordingReader } from '#log/recording-reader.ts';
import { Archive, type ArchiveOptions, type EntrySource } from '#replica/archive.ts';
import { Outbox } from '#replica/outbox.ts';
import { Replica } from '#replica/replica.ts';
import { listSnapshots, readSnapshot, SnapshotError, writeSnapshot } from '#replica/snapshot-file.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { marketSetup, RandomFlow, send } from './support/random-flow.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const LOG_ID = '01234567-89ab-cdef-0123-456789abcdef';
const USERS = 5;
const NOWHERE: EventSink = { onEvents: () => {} };
const CAPACITY = {
  ordersMax: 20_000,
  instrumentsMax: 8,
  accountsMax: 16,
  usersMax: 16,
  assetsMax: 8,
  nodesMax: 4,
};

function seedOf(t: TestContext): number {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  return seed;
}

/** A log of `entries` entries of random flow, some of many commands, behind a market's set-up. */
function randomLog(seed: number, entries: number): MemoryLog {
  const log = new MemoryLog(new ManualClock(), new RecordingReader());
  const outbox = new Outbox(1, 1, () => {});
  const random = seededRandom(seed + 1);
  const flow = new RandomFlow(seed, USERS);
  for (const command of marketSetup(USERS)) send(outbox, command);
  for (let entry = 0; entry < entries; entry++) {
    outbox.drain(log);
    log.commit();
    for (let commands = 1 + Math.floor(random() * 8); commands > 0; commands--) send(outbox, flow.next());
  }
  outbox.drain(log);
  log.commit();
  return log;
}

function apply(core: TradingCore, log: MemoryLog, from: number, to: number): TradingCore {
  log.read(
    from,
    {
      deliver: (sequence, seconds, nanos, words, start, end) =>
        core.applyEntry(sequence, seconds, nanos, words, start, end),
    },
    to,
  );
  return core;
}

test('snapshot: restore and tail give the state, the hash and the bytes of the uninterrupted run', (t) => {
  const seed = seedOf(t);
  const directory = temporaryDirectory('replica');
  const log = randomLog(seed, 2_000);
  const last = log.lastSequence;
  const whole = apply(new TradingCore(NOWHERE, CAPACITY), log, 1, last);
  const wholePath = writeSnapshot(join(directory, 'whole'), whole, LOG_ID);
  for (const cut of [1, 2, Math.floor(last / 3), last - 1, last]) {
    const half = apply(new TradingCore(NOWHERE, CAPACITY), log, 1, cut);
    const path = writeSnapshot(join(directory, `cut-${cut}`), half, LOG_ID);
    // The seed of the hash maps reaches nothing that can be seen.
    const restored = new TradingCore(NOWHERE, CAPACITY, { hashSeed: seed + cut });
    const manifest = readSnapshot(path, restored);
    assert.deepEqual([manifest.sequence, manifest.stateHash], [cut, half.stateHash]);
    assert.equal(restored.stateHash, half.stateHash);
    if (cut < last) apply(restored, log, cut + 1, last);
    assert.equal(restored.stateHash, whole.stateHash);
    const restoredPath = writeSnapshot(join(directory, `restored-${cut}`), restored, LOG_ID);
    assert.ok(
      readFileSync(restoredPath).equals(readFileSync(wholePath)),
      `bytes differ after a cut at ${cut}`,
    );
    assert.ok(restored.state.ledger.conserved());
  }
});

test('snapshot: any changed bit, a missing end and bytes behind it are refused with file and offset', (t) => {
  const seed = seedOf(t);
  const random = seededRandom(seed);
  const directory = temporaryDirectory('replica');
  const path = writeSnapshot(
    directory,
    apply(new TradingCore(NOWHERE, CAPACITY), randomLog(seed, 50), 1, 50),
    LOG_ID,
  );
  const bytes = readFileSync(path);
  const refuses = (changed: Uint8Array, saying = /: at byte \d+: .*Remove the file/): void => {
    writeFileSync(path, changed);
    assert.throws(
      () => readSnapshot(path),
      (error) => {
        assert.ok(error instanceof SnapshotError, String(error));
        assert.ok(error.message.startsWith(path), error.message);
        assert.match(error.message.slice(path.length), saying);
        return true;
      },
    );
  };
  const refusesFlip = (at: number): void => {
    const changed = Buffer.from(bytes);
    changed[at] ^= 1 << Math.floor(random() * 8);
    // Its first bytes say that it is a snapshot: nobody is told to remove what is none.
    refuses(
      changed,
      at < 8 ? /^: at byte 0: is not a snapshot, .*Remove it where it is one of a node's/ : undefined,
    );
  };
  for (let at = 0; at < 16; at++) refusesFlip(at);
  for (let flip = 0; flip < 300; flip++) refusesFlip(Math.floor(random() * bytes.length));
  for (let cut = 1; cut <= 8; cut++) refuses(bytes.subarray(0, bytes.length - cut));
  refuses(Buffer.concat([bytes, Buffer.alloc(1)]));
});

test('readSnapshot: nobody is told to remove one of another format, which is all that a truncated log can go on from', () => {
  const path = writeSnapshot(temporaryDirectory('replica'), new TradingCore(NOWHERE, CAPACITY), LOG_ID);
  const bytes = readFileSync(path);
  bytes.write('"formatVersion":1', bytes.indexOf('"formatVersion":'));
  bytes.writeUInt32LE(crc32c(bytes.subarray(16, 16 + bytes.readUInt32LE(8))) >>> 0, 12);
  writeFileSync(path, bytes);
  assert.throws(
    () => readSnapshot(path),
    new SnapshotError(
      `${path}: at byte 16: has format 1, this build reads 4. It is passed over: the node starts from an older snapshot, or from the whole log. Keep it where that does not begin with entry 1: it takes the build that wrote it to start.`,
    ),
  );
});

test('readSnapshot: one of a core version that this build lacks is refused with what to do', () => {
  const core = new TradingCore(NOWHERE, CAPACITY);
  core.state.coreVersion = 99;
  const path = writeSnapshot(temporaryDirectory('replica'), core, LOG_ID);
  assert.throws(
    () => readSnapshot(path, new TradingCore(NOWHERE, CAPACITY)),
    new SnapshotError(`${path}: needs core version 99, this build has 1 to 1. Start a build that has it.`),
  );
});

test('writeSnapshot: one that cannot be finished leaves nothing behind', () => {
  const directory = temporaryDirectory('replica');
  const name = 'snapshot-0000000000000000.hms';
  mkdirSync(join(directory, name));
  assert.throws(() => writeSnapshot(directory, new TradingCore(NOWHERE, CAPACITY), LOG_ID), /EISDIR/);
  assert.deepEqual(readdirSync(directory), [name]);
});

test('writeSnapshot: one that does not read back as it was written gets no name', (t) => {
  const directory = temporaryDirectory('replica');
  const core = apply(new TradingCore(NOWHERE, CAPACITY), randomLog(1, 50), 1, 50);
  const whole = fs.writeSync;
  let writes = 0;
  // The planted fault: a bit of a column changes on its way to the disk.
  const faulty = (file: number, bytes: Uint8Array, ...rest: number[]): number => {
    const changed = bytes.slice();
    if (++writes === 5) changed[changed.length >> 1] ^= 1;
    return whole(file, changed, ...rest);
  };
  t.mock.method(fs, 'writeSync', faulty);
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  assert.throws(() => writeSnapshot(directory, core, LOG_ID), {
    name: 'SnapshotError',
    message: /0000000000000050\.hms\.tmp does not read back: look at the kernel log \(dmesg\) and the device/,
  });
  assert.deepEqual(readdirSync(directory), []);
});

/** An order path with a memory log, and the log's entries as a source for an archive. */
class TestNode {
  readonly board = new StatusBoard(boardMemory());
  readonly core = new TradingCore(NOWHERE, CAPACITY);
  readonly replica: Replica;
  readonly log: MemoryLog;
  readonly unavailable: string[] = [];
  turns = 0;

  constructor(attestEvery = 0) {
    this.replica = new Replica({
      core: this.core,
      nodeId: 1,
      board: this.board,
      attestEvery,
      onTurnEnd: () => this.turns++,
      onUnavailable: ({ message }) => this.unavailable.push(message),
    });
    this.log = new MemoryLog(new ManualClock(), this.replica);
    this.replica.recover(this.log);
    this.replica.begin(1);
  }

  source(): EntrySource {
    let next = 1;
    return {
      poll: (reader, durableSequence) => {
        const from = next;
        if (durableSequence < from) return 0;
        this.log.read(from, reader, durableSequence);
        next = durableSequence + 1;
        return next - from;
      },
    };
  }

  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function archiveOf(
  node: TestNode,
  directory: string,
  diverged: number[],
  snapshots: number[],
  failures: string[] = [],
  source: EntrySource = node.source(),
  sync: Partial<Pick<ArchiveOptions, 'syncSinks' | 'syncSinksAhead'>> = {},
): Archive {
  return new Archive({
    core: new TradingCore(NOWHERE, CAPACITY),
    source,
    board: node.board,
    snapshotDirectory: directory,
    logId: LOG_ID,
    snapshotEvery: 10,
    snapshotsKept: 2,
    beforeEntry: () => {},
    flushSinks: () => {},
    syncSinks: () => {},
    onDiverged: (sequence) => diverged.push(sequence),
    onSnapshot: (_path, sequence) => snapshots.push(sequence),
    onSnapshotFailed: (error) => failures.push(error.message),
    onPruneFailed: (error) => failures.push(`prune: ${error.message}`),
    ...sync,
  });
}

test('Replica: the commands of one turn are one entry, applied and published when the turn ends', async () => {
  const node = new TestNode();
  for (const command of marketSetup(2)) send(node.replica.outbox, command);
  assert.equal(node.core.sequence, 0);
  await node.turn();
  assert.deepEqual([node.core.sequence, node.board.durableSequence, node.turns], [1, 1, 1]);
  assert.equal(node.core.state.users.count, 2);
});

function replicaOf(core: TradingCore): Replica {
  const board = new StatusBoard(boardMemory());
  const options = { core, nodeId: 1, board, attestEvery: 0 };
  return new Replica({ ...options, onTurnEnd: () => {}, onUnavailable: () => {} });
}

test('Replica.recover: a log that ends before the snapshot, or begins after it, is refused', () => {
  const log = randomLog(1, 20);
  const ahead = apply(new TradingCore(NOWHERE, CAPACITY), log, 1, 20);
  const shorter = randomLog(1, 10);
  assert.throws(() => replicaOf(ahead).recover(shorter), {
    name: 'LogCorruptError',
    message: /lacks entries: it holds entries 1 to 11, the state to start from stands after 20\./,
  });
  log.truncate(6);
  assert.throws(() => replicaOf(new TradingCore(NOWHERE, CAPACITY)).recover(log), {
    name: 'LogCorruptError',
    message: /it holds entries 6 to 21, the state to start from stands after 0\./,
  });
});

test('Replica.begin: a start that the log has seen already is a mistake', () => {
  const log = randomLog(1, 5);
  const replica = replicaOf(new TradingCore(NOWHERE, CAPACITY));
  assert.throws(() => replica.begin(1), /Condition: a replica begins after it has recovered/);
  replica.recover(log);
  assert.equal(replica.lastEpoch, 1);
  assert.throws(() => replica.begin(1), /Condition: each start of a node has a later epoch/);
  replica.begin(2);
});

const SWITCH = { type: 'SetCoreVersion', version: CORE_VERSION_MAX + 1 } as const;

test('Replica: an entry that switches to a core version that the build lacks ends the order path', async () => {
  const node = new TestNode();
  for (const command of marketSetup(2)) send(node.replica.outbox, command);
  await node.turn();
  const { stateHash } = node.core;
  send(node.replica.outbox, { type: 'AddAccount', accountId: 9 });
  send(node.replica.outbox, SWITCH);
  await node.turn();
  assert.deepEqual(node.replica.failure, new CoreVersionError(SWITCH.version, 2));
  assert.deepEqual(node.unavailable, [node.replica.failure?.message]);
  assert.equal(node.replica.outbox.reserve(2), -1);
  node.replica.tick();
  node.replica.stop();
  assert.deepEqual([node.log.lastSequence, node.board.durableSequence, node.turns], [2, 1, 1]);
  assert.equal(node.core.stateHash, stateHash, 'nothing of the entry was told to anyone');
});

test('Replica.recover: a log that switches to a core version that the build lacks is refused', async () => {
  const log = randomLog(1, 5);
  const outbox = new Outbox(1, 2, () => {});
  send(outbox, SWITCH);
  outbox.drain(log);
  log.commit();
  for (let start = 0; start < 2; start++) {
    const core = new TradingCore(NOWHERE, CAPACITY);
    assert.throws(() => replicaOf(core).recover(log), new CoreVersionError(SWITCH.version, 7));
  }
});

test('Replica: attests its state hash every so many entries', async () => {
  const node = new TestNode(3);
  for (let turn = 0; turn < 8; turn++) {
    node.replica.tick();
    await node.turn();
  }
  const attests: string[] = [];
  const core = new TradingCore(
    {
      onEvents: (words, from, to) => {
        for (let at = from; at < to; at += words.i32[at] >>> 16)
          if ((words.i32[at] & 255) === 43) attests.push('attest');
      },
    },
    CAPACITY,
  );
  apply(core, node.log, 1, node.log.lastSequence);
  assert.equal(core.stateHash, node.core.stateHash);
  assert.ok(attests.length >= 2, `${attests.length} attestations in ${node.log.lastSequence} entries`);
});

test('Replica.truncate: the log forgets; one that fails at it ends the order path as a failed commit does', () => {
  const failures: string[] = [];
  const core = new TradingCore(NOWHERE, CAPACITY);
  const replica = new Replica({
    core,
    nodeId: 1,
    board: new StatusBoard(boardMemory()),
    attestEvery: 0,
    onTurnEnd: () => {},
    onUnavailable: ({ message }) => failures.push(message),
  });
  const log = randomLog(1, 20);
  replica.recover(log);
  replica.begin(2);
  replica.truncate(6);
  assert.deepEqual([log.firstSequence, failures], [6, []]);
  log.truncate = () => {
    throw new LogUnavailableError('IO_ERROR', 'the storage failed');
  };
  replica.truncate(7);
  replica.truncate(8);
  assert.deepEqual([failures, replica.failure?.code], [['the storage failed'], 'IO_ERROR']);
  assert.equal(replica.outbox.reserve(2), -1);
});

test('TradingCore: an entry that comes again is ignored', () => {
  const log = new MemoryLog(new ManualClock(), new RecordingReader());
  const outbox = new Outbox(1, 1, () => {});
  for (const command of marketSetup(2)) send(outbox, command);
  outbox.drain(log);
  log.commit();
  const core = apply(new TradingCore(NOWHERE, CAPACITY), log, 1, 1);
  const before = core.stateHash;
  log.read(1, {
    deliver: (_, seconds, nanos, words, from, to) => core.applyEntry(2, seconds, nanos, words, from, to),
  });
  assert.deepEqual([core.stateHash, core.sequence, core.state.users.count], [before, 2, 2]);
});

test('Archive: follows the order path, snapshots when due, keeps the newest', async (t) => {
  const directory = temporaryDirectory('replica');
  const node = new TestNode();
  const diverged: number[] = [];
  const snapshots: number[] = [];
  const archive = archiveOf(node, directory, diverged, snapshots);
  const flow = new RandomFlow(seedOf(t), USERS);
  for (const command of marketSetup(USERS)) send(node.replica.outbox, command);
  for (let turn = 0; turn < 45; turn++) {
    await node.turn();
    archive.step();
    send(node.replica.outbox, flow.next());
  }
  assert.deepEqual([diverged, snapshots], [[], [10, 20, 30, 40]]);
  assert.deepEqual(
    listSnapshots(directory).map(({ sequence }) => sequence),
    [40, 30],
  );
  assert.equal(node.board.snapshotSequence, 40);
});

test('Archive: later snapshots, which this node passed over at its start, take no place of one that it writes', async () => {
  const directory = temporaryDirectory('replica');
  for (const sequence of [100, 200])
    writeFileSync(join(directory, `snapshot-${String(sequence).padStart(16, '0')}.hms`), 'damaged');
  const node = new TestNode();
  const snapshots: number[] = [];
  const archive = archiveOf(node, directory, [], snapshots);
  for (let turn = 0; turn < 35; turn++) {
    node.replica.tick();
    await node.turn();
    archive.step();
  }
  assert.deepEqual(snapshots, [10, 20, 30]);
  assert.deepEqual(
    listSnapshots(directory).map(({ sequence }) => sequence),
    [200, 100, 30, 20],
  );
});

test('Archive: a snapshot is good though older ones cannot be removed', async () => {
  const directory = temporaryDirectory('replica');
  // What rm refuses, whoever runs this.
  mkdirSync(join(directory, 'snapshot-0000000000000001.hms'));
  const node = new TestNode();
  const [snapshots, failures]: [number[], string[]] = [[], []];
  const archive = archiveOf(node, directory, [], snapshots, failures);
  for (let turn = 0; turn < 25; turn++) {
    node.replica.tick();
    await node.turn();
    archive.step();
  }
  assert.deepEqual(snapshots, [10, 20]);
  assert.equal(node.board.snapshotSequence, 20);
  assert.equal(failures.length, 1);
  assert.match(failures[0], /^prune: .*snapshot-0000000000000001\.hms/);
});

test('Archive: while its sinks are synced ahead for a snapshot it applies nothing', async () => {
  const node = new TestNode();
  const snapshots: number[] = [];
  const steps: string[] = [];
  const ahead = Promise.withResolvers<void>();
  const archive = archiveOf(node, temporaryDirectory('replica'), [], snapshots, [], node.source(), {
    syncSinks: () => steps.push(`synced after ${node.board.archivedSequence}, snapshots ${snapshots.length}`),
    syncSinksAhead: () => {
      steps.push('ahead');
      return ahead.promise;
    },
  });
  for (let turn = 0; turn < 15; turn++) {
    node.replica.tick();
    await node.turn();
    archive.step();
  }
  assert.deepEqual([node.board.durableSequence, node.board.archivedSequence], [15, 10]);
  assert.deepEqual([archive.isSyncing, snapshots, steps], [true, [], ['ahead']]);
  ahead.resolve();
  await node.turn();
  assert.deepEqual([archive.isSyncing, snapshots], [false, [10]]);
  assert.deepEqual(steps, ['ahead', 'synced after 10, snapshots 0']);
  archive.step();
  assert.equal(node.board.archivedSequence, 15);
});

test('Archive: a step says whether it left something of what was durable when it began', async () => {
  const node = new TestNode();
  const whole = node.source();
  let entries = 0;
  // Gives one entry a step, as if each were a megabyte; after the second step's, another becomes durable.
  const source: EntrySource = {
    poll: (reader, durableSequence, bytesMax) => {
      const taken = whole.poll(reader, Math.min(durableSequence, ++entries), bytesMax);
      if (entries === 2) node.board.durableSequence = 3;
      return taken;
    },
  };
  const archive = archiveOf(node, temporaryDirectory('replica'), [], [], [], source);
  assert.equal(archive.step(), false, 'nothing is durable yet');
  for (let turn = 0; turn < 3; turn++) {
    node.replica.tick();
    await node.turn();
  }
  entries = 0;
  node.board.durableSequence = 2;
  const steps = [archive.step(), archive.step(), archive.step()];
  assert.deepEqual([steps, node.board.archivedSequence], [[true, false, false], 3]);
});

test('Archive: a hash that differs from the order path is reported once and ends the snapshots', async () => {
  const directory = temporaryDirectory('replica');
  const node = new TestNode();
  const diverged: number[] = [];
  const snapshots: number[] = [];
  const archive = archiveOf(node, directory, diverged, snapshots);
  for (let turn = 0; turn < 30; turn++) {
    node.replica.tick();
    await node.turn();
    // The planted bug: the order path's state after entry 5 is not what the log says.
    if (node.core.sequence === 5) node.board.publish(5, 1, 2);
    archive.step();
  }
  assert.deepEqual([diverged, snapshots, node.board.divergedSequence], [[5], [], 5]);
});

/** An order path that is at entry 5,000, and an archive that applies at most 99 entries a step. */
async function farBehind(publish: (node: TestNode) => void): Promise<[number[], number[]]> {
  const node = new TestNode();
  for (let turn = 0; turn < 5_000; turn++) {
    node.replica.tick();
    await node.turn();
    publish(node);
  }
  const whole = node.source();
  let next = 1;
  const source: EntrySource = {
    poll: (reader, durableSequence, bytesMax) => {
      const taken = whole.poll(reader, Math.min(durableSequence, next + 98), bytesMax);
      next += taken;
      return taken;
    },
  };
  const diverged: number[] = [];
  const snapshots: number[] = [];
  const archive = archiveOf(node, temporaryDirectory('replica'), diverged, snapshots, [], source);
  while (archive.step());
  return [diverged, snapshots];
}

test('Archive: behind more hashes than the board has of all entries, it writes snapshots of compared states only', async () => {
  const [diverged, snapshots] = await farBehind(() => {});
  assert.deepEqual(diverged, []);
  // The board has the hashes of 905 on, and before them of each 256th.
  assert.deepEqual(snapshots.slice(0, 6), [256, 512, 768, 966, 1_065, 1_164]);
});

test('Archive: behind more hashes than the board has, it writes no snapshot of a state that differs', async () => {
  // The planted bug: from entry 5 on the order path has another state than the log says.
  const [diverged, snapshots] = await farBehind(({ board, core: { sequence } }) => {
    if (sequence >= 5) board.publish(sequence, 1, 2);
  });
  assert.deepEqual([diverged, snapshots], [[256], []]);
});

test('Archive: an entry that switches to a core version that the build lacks ends it, and the snapshots', async () => {
  const directory = temporaryDirectory('replica');
  const node = new TestNode();
  const snapshots: number[] = [];
  const archive = archiveOf(node, directory, [], snapshots);
  for (let turn = 0; turn < 12; turn++) {
    node.replica.tick();
    await node.turn();
  }
  archive.step();
  send(node.replica.outbox, { type: 'AddAccount', accountId: 9 });
  send(node.replica.outbox, SWITCH);
  await node.turn();
  assert.equal(archive.step(), false, 'what the order path could not apply is not for the archive');
  // As if the order path had applied it.
  node.board.durableSequence = 13;
  assert.throws(() => archive.step(), new CoreVersionError(SWITCH.version, 13));
  archive.snapshot();
  assert.deepEqual([snapshots, node.board.archivedSequence], [[12], 12]);
});

test('Archive: a snapshot that cannot be written is reported, and the archive goes on', async () => {
  const directory = join(temporaryDirectory('replica'), 'file');
  writeFileSync(directory, 'in the way');
  const node = new TestNode();
  const failures: string[] = [];
  const snapshots: number[] = [];
  const archive = archiveOf(node, directory, [], snapshots, failures);
  for (let turn = 0; turn < 25; turn++) {
    node.replica.tick();
    await node.turn();
    archive.step();
  }
  assert.deepEqual([snapshots, failures.length, node.board.archivedSequence], [[], 2, 25]);
  assert.match(failures[0], /EEXIST|ENOTDIR/);
});
