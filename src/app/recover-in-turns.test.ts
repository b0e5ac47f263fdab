import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import { Tick } from '#domain/commands.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { Outbox } from '#replica/outbox.ts';
import { Replica } from '#replica/replica.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { FIRST_TURN_ENTRIES, recoverInTurns } from './recover-in-turns.ts';

/** A log of that many ticks. */
function logOf(entries: number): MemoryLog {
  const log = new MemoryLog(new ManualClock(1_000), followerOf());
  const outbox = new Outbox(1, 1, () => {});
  for (let entry = 0; entry < entries; entry++) {
    outbox.words.i32[outbox.reserve(Tick.words)] = Tick.type | (Tick.words << 16);
    outbox.drain(log);
  }
  log.commit();
  return log;
}

function recovering(log: MemoryLog): { core: TradingCore; board: StatusBoard; recovered: Promise<void> } {
  const core = new TradingCore({ onEvents: () => {} });
  const board = new StatusBoard(boardMemory());
  const options = { core, nodeId: 1, board, attestEvery: 0 };
  const replica = new Replica({ ...options, onTurnEnd: () => {}, onUnavailable: () => {} });
  return { core, board, recovered: recoverInTurns(replica, core, log) };
}

test('recoverInTurns: the event loop has its turns meanwhile, and everything is applied', async () => {
  const entries = FIRST_TURN_ENTRIES + 1;
  const { core, board, recovered } = recovering(logOf(entries));
  assert.equal(core.sequence, FIRST_TURN_ENTRIES);
  await recovered;
  assert.deepEqual([core.sequence, board.durableSequence], [entries, entries]);
});

test('recoverInTurns: a log of one turn, or of none, takes no second one', async () => {
  for (const entries of [0, FIRST_TURN_ENTRIES]) {
    const { core, recovered } = recovering(logOf(entries));
    assert.equal(core.sequence, entries);
    await recovered;
  }
});
