import { AccountDouble, AccountWord } from '#core/registry/accounts.ts';
import type { TradingCore } from '#core/trading-core.ts';
import { InstrumentKind, Side } from '#domain/commands.ts';
import { type ArchiveAnswerOf, type LimitUse, type RiskRecord, roomOf } from '#domain/history.ts';
import type { EventFan } from '../event-fan.ts';
import { describeAccount } from './account-answer.ts';

type AssetUse = LimitUse & { readonly assetId: number };
type InstrumentUse = LimitUse & { readonly instrumentId: number };

function tighter<Use extends LimitUse>(a: Use | undefined, b: Use): Use {
  return a === undefined || roomOf(b) < roomOf(a) ? b : a;
}

/** What accounts risk and how much room they have, as the core has it. Between entries; the core is only read. */
export class RiskView {
  declare private readonly core: TradingCore;
  declare private readonly fan: EventFan;

  constructor(core: TradingCore, fan: EventFan) {
    this.core = core;
    this.fan = fan;
  }

  /**
   * The accounts with the least headroom, the least first, or the one that is named. The venue's own account is none of them.
   * @param limit accounts at most
   */
  answer(limit: number, accountId?: number): ArchiveAnswerOf<'risk'> {
    const { accounts, risk, timeSeconds } = this.core.state;
    const rows: number[] = [];
    if (accountId === undefined) rows.push(...this.#tightest(limit));
    else {
      const row = accounts.customerRowOf(accountId);
      if (row !== -1) rows.push(row);
    }
    return {
      timeSeconds,
      count: accounts.count - 1,
      isVenueKilled: risk.venueKilled[0] !== 0,
      uncovered: this.#uncovered(),
      accounts: rows.map((row) => this.#record(row)),
    };
  }

  /** Rows by headroom, ties in the order in which accounts were added. One pass: only `limit` of them are ever kept. */
  #tightest(limit: number): number[] {
    const { accounts } = this.core.state;
    const rows: number[] = [];
    const rooms: number[] = [];
    for (let row = 1; row < accounts.count; row++) {
      const room = this.#headroom(row);
      if (rows.length === limit && room >= rooms[rooms.length - 1]) continue;
      let low = 0;
      let high = rooms.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (rooms[middle] <= room) low = middle + 1;
        else high = middle;
      }
      rooms.splice(low, 0, room);
      rows.splice(low, 0, row);
      if (rows.length > limit) {
        rows.pop();
        rooms.pop();
      }
    }
    return rows;
  }

