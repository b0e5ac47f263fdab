import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { send } from '../../test/support/random-flow.ts';
import { Replica } from './replica.ts';
import { STAGES, StageTimes, stageMemory, stageWindow } from './stage-times.ts';
import { boardMemory, StatusBoard } from './status-board.ts';

const CAPACITY = { ordersMax: 1_024, instrumentsMax: 4, accountsMax: 4, usersMax: 4 };

test('StageTimes: what each stage took, by commands', async () => {
  const memory = stageMemory();
  const windows = STAGES.map((stage) => stageWindow(memory, stage));
  // Received, appended, durable, answered; each turn reads the clock that often.
  const clock = [1, 3, 10, 11, 21, 22, 23, 27];
  const replica: Replica = new Replica({
    core: new TradingCore({ onEvents: () => {} }, CAPACITY),
    nodeId: 1,
    board: new StatusBoard(boardMemory()),
    attestEvery: 0,
    times: new StageTimes(memory, () => clock.shift() as number),
    onTurnEnd: () => {},
    onUnavailable: (error) => {
      throw error;
    },
  });
  replica.recover(new MemoryLog(new ManualClock(1_000), replica));
  replica.begin(1);
  const take = () => windows.map((window) => window.take());
  for (let accountId = 1; accountId <= 3; accountId++)
    send(replica.outbox, { type: 'AddAccount', accountId });
  await new Promise(setImmediate);
  const first = take();
  assert.deepEqual(
    first.map(({ count }) => count),
    [3, 3, 3, 3],
  );
  const ms = (figures: typeof first) => figures.map(({ p50Us }) => Math.floor(p50Us / 1_000));
  assert.deepEqual(ms(first), [2, 7, 1, 10]);
  replica.tick();
  await new Promise(setImmediate);
  assert.deepEqual(ms(take()), [1, 1, 4, 6]);
  assert.deepEqual(clock, []);
});
