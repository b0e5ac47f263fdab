import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AddAccount,
  AddAsset,
  AddInstrument,
  AddUser,
  InstrumentKind,
  Phase,
  SelfTradePrevention,
} from '#domain/commands.ts';
import { ACCEPTED, type RejectName, rejectName } from '#domain/rejects.ts';
import { AccountTable } from './accounts.ts';
import { AssetTable } from './assets.ts';
import { InstrumentTable } from './instruments.ts';
import { FUTURE_FIELDS, RECORD_AT, record, SPOT_FIELDS, TestVenue } from './test-venue.ts';
import { UserTable, UserWord } from './users.ts';

/** The first `bytes` bytes of a column as text. */
function textOf(column: Int32Array, bytes: number): string {
  return new TextDecoder().decode(new Uint8Array(column.buffer, column.byteOffset, bytes));
}

type Outcome = RejectName | undefined;

test('AddAsset: row, columns and lookup', () => {
  const assets = new AssetTable(4);
  assert.equal(
    assets.add(record(AddAsset, { assetId: 9, decimals: 18, symbol: 'ABCDEFGH' }), RECORD_AT),
    ACCEPTED,
  );
  assert.equal(assets.count, 1);
  assert.equal(assets.rowOf(9), 0);
  assert.equal(assets.rowOf(1), -1);
  assert.equal(assets.decimals[0], 18);
  assert.equal(textOf(assets.symbol, 8), 'ABCDEFGH');
});

test('AddAsset: every refusal', () => {
  const assets = new AssetTable(2);
  const add = (fields: object): Outcome => rejectName(assets.add(record(AddAsset, fields), RECORD_AT));
  assert.equal(add({ assetId: 1, decimals: 2, symbol: 'USD' }), undefined);
  assert.equal(add({ assetId: 0, decimals: 2, symbol: 'EUR' }), 'MALFORMED_COMMAND');
  assert.equal(add({ assetId: 2 ** 31, decimals: 2, symbol: 'EUR' }), 'MALFORMED_COMMAND');
  assert.equal(add({ assetId: 2, decimals: 19, symbol: 'EUR' }), 'MALFORMED_COMMAND');
  for (const symbol of ['', 'A B', ' A', '\0A', 'A\0B', 'É', '\x7f']) {
    assert.equal(add({ assetId: 2, decimals: 2, symbol }), 'MALFORMED_COMMAND');
  }
  assert.equal(add({ assetId: 1, decimals: 2, symbol: 'EUR' }), 'ALREADY_EXISTS');
  assert.equal(add({ assetId: 2, decimals: 2, symbol: 'USD' }), 'ALREADY_EXISTS');
  assert.equal(add({ assetId: 2 ** 31 - 1, decimals: 2, symbol: 'EUR' }), undefined);
  assert.equal(add({ assetId: 3, decimals: 2, symbol: 'GBP' }), 'CAPACITY');
  assert.equal(assets.count, 2);
});

test('accounts: the venue is row 0 from the start and no customer', () => {
  const accounts = new AccountTable(4);
  assert.equal(accounts.count, 1);
  assert.equal(accounts.rowOf(0), 0);
  assert.equal(accounts.customerRowOf(0), -1);
  assert.equal(accounts.add(record(AddAccount, { accountId: 5 }), RECORD_AT), ACCEPTED);
  assert.equal(accounts.rowOf(5), 1);
  assert.equal(accounts.customerRowOf(5), 1);
});

test('AddAccount: every refusal', () => {
  const accounts = new AccountTable(2);
  const add = (accountId: number): Outcome =>
    rejectName(accounts.add(record(AddAccount, { accountId }), RECORD_AT));
  assert.equal(add(0), 'MALFORMED_COMMAND');
  assert.equal(add(2 ** 31), 'MALFORMED_COMMAND');
  assert.equal(add(1), undefined);
  assert.equal(add(1), 'ALREADY_EXISTS');
  assert.equal(add(2), 'CAPACITY');
});

test('users: report numbers are unsigned 32 bits', () => {
  const accounts = new AccountTable(4);
  accounts.add(record(AddAccount, { accountId: 8 }), RECORD_AT);
  const users = new UserTable(accounts, 2);
  users.add(record(AddUser, { newUserId: 3, accountId: 8, name: 'A' }), RECORD_AT);
  users.words[UserWord.reportCount] = 2 ** 31 - 1;
  assert.equal(users.nextReport(0), 2 ** 31);
  assert.equal(users.nextReport(0), 2 ** 31 + 1);
  assert.equal(users.reportCount(0), 2 ** 31 + 1);
});