  #uncovered(): ArchiveAnswerOf<'risk'>['uncovered'] {
    const { assets, ledger } = this.core.state;
    const { balances } = ledger;
    const amounts = new Float64Array(balances.assetCount);
    for (let row = 0; row < balances.count; row++) {
      // The venue's own account owes what losers have still to pay: theirs are counted.
      if (balances.accountRow(row) === 0) continue;
      amounts[balances.assetRow(row)] += Math.max(0, balances.heldMinor(row) - balances.totalMinor(row));
    }
    return Array.from(amounts, (amountMinor, row) => ({ assetId: assets.assetId[row], amountMinor }));
  }

  #headroom(row: number): number {
    return Math.min(
      roomOf(this.#openOrders(row)),
      roomOf(this.#messages(row)),
      roomOf(this.#position(row)),
      roomOf(this.#openValue(row)),
      roomOf(this.#margin(row)),
    );
  }

  #record(row: number): RiskRecord {
    const { accounts } = this.core.state;
    const account = describeAccount(this.core, this.fan, accounts.accountId(row), 0);
    if (account === undefined) throw new Error('Invariant: an account that has a row has a number');
    return {
      ...account,
      isKilled: accounts.isKilled(row),
      exposures: this.#exposures(row),
      limits: {
        openOrders: this.#openOrders(row),
        messagesPerSecond: this.#messages(row),
        orderQtyLots: accounts.doubles[(row << 4) | AccountDouble.orderQtyLotsMax],
        orderValueMinor: accounts.doubles[(row << 4) | AccountDouble.orderValueMinorMax],
        positionLots: this.#position(row),
        openValueMinor: this.#openValue(row),
      },
      margin: this.#margin(row),
      headroom: this.#headroom(row),
    };
  }

  #openOrders(row: number): LimitUse | undefined {
    const { words } = this.core.state.accounts;
    const limit = words[(row << 5) | AccountWord.ordersMax];
    return limit === 0 ? undefined : { limit, used: words[(row << 5) | AccountWord.openOrders] };
  }

  #messages(row: number): LimitUse | undefined {
    const { accounts, timeSeconds } = this.core.state;
    const { words } = accounts;
    const limit = words[(row << 5) | AccountWord.messagesPerSecondMax];
    if (limit === 0) return undefined;
    const isNow = words[(row << 5) | AccountWord.throttleSeconds] === (timeSeconds | 0);
    return { limit, used: isNow ? words[(row << 5) | AccountWord.throttleCount] : 0 };
  }

  #position(row: number): InstrumentUse | undefined {
    const { accounts, instruments, ledger } = this.core.state;
    const limit = accounts.doubles[(row << 4) | AccountDouble.positionLotsMax];
    if (limit === 0) return undefined;
    let tightest: InstrumentUse | undefined;
    for (let holding = ledger.firstOfAccount(row); holding !== -1; holding = ledger.nextOfAccount(holding)) {
      const instrument = ledger.instrumentRow(holding);
      if (instruments.kind(instrument) === InstrumentKind.Spot) continue;
      const used = Math.max(
        ledger.worstCaseLots(holding, Side.Buy, 0),
        ledger.worstCaseLots(holding, Side.Sell, 0),
      );
      tightest = tighter(tightest, { limit, used, instrumentId: instruments.instrumentId(instrument) });
    }
    return tightest ?? { limit, used: 0, instrumentId: 0 };
  }

  #openValue(row: number): AssetUse | undefined {
    const { accounts, assets, ledger } = this.core.state;
    const limit = accounts.doubles[(row << 4) | AccountDouble.openValueMinorMax];
    if (limit === 0) return undefined;
    let tightest: AssetUse | undefined;
    for (let holding = ledger.firstOfAccount(row); holding !== -1; holding = ledger.nextOfAccount(holding)) {
      const balance = ledger.quoteBalance(holding);
      const used = ledger.balances.openValueMinor(balance);
      const assetId = assets.assetId[ledger.balances.assetRow(balance)];
      tightest = tighter(tightest, { limit, used, assetId });
    }
    return tightest ?? { limit, used: 0, assetId: 0 };
  }

  /** What could back it is what is not promised to spot orders; below 0 it is what the account owes, which counts without any margin too. */
  #margin(row: number): AssetUse | undefined {
    const { assets, ledger } = this.core.state;
    const { balances } = ledger;
    let tightest: AssetUse | undefined;
    for (let holding = ledger.firstOfAccount(row); holding !== -1; holding = ledger.nextOfAccount(holding)) {
      const balance = ledger.quoteBalance(holding);
      const used = balances.marginMinor(balance);
      const limit = balances.totalMinor(balance) - balances.heldMinor(balance);
      if (used === 0 && limit >= 0) continue;
      tightest = tighter(tightest, { limit, used, assetId: assets.assetId[balances.assetRow(balance)] });
    }
    return tightest;
  }

  #exposures(row: number): RiskRecord['exposures'] {
    const { assets, books, instruments, ledger } = this.core.state;
    const positions = new Map<number, number>();
    for (let holding = ledger.firstOfAccount(row); holding !== -1; holding = ledger.nextOfAccount(holding)) {
      const instrument = ledger.instrumentRow(holding);
      const lots = Math.abs(ledger.positionLots(holding));
      const ticks =
        books[instrument].lastPriceTicks === 0
          ? instruments.referencePriceTicks(instrument)
          : books[instrument].lastPriceTicks;
      const value = lots === 0 || ticks <= 0 ? 0 : ledger.valueMinor(instrument, ticks, lots);
      const quote = ledger.quoteBalance(holding);
      // A value that is not exact counts as the most that an amount can be.
      const known = (positions.get(quote) ?? 0) + (value === -1 ? Number.MAX_SAFE_INTEGER : value);
      positions.set(quote, Math.min(known, Number.MAX_SAFE_INTEGER));
    }
    return [...positions]
      .map(([balance, positionsMinor]) => ({
        assetId: assets.assetId[ledger.balances.assetRow(balance)],
        positionsMinor,
        openOrdersMinor: ledger.balances.openValueMinor(balance),
      }))
      .filter(({ positionsMinor, openOrdersMinor }) => positionsMinor !== 0 || openOrdersMinor !== 0);
  }
}
