import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Side } from '#domain/commands.ts';
import { PROFIT_STEP_SECONDS, Profit } from '#projections/metrics/profit.ts';
import { openInputs } from '#replay/input/byte-source.ts';
import { findLobsterDay, readLobster } from '#replay/lobster/lobster-reader.ts';
import { LobsterType } from '#replay/lobster/lobster-record.ts';
import { missing, RECORDED_DATA } from './replay-support.ts';

const RECORDED = 'LOBSTER_SampleFile_GOOG_2012-06-21_10.zip';
/** From which on the alert on the score fires. */
const THRESHOLD = 20;
const TERMS = { instrumentId: 1, quoteAssetId: 1, valueNumerator: 1, valueDenominator: 1 };
const HOLDER = 1;
const MAKER = 2;
/** Whom the planted loss befalls. */
const VICTIM = 3;
const PLANTED_AT = 4 * 3_600;

test('profit anomalies on a recorded day: how often nothing is the matter, and a planted loss is found', {
  skip: missing(RECORDED),
}, async (t) => {
  const profit = new Profit();
  const scores = new Map<number, number[]>([HOLDER, MAKER, VICTIM].map((account) => [account, []]));
  let price = 0;
  let beganSeconds = 0;
  let nextSeconds = 0;
  let isPlanted = false;
  let found = 0;
  const day = findLobsterDay(await openInputs([join(RECORDED_DATA, RECORDED)]));
  for await (const batch of readLobster(day, () => {})) {
    for (const { type, side, shares, price: at, timeSeconds, row } of batch) {
      const [bid, ask] = [row.bids.prices[0], row.asks.prices[0]];
      price = (bid + ask) / 2;
      if (beganSeconds === 0) {
        beganSeconds = timeSeconds;
        nextSeconds = timeSeconds;
        for (const account of [HOLDER, VICTIM]) profit.traded(account, TERMS, 100, 100 * price);
      }
      // The maker had every order that was executed.
      if (type === LobsterType.Execution || type === LobsterType.HiddenExecution)
        profit.traded(MAKER, TERMS, side === Side.Buy ? shares : -shares, shares * at);
      if (timeSeconds < nextSeconds) continue;
      nextSeconds = timeSeconds + PROFIT_STEP_SECONDS;
      // Buys a hundred for a tenth more than they are worth.
      const plants: boolean = !isPlanted && timeSeconds - beganSeconds >= PLANTED_AT;
      if (plants) profit.traded(VICTIM, TERMS, 100, 110 * price);
      isPlanted ||= plants;
      profit.step(timeSeconds, () => price);
      if (plants) found = profit.scoreOf(VICTIM);
      for (const account of [HOLDER, MAKER]) scores.get(account)?.push(profit.scoreOf(account));
    }
  }
  for (const account of [HOLDER, MAKER]) {
    const all = scores.get(account) ?? [];
    for (const threshold of [5, 8, 10, 15, 20, 30])
      t.diagnostic(
        `account ${account}: ${all.filter((s) => s > threshold).length} of ${all.length} above ${threshold}; max ${Math.max(...all)}`,
      );
    assert.ok(all.length > 2_000);
    assert.equal(all.filter((score) => score > THRESHOLD).length, 0);
  }
  assert.ok(found > 2 * THRESHOLD, `the planted loss scored ${found}`);
});