test('AddUser: columns, and every refusal', () => {
  const accounts = new AccountTable(4);
  accounts.add(record(AddAccount, { accountId: 8 }), RECORD_AT);
  const users = new UserTable(accounts, 2);
  const add = (fields: object): Outcome => rejectName(users.add(record(AddUser, fields), RECORD_AT));
  const salt = 'salt of 16 bytes';
  const passwordHash = 'a password hash of 32 bytes: here';
  assert.equal(
    add({ newUserId: 3, accountId: 8, name: 'ABC123', salt, passwordHash: passwordHash.slice(0, 32) }),
    undefined,
  );
  assert.equal(users.rowOf(3), 0);
  assert.equal(users.accountRow(0), 1);
  assert.equal(textOf(users.name, 8), 'ABC123\0\0');
  assert.equal(textOf(users.salt, 16), salt);
  assert.equal(textOf(users.passwordHash, 32), passwordHash.slice(0, 32));
  assert.equal(add({ newUserId: 0, accountId: 8, name: 'B' }), 'MALFORMED_COMMAND');
  assert.equal(add({ newUserId: 4, accountId: 2 ** 31, name: 'B' }), 'MALFORMED_COMMAND');
  for (const name of ['', 'abc', 'TOOLONG', 'A B', 'A-B', '\0A', 'A\0B']) {
    assert.equal(add({ newUserId: 4, accountId: 8, name }), 'MALFORMED_COMMAND');
  }
  assert.equal(add({ newUserId: 4, accountId: 7, name: 'B' }), 'UNKNOWN_ACCOUNT');
  assert.equal(add({ newUserId: 4, accountId: 0, name: 'B' }), 'UNKNOWN_ACCOUNT');
  assert.equal(add({ newUserId: 3, accountId: 8, name: 'B' }), 'ALREADY_EXISTS');
  assert.equal(add({ newUserId: 4, accountId: 8, name: 'ABC123' }), 'ALREADY_EXISTS');
  assert.equal(add({ newUserId: 4, accountId: 8, name: 'Z' }), undefined);
  assert.equal(add({ newUserId: 5, accountId: 8, name: 'Y' }), 'CAPACITY');
});

test('AddInstrument: each field has its column', () => {
  const { assets } = new TestVenue();
  const instruments = new InstrumentTable(assets, 1);
  const fields = {
    instrumentId: 77,
    kind: InstrumentKind.Margined,
    priceDecimals: 3,
    qtyDecimals: 4,
    selfTradePrevention: SelfTradePrevention.Decrement,
    baseAssetId: 1,
    quoteAssetId: 2,
    symbol: 'X',
    tickSize: 5,
    lotSize: 6,
    valueNumerator: 2 ** 53 - 1,
    valueDenominator: 8,
    lotBaseMinor: 9,
    initialMarginMinor: 2 ** 40,
    minQtyLots: 11,
    maxQtyLots: 2 ** 40,
    makerFeePpm: 13,
    takerFeePpm: 1_000_000,
    collarPpm: 15,
    marketProtectionPpm: 16,
    staticBandPpm: 17,
    dynamicBandPpm: 18,
    volatilityAuctionSeconds: 19,
    referencePriceTicks: 2 ** 31 - 1,
  };
  assert.equal(
    instruments.add(record(AddInstrument, { ...fields, phase: Phase.Halted }), RECORD_AT),
    ACCEPTED,
  );
  const { baseAssetId, quoteAssetId, symbol, ...columns } = fields;
  for (const [name, value] of Object.entries(columns)) {
    assert.equal(instruments[name as keyof typeof columns](0), value, name);
  }
  assert.deepEqual([instruments.baseAssetRow(0), instruments.quoteAssetRow(0)], [0, 1]);
  assert.equal(instruments.initialPhase(0), Phase.Halted);
  assert.equal(textOf(instruments.symbol, 8), 'X\0\0\0\0\0\0\0');
  assert.equal(instruments.rowOf(77), 0);
});

