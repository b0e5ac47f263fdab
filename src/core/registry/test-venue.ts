import {
  AddAccount,
  AddAsset,
  AddInstrument,
  AddUser,
  Deposit,
  InstrumentKind,
  Phase,
  Role,
  Withdraw,
} from '#domain/commands.ts';
import type { Layout } from '#domain/layout.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { Ledger } from '../ledger/ledger.ts';
import { Risk } from '../risk/risk.ts';
import { AccountTable } from './accounts.ts';
import { AssetTable } from './assets.ts';
import { InstrumentTable } from './instruments.ts';
import { UserTable } from './users.ts';

/** For tests only: command records from plain values, and a small venue to apply them to. */

type Values<Names extends string> = { readonly [Name in Names]?: number | string };

/** Where `record` puts its record: not at 0, so that a forgotten offset is noticed. */
export const RECORD_AT = 4;

/** A record at word RECORD_AT with the values given, other fields 0; words around it are filled with garbage. */
export function record<Names extends string>(layout: Layout<Names>, values: Values<Names>): WordBuffer {
  const words = WordBuffer.allocate(RECORD_AT + layout.words + 4);
  words.i32.fill(-1_515_870_811);
  words.i32.fill(0, RECORD_AT, RECORD_AT + layout.words);
  for (const field of layout.fields) {
    const value = (values as Record<string, number | string | undefined>)[field.name];
    if (value === undefined) continue;
    const word = RECORD_AT + field.word;
    if (typeof value === 'string') words.u8.set(new TextEncoder().encode(value), word * 4);
    else if (field.kind === 'u8') words.u8[word * 4 + field.byte] = value;
    else if (field.kind === 'i53') words.f64[word >> 1] = value;
    else words.i32[word] = value;
  }
  return words;
}

export const BTC = 1;
export const USD = 2;
export const SPOT = 1;
export const FUTURE = 2;

/** A spot pair whose value is a fraction and whose fees round, so that every floor has work to do. */
export const SPOT_FIELDS = {
  instrumentId: SPOT,
  kind: InstrumentKind.Spot,
  baseAssetId: BTC,
  quoteAssetId: USD,
  symbol: 'BTCUSD',
  tickSize: 1,
  lotSize: 1,
  valueNumerator: 7,
  valueDenominator: 10,
  lotBaseMinor: 3,
  minQtyLots: 1,
  maxQtyLots: 2 ** 40,
  makerFeePpm: 1_999,
  takerFeePpm: 30_001,
  phase: Phase.Continuous,
} as const;

export const FUTURE_FIELDS = {
  ...SPOT_FIELDS,
  instrumentId: FUTURE,
  kind: InstrumentKind.Margined,
  baseAssetId: 0,
  symbol: 'FUT',
  valueNumerator: 10,
  valueDenominator: 1,
  lotBaseMinor: 0,
  initialMarginMinor: 50,
} as const;

/** Assets BTC and USD, the two instruments above (rows 0 and 1), accounts and users 1 to 3 (account rows 1 to 3). */
export class TestVenue {
  readonly assets = new AssetTable(16);
  readonly instruments = new InstrumentTable(this.assets, 16);
  readonly accounts = new AccountTable(16);
  readonly users = new UserTable(this.accounts, 16);
  declare readonly ledger: Ledger;
  declare readonly risk: Risk;

  constructor(
    spot: Values<keyof typeof AddInstrument.at> = {},
    future: Values<keyof typeof AddInstrument.at> = {},
    capacity = { balancesMax: 64, holdingsMax: 64 },
  ) {
    this.ledger = new Ledger(this.instruments, this.accounts, this.assets, capacity);
    this.risk = new Risk(this.instruments, this.accounts, this.users, this.ledger);
    this.assets.add(record(AddAsset, { assetId: BTC, decimals: 8, symbol: 'BTC' }), RECORD_AT);
    this.assets.add(record(AddAsset, { assetId: USD, decimals: 2, symbol: 'USD' }), RECORD_AT);
    this.instruments.add(record(AddInstrument, { ...SPOT_FIELDS, ...spot }), RECORD_AT);
    this.instruments.add(record(AddInstrument, { ...FUTURE_FIELDS, ...future }), RECORD_AT);
    for (let id = 1; id <= 3; id++) {
      this.accounts.add(record(AddAccount, { accountId: id }), RECORD_AT);
      this.users.add(
        record(AddUser, { newUserId: id, accountId: id, role: Role.Trader, name: `USER${id}` }),
        RECORD_AT,
      );
    }
  }

  deposit(accountId: number, assetId: number, amountMinor: number): number {
    return this.ledger.deposit(record(Deposit, { accountId, assetId, amountMinor }), RECORD_AT);
  }

  withdraw(accountId: number, assetId: number, amountMinor: number): number {
    return this.ledger.withdraw(record(Withdraw, { accountId, assetId, amountMinor }), RECORD_AT);
  }

  /** The total of an account by ids; 0 where it never had the asset. */
  totalMinor(accountId: number, assetId: number): number {
    const row = this.ledger.balances.find(this.accounts.rowOf(accountId), this.assets.rowOf(assetId));
    return row === -1 ? 0 : this.ledger.balances.totalMinor(row);
  }

  /** The available amount of an account by ids. */
  availableMinor(accountId: number, assetId: number): number {
    const row = this.ledger.balances.find(this.accounts.rowOf(accountId), this.assets.rowOf(assetId));
    return row === -1 ? 0 : this.ledger.balances.availableMinor(row);
  }
}
