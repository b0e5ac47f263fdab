import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import { AccountAdded, EventType } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import type { Log, LogFollower } from '#domain/ports.ts';
import { LogUnavailableError } from '#domain/ports.ts';
import { seededRandom } from '#lib/seeded-random.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { Outbox } from '#replica/outbox.ts';
import { Replica } from '#replica/replica.ts';
import { STAGES, StageTimes, stageMemory, stageWindow } from '#replica/stage-times.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { send } from './support/random-flow.ts';

const CAPACITY = {
  ordersMax: 100,
  instrumentsMax: 8,
  accountsMax: 2_000,
  usersMax: 16,
  assetsMax: 8,
  nodesMax: 4,
};

/** A replicated log whose network is the test: what was committed lies in `sent` until the test delivers or loses it. */
class ScriptedLog implements Log {
  readonly isEmbedded = false;
  readonly firstSequence = 1;
  lastSequence = 0;
  follower: LogFollower | undefined;
  readonly sent: WordBuffer[] = [];
  failure: LogUnavailableError | undefined;
  readonly #appended: WordBuffer[] = [];

  append(words: WordBuffer, from: number, to: number): void {
    if (this.failure !== undefined) throw this.failure;
    const copy = WordBuffer.allocate(to - from);
    copy.i32.set(words.i32.subarray(from, to));
    this.#appended.push(copy);
  }

