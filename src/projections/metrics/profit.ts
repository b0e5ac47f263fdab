import { RobustScore } from './robust-score.ts';

/** Accounts whose profit is followed, and holdings of all of them: what comes later is not counted. */
const ACCOUNTS_MAX = 10_000;
const HOLDINGS_MAX = 65_536;
/** Accounts whose changes of profit are scored: those that trade most at the time. */
const SCORED_MAX = 1_000;
/** How often changes of profit are looked at. */
export const PROFIT_STEP_SECONDS = 10;

/** What turns lots and ticks into money. */
export interface ValueTerms {
  readonly instrumentId: number;
  readonly quoteAssetId: number;
  readonly valueNumerator: number;
  readonly valueDenominator: number;
}

/** What an account holds in an instrument, by average cost. */
interface Holding {
  readonly terms: ValueTerms;
  positionLots: number;
  /** What the position was bought for; negative: sold for. */
  entryMinor: number;
  realisedMinor: number;
}

interface AccountProfit {
  readonly holdings: Map<number, Holding>;
  trades: number;
  /** Realised and unrealised, when it was looked at last, by asset. */
  readonly lastMinor: Map<number, number>;
  readonly scores: Map<number, RobustScore>;
  score: number;
}

/** Profit of an account in an asset, in its minor units. */
export interface AssetProfit {
  readonly assetId: number;
  readonly realisedMinor: number;
  readonly unrealisedMinor: number;
}

/** Price of an instrument in ticks; undefined: there is none. */
export type PriceOf = (instrumentId: number) => number | undefined;

/**
 * Profit and loss by account: holdings at average cost since it began to follow, and what they are worth now. Figures for
 * people and alerts in floating point; money that counts is in the core's ledger.
 */
export class Profit {
  declare private readonly accounts: Map<number, AccountProfit>;
  declare private holdings: number;
  declare private steppedSeconds: number;

  constructor() {
    this.accounts = new Map();
    this.holdings = 0;
    this.steppedSeconds = 0;
  }

  restart(): void {
    this.accounts.clear();
    this.holdings = 0;
  }

  /** A trade of an account. @param lots bought; negative: sold */
  traded(accountId: number, terms: ValueTerms, lots: number, amountMinor: number): void {
    const account = this.#account(accountId);
    if (account === undefined) return;
    account.trades++;
    const holding = this.#holding(account, terms);
    if (holding === undefined) return;
    const { positionLots: before, entryMinor } = holding;
    const after = before + lots;
    const signedMinor = lots > 0 ? amountMinor : -amountMinor;
    if (before === 0 || Math.sign(before) === Math.sign(lots)) {
      holding.entryMinor = entryMinor + signedMinor;
    } else {
      const closed = Math.min(Math.abs(lots), Math.abs(before));
      const closedEntry = (entryMinor * closed) / Math.abs(before);
      const closedAmount = (signedMinor * closed) / Math.abs(lots);
      holding.realisedMinor -= closedEntry + closedAmount;
      holding.entryMinor =
        Math.abs(lots) > Math.abs(before) ? signedMinor - closedAmount : entryMinor - closedEntry;
    }
    holding.positionLots = after;
  }

  /** The position of a margined instrument as the core keeps it. @param entryMinor never negative */
  position(
    accountId: number,
    terms: ValueTerms,
    positionLots: number,
    entryMinor: number,
    realisedMinor: number,
  ): void {
    const account = this.#account(accountId);
    const holding = account && this.#holding(account, terms);
    if (holding === undefined) return;
    holding.positionLots = positionLots;
    holding.entryMinor = positionLots < 0 ? -entryMinor : entryMinor;
    holding.realisedMinor = realisedMinor;
  }

  /** Counts a trade of a margined instrument, whose position comes by itself. */
  active(accountId: number): void {
    const account = this.#account(accountId);
    if (account !== undefined) account.trades++;
  }

  /** Scores what has changed, each PROFIT_STEP_SECONDS. */
  step(timeSeconds: number, priceOf: PriceOf): void {
    if (timeSeconds - this.steppedSeconds < PROFIT_STEP_SECONDS) return;
    this.steppedSeconds = timeSeconds;
    for (const accountId of this.mostActive(SCORED_MAX)) {
      const account = this.accounts.get(accountId) as AccountProfit;
      account.score = 0;
      for (const { assetId, realisedMinor, unrealisedMinor } of this.of(accountId, priceOf)) {
        const nowMinor = realisedMinor + unrealisedMinor;
        const lastMinor = account.lastMinor.get(assetId);
        account.lastMinor.set(assetId, nowMinor);
        if (lastMinor === undefined) continue;
        let scores = account.scores.get(assetId);
        if (scores === undefined) account.scores.set(assetId, (scores = new RobustScore()));
        account.score = Math.max(account.score, scores.add(nowMinor - lastMinor));
      }
    }
  }

  /** Accounts with the most trades, the first first. */
  mostActive(count: number): number[] {
    const all = [...this.accounts].sort(([a, one], [b, other]) => other.trades - one.trades || a - b);
    return all.slice(0, count).map(([accountId]) => accountId);
  }

  scoreOf(accountId: number): number {
    return this.accounts.get(accountId)?.score ?? 0;
  }

  of(accountId: number, priceOf: PriceOf): AssetProfit[] {
    const assets = new Map<number, { realised: number; unrealised: number }>();
    for (const { terms, positionLots, entryMinor, realisedMinor } of this.accounts
      .get(accountId)
      ?.holdings.values() ?? []) {
      let sums = assets.get(terms.quoteAssetId);
      if (sums === undefined) assets.set(terms.quoteAssetId, (sums = { realised: 0, unrealised: 0 }));
      sums.realised += realisedMinor;
      const price = positionLots === 0 ? undefined : priceOf(terms.instrumentId);
      if (price === undefined) continue;
      const worth = (price * positionLots * terms.valueNumerator) / terms.valueDenominator;
      sums.unrealised += worth - entryMinor;
    }
    return [...assets].map(([assetId, { realised, unrealised }]) => ({
      assetId,
      realisedMinor: realised,
      unrealisedMinor: unrealised,
    }));
  }

  #account(accountId: number): AccountProfit | undefined {
    let account = this.accounts.get(accountId);
    if (account === undefined && this.accounts.size < ACCOUNTS_MAX) {
      account = { holdings: new Map(), trades: 0, lastMinor: new Map(), scores: new Map(), score: 0 };
      this.accounts.set(accountId, account);
    }
    return account;
  }

  #holding(account: AccountProfit, terms: ValueTerms): Holding | undefined {
    let holding = account.holdings.get(terms.instrumentId);
    if (holding === undefined && this.holdings < HOLDINGS_MAX) {
      holding = { terms, positionLots: 0, entryMinor: 0, realisedMinor: 0 };
      account.holdings.set(terms.instrumentId, holding);
      this.holdings++;
    }
    return holding;
  }
}
