import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEntry } from '#codec/log/entries.ts';
import { TradingCore } from '#core/trading-core.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { Peers, SILENT_SECONDS } from '#replica/peers.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { marketSetup, send } from '../../../test/support/random-flow.ts';
import { EventFan } from '../event-fan.ts';
import { ClusterDuties } from './duties.ts';

const CAPACITY = {
  ordersMax: 100,
  instrumentsMax: 8,
  accountsMax: 16,
  usersMax: 16,
  assetsMax: 8,
  nodesMax: 8,
};
const QUIET = { info: () => {}, warn: () => {} };

/** Node 1 of a cluster, whose log is filled by outboxes of nodes. */
class Venue {
  readonly clock = new ManualClock(1_000, 0);
  readonly errors: object[] = [];
  readonly commands: string[] = [];
  readonly core: TradingCore;
  readonly peers: Peers;
  readonly duties: ClusterDuties;
  readonly log: MemoryLog;

  constructor() {
    const fan = new EventFan();
    const board = new StatusBoard(boardMemory());
    const peers = new Peers(1, board);
    this.peers = peers;
    this.core = new TradingCore(fan, CAPACITY);
    this.duties = new ClusterDuties(peers, this.core, {
      ...QUIET,
      error: (fields) => this.errors.push(fields),
    });
    fan.add(this.duties);
    this.log = new MemoryLog(
      this.clock,
      followerOf((...entry) => {
        const [sequence, seconds, , words, from, to] = entry;
        const { nodeId, epoch, commands } = readEntry(words, from, to);
        for (const command of commands) {
          if (command.type === 'CloseSession')
            this.commands.push(`close ${command.nodeId}/${command.sessionId}`);
        }
        peers.onEntry(nodeId, epoch, seconds);
        this.core.applyEntry(...entry);
        board.publish(sequence, this.core.state.hashHigh, this.core.state.hashLow);
      }),
    );
  }

  append(outbox: Outbox): void {
    outbox.drain(this.log);
    this.log.commit();
  }
}

test('duties: the first of the living ends the sessions of the silent, once, and nobody else does', () => {
  const venue = new Venue();
  const outboxes = [1, 2, 3].map((nodeId) => new Outbox(nodeId, 1, () => {}));
  for (const command of marketSetup(2)) send(outboxes[0], command);
  venue.append(outboxes[0]);
  for (const [i, outbox] of outboxes.entries()) {
    send(outbox, { type: 'OpenSession', userId: 1, sessionId: 10 + i, nodeId: i + 1, cancelOnDisconnect: 1 });
    venue.append(outbox);
  }
  const tick = (...nodes: number[]): void => {
    for (const i of nodes) {
      send(outboxes[i], { type: 'Tick' });
      venue.append(outboxes[i]);
    }
  };
  const pass = (): void => {
    tick(0, 1);
    venue.peers.onSecond();
  };
  for (let second = 0; second < SILENT_SECONDS; second++) pass();
  venue.duties.sweep(outboxes[0]);
  venue.append(outboxes[0]);
  assert.deepEqual(venue.commands, [], 'node 3 was heard ten seconds ago');
  pass();
  venue.duties.sweep(outboxes[0]);
  venue.append(outboxes[0]);
  venue.duties.sweep(outboxes[0]);
  venue.append(outboxes[0]);
  assert.deepEqual(venue.commands, ['close 3/12']);
  assert.equal(venue.core.state.sessions.count, 2);
});

test('duties: a node that is not the first of the living leaves it to that one', () => {
  const venue = new Venue();
  const [zero, own, third] = [0, 1, 3].map((nodeId) => new Outbox(nodeId, 1, () => {}));
  for (const command of marketSetup(2)) send(own, command);
  send(own, { type: 'OpenSession', userId: 1, sessionId: 5, nodeId: 3, cancelOnDisconnect: 0 });
  venue.append(own);
  for (let second = 0; second < 2 * SILENT_SECONDS; second++) {
    for (const outbox of [zero, own]) {
      send(outbox, { type: 'Tick' });
      venue.append(outbox);
    }
    venue.peers.onSecond();
  }
  venue.duties.sweep(own);
  venue.append(own);
  assert.deepEqual([venue.commands, third.isEmpty], [[], true]);
});

test('duties: another state of a node is logged once, and again after it agreed', () => {
  const venue = new Venue();
  const outbox = new Outbox(2, 1, () => {});
  const attest = (difference: number): void => {
    const { sequence, hashHigh, hashLow } = venue.core.state;
    send(outbox, {
      type: 'Attest',
      nodeId: 2,
      attestedSequence: sequence,
      stateHashHigh: hashHigh >>> 0,
      stateHashLow: (hashLow ^ difference) >>> 0,
    });
    venue.append(outbox);
  };
  send(outbox, { type: 'Tick' });
  venue.append(outbox);
  for (const difference of [0, 1, 1, 0, 1]) attest(difference);
  assert.deepEqual(venue.errors, [
    { otherNode: 2, sequence: 2 },
    { otherNode: 2, sequence: 5 },
  ]);
});
