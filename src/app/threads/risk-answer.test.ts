import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEntry } from '#codec/log/entries.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { TradingCore } from '#core/trading-core.ts';
import { Side } from '#domain/commands.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { marketSetup } from '../../../test/support/random-flow.ts';
import { EventFan } from '../event-fan.ts';
import { RiskView } from './risk-answer.ts';

const USD = 2;
const FUTURE = 2;
const FUNDS = 1e12;

/** A venue with two traders who have 1,000 cents left each, and what their accounts owe. */
class Fixture {
  readonly #core: TradingCore;
  readonly #view: RiskView;
  #sequence = 0;
  #clientOrderId = 0;

  constructor() {
    const fan = new EventFan();
    this.#core = new TradingCore(fan);
    this.#view = new RiskView(this.#core, fan);
    this.apply(...marketSetup(2));
    for (const accountId of [1, 2])
      this.apply({ type: 'Withdraw', accountId, assetId: USD, amountMinor: FUNDS - 1_000 });
  }

  apply(...commands: CommandInput[]): void {
    const entryNo = ++this.#sequence;
    const words = WordBuffer.copyOf(encodeEntry({ nodeId: 1, epoch: 1, entryNo, commands }));
    this.#core.applyEntry(entryNo, 1_000, 0, words, 0, words.words);
  }

  /** User 1 trades one lot with user 2, who is there first. */
  trade(side: Side, priceTicks: number): void {
    const order = { instrumentId: FUTURE, qtyLots: 1, priceTicks, orderType: 1, timeInForce: 1 } as const;
    const clientOrderId = ++this.#clientOrderId;
    const other = side === Side.Buy ? Side.Sell : Side.Buy;
    this.apply({ type: 'NewOrder', userId: 2, clientOrderId, side: other, ...order });
    this.apply({ type: 'NewOrder', userId: 1, clientOrderId, side, ...order });
  }

  /** Accounts, the tightest first: number, headroom, and margin used of what could back it. */
  accounts(): object {
    return this.#view
      .answer(9)
      .accounts.map(({ accountId, headroom, margin }) => [accountId, headroom, margin?.used, margin?.limit]);
  }

  uncovered(): object {
    return this.#view.answer(1).uncovered.map(({ assetId, amountMinor }) => [assetId, amountMinor]);
  }
}

test('risk: what accounts owe beyond their balances is there by asset, and gone when it is paid', () => {
  const venue = new Fixture();
  assert.deepEqual(venue.uncovered(), [
    [1, 0],
    [USD, 0],
  ]);
  // Bought at 5,000, sold at 1,000: a loss of 4,000 cents, and there were 1,000; the fee is 1.
  venue.trade(Side.Buy, 5_000);
  venue.trade(Side.Sell, 1_000);
  assert.deepEqual(venue.uncovered(), [
    [1, 0],
    [USD, 3_001],
  ]);
  venue.apply({ type: 'Deposit', accountId: 1, assetId: USD, amountMinor: 3_000 });
  assert.deepEqual(venue.uncovered(), [
    [1, 0],
    [USD, 1],
  ]);
  venue.apply({ type: 'Deposit', accountId: 1, assetId: USD, amountMinor: 1 });
  assert.deepEqual(venue.uncovered(), [
    [1, 0],
    [USD, 0],
  ]);
});

test('risk: who owes stands first also when the position that was lost is closed, until it is paid', () => {
  const venue = new Fixture();
  assert.deepEqual(venue.accounts(), [
    [1, 1, undefined, undefined],
    [2, 1, undefined, undefined],
  ]);
  // Account 2 sold at 1,000 and buys back at 5,000: a loss of 4,000 cents, and there were 1,000.
  venue.trade(Side.Buy, 1_000);
  venue.trade(Side.Sell, 5_000);
  assert.deepEqual(venue.accounts(), [
    [2, -1, 0, -3_000],
    [1, 1, undefined, undefined],
  ]);
  venue.apply({ type: 'Deposit', accountId: 2, assetId: USD, amountMinor: 3_000 });
  assert.deepEqual(venue.accounts(), [
    [1, 1, undefined, undefined],
    [2, 1, undefined, undefined],
  ]);
});