test('AddInstrument: a field outside its range is MALFORMED_COMMAND, a contradiction INVALID_CONFIGURATION', () => {
  const outcome = (base: object, change: object): Outcome => {
    const { instruments } = new TestVenue();
    const fields = { ...base, instrumentId: 3, symbol: 'NEW', ...change };
    const code = instruments.add(record(AddInstrument, fields), RECORD_AT);
    assert.equal(instruments.count, code === ACCEPTED ? 3 : 2);
    return rejectName(code);
  };
  const spot = (change: object): Outcome => outcome(SPOT_FIELDS, change);
  const future = (change: object): Outcome => outcome(FUTURE_FIELDS, change);
  assert.equal(spot({}), undefined);
  assert.equal(future({}), undefined);
  for (const malformed of [
    { instrumentId: 0 },
    { instrumentId: 2 ** 31 },
    { kind: 0 },
    { kind: 3 },
    { phase: 0 },
    { phase: 8 },
    { selfTradePrevention: 5 },
    { priceDecimals: 19 },
    { qtyDecimals: 19 },
    { symbol: '' },
    { baseAssetId: 0 },
    { baseAssetId: 2 ** 31 },
    { quoteAssetId: 0 },
    { tickSize: 2 ** 31 },
    { lotSize: 2 ** 31 },
    { collarPpm: 2 ** 31 },
    { marketProtectionPpm: 2 ** 31 },
    { staticBandPpm: 2 ** 31 },
    { dynamicBandPpm: 2 ** 31 },
    { volatilityAuctionSeconds: 2 ** 31 },
    { valueNumerator: 1.5 },
    { valueNumerator: Number.NaN },
    { valueDenominator: -1 },
    { lotBaseMinor: 2 ** 53 },
    { initialMarginMinor: Number.POSITIVE_INFINITY },
    { minQtyLots: -1 },
    { maxQtyLots: 0.5 },
  ]) {
    assert.equal(spot(malformed), 'MALFORMED_COMMAND', JSON.stringify(malformed));
  }
  for (const contradiction of [
    { tickSize: 0 },
    { lotSize: 0 },
    { valueNumerator: 0 },
    { valueDenominator: 0 },
    { minQtyLots: 0 },
    { minQtyLots: 11, maxQtyLots: 10 },
    { maxQtyLots: 2 ** 40 + 1 },
    { makerFeePpm: 1_000_001 },
    { takerFeePpm: 2 ** 31 },
    { referencePriceTicks: -1 },
    { lotBaseMinor: 0 },
    { baseAssetId: 2 },
  ]) {
    assert.equal(spot(contradiction), 'INVALID_CONFIGURATION', JSON.stringify(contradiction));
  }
  assert.equal(future({ initialMarginMinor: 0, lotBaseMinor: 0, baseAssetId: 2 }), undefined);
});

test('AddInstrument: unknown assets, taken ids and symbols, capacity come in the order of their codes', () => {
  const { instruments, assets } = new TestVenue();
  const add = (fields: object): Outcome =>
    rejectName(instruments.add(record(AddInstrument, { ...SPOT_FIELDS, ...fields }), RECORD_AT));
  assert.equal(add({ baseAssetId: 50 }), 'UNKNOWN_ASSET');
  assert.equal(add({ quoteAssetId: 50 }), 'UNKNOWN_ASSET');
  assert.equal(add({ kind: InstrumentKind.Margined, baseAssetId: 50 }), 'UNKNOWN_ASSET');
  assert.equal(add({ symbol: 'OTHER' }), 'ALREADY_EXISTS');
  assert.equal(add({ instrumentId: 3 }), 'ALREADY_EXISTS');
  const full = new InstrumentTable(assets, 0);
  const contradiction = record(AddInstrument, { ...SPOT_FIELDS, tickSize: 0 });
  assert.equal(rejectName(full.add(contradiction, RECORD_AT)), 'CAPACITY');
});

test('rebuild: lookups after a restore equal those before it', () => {
  const before = new TestVenue();
  const assets = new AssetTable(16);
  const accounts = new AccountTable(16);
  const after = {
    assets,
    accounts,
    instruments: new InstrumentTable(assets, 16),
    users: new UserTable(accounts, 16),
  };
  for (const name of ['assets', 'accounts', 'instruments', 'users'] as const) {
    before[name].stores.forEach((store, index) => {
      after[name].stores[index].restore(store.rows, store.images());
    });
    after[name].rebuild();
    assert.equal(after[name].count, before[name].count);
    for (let id = 0; id < 5; id++)
      assert.equal(after[name].rowOf(id), before[name].rowOf(id), `${name} ${id}`);
  }
  const taken = record(AddUser, { newUserId: 9, accountId: 1, name: 'USER2' });
  assert.equal(rejectName(after.users.add(taken, RECORD_AT)), 'ALREADY_EXISTS');
});
