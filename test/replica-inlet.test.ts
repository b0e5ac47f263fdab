import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import { AccountAdded, EventType } from '#domain/events.ts';
import { LogUnavailableError } from '#domain/ports.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { CommandInlet } from '#replica/command-inlet.ts';
import { Replica } from '#replica/replica.ts';
import { commandRingMemory, RingCommandSink } from '#replica/ring-command-sink.ts';
import { SpscRingReader, SpscRingWriter } from '#replica/rings/spsc-ring.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { send } from './support/random-flow.ts';

const CAPACITY = {
  ordersMax: 100,
  instrumentsMax: 8,
  accountsMax: 16,
  usersMax: 16,
  assetsMax: 8,
  nodesMax: 4,
};

/** An order path on a memory log, and the edge's end of its command ring. */
class EdgedNode {
  readonly memory = commandRingMemory();
  readonly edge = new RingCommandSink(this.memory, () => {});
  readonly log: MemoryLog;
  readonly replica: Replica;
  /** `sequence:accountId` of each account that was added. */
  readonly accounts: string[] = [];
  broken = 0;
  turns = 0;

  constructor() {
    const core = new TradingCore(
      {
        onEvents: ({ i32, f64 }, from, to) => {
          for (let at = from; at < to; at += i32[at] >>> 16) {
            if ((i32[at] & 255) === EventType.AccountAdded)
              this.accounts.push(`${f64[(at + 2) >> 1]}:${i32[at + AccountAdded.at.accountId]}`);
          }
        },
      },
      CAPACITY,
    );
    this.replica = new Replica({
      core,
      nodeId: 1,
      board: new StatusBoard(boardMemory()),
      attestEvery: 0,
      inlet: new CommandInlet(new SpscRingReader(this.memory), () => this.broken++),
      onTurnEnd: () => this.turns++,
      onUnavailable: () => {},
    });
    this.log = new MemoryLog(new ManualClock(), this.replica);
    this.replica.recover(this.log);
    this.replica.begin(1);
  }

  add(door: 'edge' | 'ouch', accountId: number): boolean {
    return send(door === 'edge' ? this.edge : this.replica.outbox, { type: 'AddAccount', accountId });
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('Replica: commands of the inlet wake the order path, and are one turn and one entry', async () => {
  const node = new EdgedNode();
  for (let round = 1; round <= 3; round++) {
    node.add('edge', 2 * round);
    node.add('edge', 2 * round + 1);
    while (node.accounts.length < 2 * round) await nextTurn();
  }
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  assert.deepEqual(node.accounts, ['1:2', '1:3', '2:4', '2:5', '3:6', '3:7']);
  assert.deepEqual([node.turns, node.edge.isAwaitingAnswers], [3, false]);
});

test('Replica: what the inlet has when a turn ends shares its entry, behind what the other doors brought', async () => {
  const node = new EdgedNode();
  node.add('edge', 1);
  node.edge.flush();
  node.add('ouch', 2);
  node.add('ouch', 3);
  while (node.turns === 0) await nextTurn();
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  assert.deepEqual([node.accounts, node.turns], [['1:2', '1:3', '1:1'], 1]);
});

test('Replica: a turn without commands of the inlet is as one without an inlet', async () => {
  const node = new EdgedNode();
  node.add('ouch', 1);
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  assert.deepEqual([node.accounts, node.turns, node.log.lastSequence], [['1:1'], 1, 1]);
});

test('Replica: a broken record of the inlet costs the order path nothing', async () => {
  const node = new EdgedNode();
  new SpscRingWriter(node.memory).write(Int32Array.of(-1, -1), 0, 2);
  node.add('ouch', 1);
  while (node.turns === 0) await nextTurn();
  assert.deepEqual([node.accounts, node.broken], [['1:1'], 1]);
});

test('Replica.stop: puts what the inlet has into the log; then the edge is refused', async () => {
  const node = new EdgedNode();
  node.add('edge', 1);
  node.edge.flush();
  node.replica.stop();
  assert.deepEqual([node.accounts, node.add('edge', 2)], [['1:1'], false]);
  await nextTurn();
  assert.equal(node.turns, 1);
});

test('Replica.begin: after a stop, commands of the edge are taken again, as those of a later start', async () => {
  const node = new EdgedNode();
  await node.replica.stop();
  assert.equal(node.add('edge', 1), false);
  node.replica.begin(2);
  assert.equal(node.add('edge', 2), true);
  node.edge.flush();
  while (node.turns === 0) await nextTurn();
  assert.deepEqual([node.accounts, node.replica.lastEpoch], [['1:2'], 2]);
});

test('Replica: when the log takes nothing more, the edge is refused and nothing of it counts as answered', async () => {
  const node = new EdgedNode();
  node.log.commit = () => {
    throw new LogUnavailableError('DISK_FULL', 'the disk is full');
  };
  node.add('edge', 1);
  while (node.replica.failure === undefined) await nextTurn();
  assert.deepEqual(
    [node.accounts, node.add('edge', 2), node.edge.isAwaitingAnswers, node.edge.refused],
    [[], false, true, 1],
  );
});
