import assert from 'node:assert/strict';
import type { Event } from '#codec/log/record-types.ts';
import { InstrumentKind, Side } from '#domain/commands.ts';
import { PostingKind } from '#domain/events.ts';
import { totalOf } from './money.ts';
import type { Venue } from './venue.ts';

const VENUE_ACCOUNT = 0;
const big = BigInt;

/** Every account's money and positions, made of events alone: what a reader of the log's events can know of them. */
export class EventMoney {
  readonly #instruments = new Map<number, Event<'InstrumentAdded'>>();
  readonly #totals = new Map<string, bigint>();
  readonly #positions = new Map<string, Event<'PositionChanged'>>();

  read(events: readonly Event[]): void {
    for (const event of events) this.#apply(event);
  }

  /** @throws AssertionError that says whose money or position is not what the events made of it */
  compare(venue: Venue): void {
    for (const account of venue.accounts) {
      const { accountId, positions } = account;
      for (const { assetId } of venue.assets) {
        const told = this.#totals.get(`${accountId} ${assetId}`) ?? 0n;
        assert.equal(
          told,
          totalOf(account, assetId),
          `events tell of asset ${assetId} of account ${accountId}`,
        );
      }
      for (const [instrumentId, { lots, entryValue, realised }] of positions) {
        const told = this.#positions.get(`${accountId} ${instrumentId}`);
        assert.deepEqual(
          [told?.positionLots, told?.entryValueMinor, told?.realisedMinor],
          [lots, Number(entryValue), Number(realised)],
          `events tell of the position of account ${accountId} in ${instrumentId}`,
        );
      }
    }
  }

  #apply(event: Event): void {
    if (event.type === 'InstrumentAdded') this.#instruments.set(event.instrumentId, event);
    else if (event.type === 'PositionChanged')
      this.#positions.set(`${event.accountId} ${event.instrumentId}`, event);
    else if (event.type === 'LedgerPosted') {
      const { accountId, assetId, amountMinor, kind } = event;
      this.#add(accountId, assetId, big(amountMinor));
      if (kind === PostingKind.RealisedProfit) this.#add(VENUE_ACCOUNT, assetId, big(-amountMinor));
    } else if (event.type === 'Trade') this.#trade(event);
    else if (event.type === 'FillCanceled') this.#fillCanceled(event);
  }

  #trade(trade: Event<'Trade'>): void {
    const instrument = this.#instruments.get(trade.instrumentId);
    assert.ok(instrument !== undefined, 'what trades was added');
    const { kind, quoteAssetId, baseAssetId, lotBaseMinor } = instrument;
    const { makerAccountId, takerAccountId, makerFeeMinor, takerFeeMinor } = trade;
    this.#move(makerAccountId, VENUE_ACCOUNT, quoteAssetId, big(makerFeeMinor));
    this.#move(takerAccountId, VENUE_ACCOUNT, quoteAssetId, big(takerFeeMinor));
    if (kind === InstrumentKind.Margined) return;
    // Without an aggressor, in an uncross, the maker is who buys.
    const [buyer, seller] =
      trade.aggressorSide === Side.Buy ? [takerAccountId, makerAccountId] : [makerAccountId, takerAccountId];
    this.#move(buyer, seller, quoteAssetId, big(trade.amountMinor));
    this.#move(seller, buyer, baseAssetId, big(trade.qtyLots) * big(lotBaseMinor));
  }

  #fillCanceled(fill: Event<'FillCanceled'>): void {
    const instrument = this.#instruments.get(fill.instrumentId);
    assert.ok(instrument !== undefined, 'what is taken back was added');
    const { kind, quoteAssetId, baseAssetId, lotBaseMinor } = instrument;
    const { accountId } = fill;
    this.#move(VENUE_ACCOUNT, accountId, quoteAssetId, big(fill.feeMinor));
    if (kind === InstrumentKind.Margined) return;
    const sign = fill.side === Side.Buy ? 1n : -1n;
    this.#add(accountId, quoteAssetId, sign * big(fill.amountMinor));
    this.#add(accountId, baseAssetId, -sign * big(fill.qtyLots) * big(lotBaseMinor));
  }

  #move(from: number, to: number, assetId: number, amount: bigint): void {
    this.#add(from, assetId, -amount);
    this.#add(to, assetId, amount);
  }

  #add(accountId: number, assetId: number, amount: bigint): void {
    const key = `${accountId} ${assetId}`;
    this.#totals.set(key, (this.#totals.get(key) ?? 0n) + amount);
  }
}