  commit(): void {
    if (this.failure !== undefined) throw this.failure;
    this.sent.push(...this.#appended.splice(0));
  }

  /** Puts entries into the log, in this order, and delivers them together. */
  deliver(...entries: WordBuffer[]): void {
    for (const words of entries) {
      const sequence = ++this.lastSequence;
      this.follower?.deliver(sequence, 1_000 + sequence, 0, words, 0, words.words);
    }
    this.follower?.onDelivered();
  }

  /** Delivers all that was sent, until nothing more is sent. */
  async settle(): Promise<void> {
    for (;;) {
      await nextTurn();
      if (this.sent.length === 0) return;
      this.deliver(...this.sent.splice(0));
    }
  }

  read(): void {}
  truncate(): void {}
  close(): void {}
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An order path on a scripted log, and the accounts that its core was told to add, in order. */
class ReplicatedNode {
  readonly log = new ScriptedLog();
  readonly replica: Replica;
  readonly accounts: number[] = [];
  readonly failures: string[] = [];
  /** What the stages read as time. */
  nowMs = 0;
  readonly stages = stageMemory();
  readonly origin = { isForeign: false };
  /** Of each account, whether another node added it. */
  readonly foreign: boolean[] = [];
  turns = 0;

  constructor() {
    const core = new TradingCore(
      {
        onEvents: ({ i32 }, from, to) => {
          for (let at = from; at < to; at += i32[at] >>> 16) {
            if ((i32[at] & 255) !== EventType.AccountAdded) continue;
            this.accounts.push(i32[at + AccountAdded.at.accountId]);
            this.foreign.push(this.origin.isForeign);
          }
        },
      },
      CAPACITY,
    );
    this.replica = new Replica({
      core,
      nodeId: 1,
      board: new StatusBoard(boardMemory()),
      origin: this.origin,
      attestEvery: 0,
      times: new StageTimes(this.stages, () => this.nowMs),
      onTurnEnd: () => this.turns++,
      onUnavailable: ({ message }) => this.failures.push(message),
    });
    this.log.follower = this.replica;
    this.replica.recover(this.log);
    this.replica.begin(1);
  }

  /** One entry for each account. */
  async add(...accountIds: number[]): Promise<void> {
    for (const accountId of accountIds) {
      send(this.replica.outbox, { type: 'AddAccount', accountId });
      await nextTurn();
    }
  }
}

test('replicated: nothing is applied or answered before the log delivers', async () => {
  const node = new ReplicatedNode();
  await node.add(1, 2);
  assert.deepEqual([node.accounts, node.turns, node.log.sent.length], [[], 0, 2]);
  node.log.deliver(...node.log.sent.splice(0));
  assert.deepEqual([node.accounts, node.turns], [[1, 2], 1]);
});

test('replicated: each entry is timed from its own turn on, also when it had to be appended again', async () => {
  const node = new ReplicatedNode();
  const windows = STAGES.map((stage) => stageWindow(node.stages, stage));
  node.nowMs = 10;
  await node.add(1);
  node.nowMs = 20;
  await node.add(2);
  const [first, second] = node.log.sent.splice(0);
  node.nowMs = 40;
  node.log.deliver(second);
  assert.deepEqual(
    windows.map((window) => window.take().count),
    [0, 0, 0, 0],
  );
  node.log.sent.splice(0);
  node.nowMs = 110;
  node.log.deliver(first, second);
  const took = windows.map((window) => {
    const { count, p50Us, maxUs } = window.take();
    return [count, Math.round(p50Us / 10_000) * 10, Math.round(maxUs / 10_000) * 10];
  });
  assert.deepEqual(took, [
    [2, 0, 0],
    [2, 90, 100],
    [2, 0, 0],
    [2, 90, 100],
  ]);
  node.log.deliver(...node.log.sent.splice(0));
});

test('replicated: a lost entry and those behind it are appended again, and each counts once', async () => {
  const node = new ReplicatedNode();
  await node.add(1, 2, 3);
  const [, second, third] = node.log.sent.splice(0);
  node.log.deliver(second);
  assert.deepEqual(node.accounts, []);
  assert.equal(node.log.sent.length, 3, 'all three again');
  node.log.deliver(third);
  assert.equal(node.log.sent.length, 3, 'not once more for the next one that is ahead');
  await node.log.settle();
  assert.deepEqual(node.accounts, [1, 2, 3]);
});

test('replicated: what comes again after a doubt although it was there counts once', async () => {
  const node = new ReplicatedNode();
  await node.add(1, 2);
  const first = node.log.sent.splice(0);
  node.replica.onDoubt();
  const again = node.log.sent.splice(0);
  assert.deepEqual(
    again.map((words) => [...words.i32]),
    first.map((words) => [...words.i32]),
    'the same bytes',
  );
  node.log.deliver(...first);
  node.log.deliver(...again);
  await node.add(3);
  await node.log.settle();
  assert.deepEqual([node.accounts, node.log.lastSequence], [[1, 2, 3], 5]);
});

test('replicated: a bounded number is on its way; the commands behind it become one entry', async () => {
  const node = new ReplicatedNode();
  const count = Limits.ENTRIES_IN_FLIGHT_MAX;
  await node.add(...Array.from({ length: count + 50 }, (_, i) => i + 1));
  assert.equal(node.log.sent.length, count);
  node.log.deliver(...node.log.sent.splice(0, 1));
  await nextTurn();
  assert.equal(node.log.sent.length, count, 'one more');
  await node.log.settle();
  assert.equal(node.log.lastSequence, count + 1);
  assert.deepEqual(
    node.accounts,
    Array.from({ length: count + 50 }, (_, i) => i + 1),
  );
});

test('replicated: whatever is lost, late or repeated, each command counts once, in the order of its node', async (t) => {
  const seed = Number(process.env['HIVE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`seed ${seed}: repeat with HIVE_SEED=${seed}`);
  const random = seededRandom(seed);
  const node = new ReplicatedNode();
  const late: WordBuffer[] = [];
  let accountId = 0;
  for (let round = 0; round < 1_000; round++) {
    if (accountId < 1_000 && random() < 0.7) await node.add(++accountId);
    const batch: WordBuffer[] = [];
    for (const words of node.log.sent.splice(0, Math.floor(random() * 5))) {
      const fate = random();
      if (fate < 0.1) continue;
      if (fate < 0.2) late.push(words);
      else batch.push(words);
      if (fate > 0.9) batch.push(words);
    }
    if (random() < 0.3) batch.push(...late.splice(0, 1));
    if (batch.length > 0) node.log.deliver(...batch);
    if (random() < 0.05) node.replica.onDoubt();
  }
  node.replica.onDoubt();
  await node.log.settle();
  assert.deepEqual(
    node.accounts,
    Array.from({ length: accountId }, (_, i) => i + 1),
  );
});

test('replicated: a process that appends as the same node later ends this one', async () => {
  const node = new ReplicatedNode();
  await node.add(1);
  const outbox = new Outbox(1, 2, () => {});
  send(outbox, { type: 'AddAccount', accountId: 7 });
  const other = new ScriptedLog();
  outbox.drain(other);
  other.commit();
  node.log.deliver(...other.sent);
  const message =
    'another process appends as node 1 (start 2; this is start 1): give each node a number of its own';
  assert.deepEqual([node.failures, node.accounts], [[message], [7]]);
  assert.equal(node.replica.outbox.reserve(2), -1);
});

for (const [what, own] of [
  ['for an entry of the same number', [1]],
  ['while nothing of this one is on its way', []],
] as const) {
  test(`replicated: a process that began as the same node at the same moment ends this one ${what}`, async () => {
    const node = new ReplicatedNode();
    await node.add(...own);
    const twin = new ReplicatedNode();
    await twin.add(7);
    const [sent] = twin.log.sent;
    node.log.deliver(sent);
    twin.log.deliver(sent);
    const message =
      'another process appends as node 1 (start 1; this is start 1): give each node a number of its own';
    assert.deepEqual([node.failures, node.accounts], [[message], [7]]);
    assert.equal(node.replica.outbox.reserve(2), -1);
    assert.deepEqual([twin.failures, twin.accounts], [[], [7]], 'the other one goes on');
  });
}

test('replicated: a stop waits until all is confirmed', async () => {
  const node = new ReplicatedNode();
  await node.add(1);
  let hasStopped = false;
  const stopped = node.replica.stop().then(() => {
    hasStopped = true;
  });
  await nextTurn();
  assert.equal(hasStopped, false);
  node.log.deliver(...node.log.sent.splice(0));
  await stopped;
  assert.deepEqual([node.accounts, node.replica.outbox.reserve(2)], [[1], -1]);
});

test('replicated: who retires waits for the log for as long as it takes, and may begin anew', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const node = new ReplicatedNode();
  await node.add(1);
  let hasRetired = false;
  const retired = node.replica.retire().then(() => {
    hasRetired = true;
  });
  t.mock.timers.tick(3_600_000);
  await nextTurn();
  assert.equal(hasRetired, false);
  await node.log.settle();
  await retired;
  assert.equal(node.replica.outbox.reserve(2), -1);
  node.replica.begin(2);
  await node.add(2);
  await node.log.settle();
  assert.deepEqual([node.accounts, node.failures], [[1, 2], []]);
});

test('replicated: who retires is told when the log ends', async () => {
  const node = new ReplicatedNode();
  await node.add(1);
  const retired = node.replica.retire();
  node.replica.onFailure(new LogUnavailableError('IO_ERROR', 'gone'));
  await retired;
  assert.deepEqual(node.failures, ['gone']);
});

test('replicated: a log that ends between two calls ends the order path', async () => {
  const node = new ReplicatedNode();
  node.replica.onFailure(new LogUnavailableError('DISK_FULL', 'the stream is full'));
  assert.deepEqual([node.failures, node.replica.failure?.code], [['the stream is full'], 'DISK_FULL']);
  assert.throws(() => node.replica.onFailure(new Error('a bug')), /a bug/);
});

test('replicated: it is told which entries are of other nodes', async () => {
  const node = new ReplicatedNode();
  const other = new ScriptedLog();
  const outbox = new Outbox(2, 1, () => {});
  send(outbox, { type: 'AddAccount', accountId: 7 });
  outbox.drain(other);
  other.commit();
  await node.add(1);
  node.log.deliver(...other.sent, ...node.log.sent.splice(0));
  assert.deepEqual([node.accounts, node.foreign, node.origin.isForeign], [[7, 1], [true, false], false]);
});

test('replicated: a start is sealed when its first entry has come back', async () => {
  const node = new ReplicatedNode();
  let isSealed = false;
  const sealed = node.replica.seal().then(() => {
    isSealed = true;
  });
  await nextTurn();
  assert.deepEqual([isSealed, node.log.sent.length], [false, 1], 'a tick is on its way');
  node.log.deliver(...node.log.sent.splice(0));
  await sealed;
  assert.equal(isSealed, true);
  await node.replica.seal();
  await nextTurn();
  assert.equal(node.log.sent.length, 0, 'sealed once');
});

test('replicated: a start that the log ends before it is sealed says so', async () => {
  const node = new ReplicatedNode();
  const sealed = node.replica.seal();
  node.replica.onFailure(new LogUnavailableError('DISK_FULL', 'the stream is full'));
  await assert.rejects(sealed, { code: 'DISK_FULL' });
});
