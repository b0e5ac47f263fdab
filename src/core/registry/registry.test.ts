import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  AddAccount,
  AddApiKey,
  AddAsset,
  AddInstrument,
  AddNodeKey,
  AddUser,
  ApiKeyKind,
  InstrumentKind,
  Phase,
  Role,
  SelfTradePrevention,
  SetUserPassword,
  SetUserRole,
} from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { Action, actionsOf } from '#domain/permissions.ts';
import { ACCEPTED, type RejectName, rejectName } from '#domain/rejects.ts';
import { doublesOf } from '#lib/columns.ts';
import { AccountTable } from './accounts.ts';
import { ApiKeyTable } from './api-keys.ts';
import { AssetTable } from './assets.ts';
import { InstrumentTable } from './instruments.ts';
import { NodeKeyTable } from './node-keys.ts';
import { SessionTable } from './sessions.ts';
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

test('users: report numbers go on past 32 bits', () => {
  const { users } = newUsers();
  users.add(record(AddUser, { newUserId: 3, accountId: 8, role: Role.Trader, name: 'A' }), RECORD_AT);
  doublesOf(users.words)[UserWord.reportCount >> 1] = 2 ** 32 - 2;
  assert.equal(users.nextReport(0), 2 ** 32 - 1);
  assert.equal(users.nextReport(0), 2 ** 32);
  assert.equal(users.nextReport(0), 2 ** 32 + 1);
  assert.equal(users.reportCount(0), 2 ** 32 + 1);
});

/** Users of one account, number 8. */
function newUsers(capacity = 16): { users: UserTable; add: (fields: object) => Outcome } {
  const accounts = new AccountTable(4);
  accounts.add(record(AddAccount, { accountId: 8 }), RECORD_AT);
  const users = new UserTable(accounts, capacity);
  const defaults = { newUserId: 4, accountId: 8, role: Role.Trader, name: 'B' };
  const add = (fields: object): Outcome =>
    rejectName(users.add(record(AddUser, { ...defaults, ...fields }), RECORD_AT));
  return { users, add };
}

test('AddUser: columns, and every refusal', () => {
  const { users, add } = newUsers(2);
  const salt = 'salt of 16 bytes';
  const passwordHash = 'a password hash of 32 bytes: here'.slice(0, 32);
  const first = { newUserId: 3, name: 'ann-b.C_1@x', mustChangePassword: 1, salt, passwordHash };
  assert.equal(add(first), undefined);
  assert.equal(users.rowOf(3), 0);
  assert.equal(users.accountRow(0), 1);
  assert.equal(users.role(0), Role.Trader);
  assert.equal(users.mustChangePassword[0], 1);
  assert.equal(users.disabled[0], 0);
  assert.equal(textOf(users.name, 24), 'ann-b.C_1@x'.padEnd(24, '\0'));
  assert.equal(textOf(users.salt, 16), salt);
  assert.equal(textOf(users.passwordHash, 32), passwordHash);
  for (const malformed of [
    { newUserId: 0 },
    { accountId: 2 ** 31 },
    { role: 0 },
    { role: 8 },
    { role: 255 },
    { mustChangePassword: 2 },
    ...['', 'A B', 'A/B', 'A:', '[', '`', '{', '\0A', 'A\0B', 'A\x7f', 'A\x80'].map((name) => ({ name })),
  ]) {
    assert.equal(add(malformed), 'MALFORMED_COMMAND', JSON.stringify(malformed));
  }
  assert.equal(add({ accountId: 7 }), 'UNKNOWN_ACCOUNT');
  assert.equal(add({ newUserId: 3 }), 'ALREADY_EXISTS');
  assert.equal(add({ name: 'ANN-B.c_1@X' }), 'ALREADY_EXISTS');
  assert.equal(add({ name: '24.characters-long_at@x.' }), undefined);
  assert.equal(add({ newUserId: 5, name: 'Y' }), 'CAPACITY');
});

test('AddUser: only roles that place orders need an account', () => {
  const { users, add } = newUsers();
  for (const role of [Role.Trader, Role.MarketMaker])
    assert.equal(add({ accountId: 0, role }), 'UNKNOWN_ACCOUNT');
  for (const role of [Role.Viewer, Role.Risk, Role.Operations, Role.Compliance, Role.Admin]) {
    assert.equal(add({ newUserId: role, name: `R${role}`, accountId: 0, role }), undefined);
    assert.equal(users.accountRow(users.count - 1), 0);
  }
});

test('users: what a user may do follows its role, and is nothing while it is disabled', () => {
  const { users, add } = newUsers();
  add({});
  const setRole = (fields: object): Outcome => {
    const command = record(SetUserRole, { targetUserId: 4, ...fields });
    const code = users.checkRole(command, RECORD_AT);
    if (code === ACCEPTED) users.setRole(command, RECORD_AT);
    return rejectName(code);
  };
  assert.equal(users.actions(0), actionsOf(Role.Trader));
  assert.equal(users.rowIfAllowed(4, Action.PlaceOrders), 0);
  assert.equal(users.rowIfAllowed(4, Action.KillSwitch), -1);
  assert.equal(users.rowIfAllowed(5, Action.PlaceOrders), -1);
  assert.equal(rejectName(users.refusalOf(4)), 'NOT_ALLOWED');
  assert.equal(rejectName(users.refusalOf(5)), 'UNKNOWN_USER');
  users.setEnabled(0, false);
  assert.equal(users.actions(0), 0);
  assert.equal(rejectName(users.refusalOf(4)), 'USER_DISABLED');
  assert.equal(setRole({ role: Role.Risk }), undefined);
  assert.equal(users.actions(0), 0, 'still disabled');
  users.setEnabled(0, true);
  assert.equal(users.actions(0), actionsOf(Role.Risk));
  assert.equal(setRole({ role: 0 }), 'MALFORMED_COMMAND');
  assert.equal(setRole({ role: 8, targetUserId: 5 }), 'MALFORMED_COMMAND');
  assert.equal(setRole({ role: Role.Risk, targetUserId: 5 }), 'UNKNOWN_USER');
  add({ newUserId: 5, accountId: 0, role: Role.Viewer, name: 'V' });
  assert.equal(setRole({ role: Role.Trader, targetUserId: 5 }), 'UNKNOWN_ACCOUNT');
});

test('SetUserPassword: takes the hash and the flag', () => {
  const { users, add } = newUsers();
  add({ mustChangePassword: 1, salt: 'old', passwordHash: 'old' });
  const set = (fields: object): Outcome => {
    const command = record(SetUserPassword, { targetUserId: 4, ...fields });
    const code = users.checkPassword(command, RECORD_AT);
    if (code === ACCEPTED) users.setPassword(command, RECORD_AT);
    return rejectName(code);
  };
  assert.equal(set({ mustChangePassword: 2 }), 'MALFORMED_COMMAND');
  assert.equal(set({ targetUserId: 9 }), 'UNKNOWN_USER');
  assert.equal(set({ salt: 'new salt', passwordHash: 'new hash' }), undefined);
  assert.equal(users.mustChangePassword[0], 0);
  assert.equal(textOf(users.salt, 16), 'new salt'.padEnd(16, '\0'));
  assert.equal(textOf(users.passwordHash, 32), 'new hash'.padEnd(32, '\0'));
});

test('login names: many are told apart, without regard to case', () => {
  const { users, add } = newUsers(2_000);
  for (let id = 1; id <= 2_000; id++) assert.equal(add({ newUserId: id, name: `User-${id}` }), undefined);
  for (let id = 1; id <= 2_000; id++) {
    assert.equal(add({ newUserId: 3_000, name: `uSER-${id}` }), 'ALREADY_EXISTS');
  }
  assert.equal(users.count, 2_000);
  assert.equal(add({ newUserId: 3_000, name: 'User-2001' }), 'CAPACITY');
});

test('login names: those that hash alike are told apart', () => {
  // FNV-1a of both, upper case and padded with NUL to 24 bytes, is the same; found by search.
  const [first, second] = ['TRADER54440', 'TRADER126831'];
  const { add } = newUsers();
  assert.equal(add({ newUserId: 1, name: first }), undefined);
  assert.equal(add({ newUserId: 2, name: second }), undefined);
  assert.equal(add({ newUserId: 3, name: second }), 'ALREADY_EXISTS');
  assert.equal(add({ newUserId: 3, name: first }), 'ALREADY_EXISTS');
});

function newKeys(capacity = 4): { keys: ApiKeyTable; users: UserTable; add: (fields: object) => Outcome } {
  const { users, add: addUser } = newUsers();
  addUser({});
  addUser({ newUserId: 5, name: 'C' });
  const keys = new ApiKeyTable(users, capacity);
  const defaults = { keyId: 1, targetUserId: 4, kind: ApiKeyKind.Ed25519 };
  const add = (fields: object): Outcome =>
    rejectName(keys.add(record(AddApiKey, { ...defaults, ...fields }), RECORD_AT, 1_000));
  return { keys, users, add };
}

test('AddApiKey: columns, and every refusal', () => {
  const { keys, users, add } = newKeys(2);
  const verifier = 'what a request is checked against'.slice(0, 32);
  const label = 'a label of 24 characters';
  const first = { kind: ApiKeyKind.Token, readOnly: 1, expireSeconds: 2 ** 32 - 1, label, verifier };
  assert.equal(add(first), undefined);
  assert.deepEqual(
    [keys.keyId[0], keys.userRow[0], keys.kind[0], keys.readOnly[0], keys.expireSeconds[0] >>> 0],
    [1, 0, ApiKeyKind.Token, 1, 2 ** 32 - 1],
  );
  assert.equal(textOf(keys.label, 24), label);
  assert.equal(textOf(keys.verifier, 32), verifier);
  assert.equal(users.apiKeys(0), 1);
  for (const malformed of [
    { keyId: 0 },
    { keyId: 2 ** 31 },
    { kind: 0 },
    { kind: 4 },
    { readOnly: 2 },
    { label: 'a\0b' },
  ]) {
    assert.equal(add(malformed), 'MALFORMED_COMMAND', JSON.stringify(malformed));
  }
  assert.equal(add({ targetUserId: 9 }), 'UNKNOWN_USER');
  assert.equal(add({ targetUserId: 5 }), 'ALREADY_EXISTS');
  assert.equal(add({ keyId: 2, expireSeconds: 1_000 }), 'INVALID_CONFIGURATION');
  assert.equal(add({ keyId: 2, expireSeconds: 1_001 }), undefined);
  assert.equal(add({ keyId: 3 }), 'CAPACITY');
});

test('API keys: a user has at most API_KEYS_PER_USER_MAX that are not revoked', () => {
  const { keys, add } = newKeys(64);
  for (let keyId = 1; keyId <= Limits.API_KEYS_PER_USER_MAX; keyId++) assert.equal(add({ keyId }), undefined);
  assert.equal(add({ keyId: 33 }), 'CAPACITY');
  assert.equal(add({ keyId: 33, targetUserId: 5 }), undefined);
  keys.remove(keys.rowOf(7));
  assert.equal(add({ keyId: 34 }), undefined);
});

test('API keys: the last row takes the place of a removed one, and every key is found', () => {
  const { keys, users, add } = newKeys();
  for (const keyId of [10, 20, 30]) add({ keyId, label: `key ${keyId}` });
  keys.remove(keys.rowOf(10));
  assert.deepEqual([keys.count, keys.rowOf(10), keys.rowOf(20), keys.rowOf(30)], [2, -1, 1, 0]);
  assert.equal(textOf(keys.label, 24), 'key 30'.padEnd(24, '\0'));
  keys.remove(keys.rowOf(20));
  assert.equal(add({ keyId: 20 }), undefined, 'a revoked id may be given again');
  keys.remove(keys.rowOf(30));
  keys.remove(keys.rowOf(20));
  assert.equal(users.apiKeys(0), 0);
  assert.ok(keys.verifier.every((word) => word === 0) && keys.label.every((word) => word === 0));
});

test('node keys: one for each node, the newest', () => {
  const keys = new NodeKeyTable(2);
  const add = (nodeId: number, publicKey: string): Outcome =>
    rejectName(keys.add(record(AddNodeKey, { nodeId, publicKey }), RECORD_AT));
  assert.equal(add(0, 'first'), undefined);
  assert.equal(add(65_535, 'second'), undefined);
  assert.equal(add(0, 'newer'), undefined);
  assert.equal(add(1, 'third'), 'CAPACITY');
  assert.equal(keys.count, 2);
  assert.equal(keys.rowOf(65_535), 1);
  assert.equal(textOf(keys.publicKey, 32), 'newer'.padEnd(32, '\0'));
});

test('sessions: found by node and number, also after others ended', () => {
  const sessions = new SessionTable(3);
  assert.deepEqual(
    [sessions.add(1, 2 ** 32 - 1, 5, 1, 50), sessions.add(1, 2, 6, 2, 60), sessions.add(2, 2, 7, 3, 70)],
    [0, 1, 2],
  );
  assert.equal(sessions.add(2, 3, 7, 1, 80), -1);
  sessions.remove(sessions.rowOf(1, 2 ** 32 - 1));
  assert.deepEqual(
    [sessions.rowOf(1, 2 ** 32 - 1), sessions.rowOf(1, 2), sessions.rowOf(2, 2), sessions.count],
    [-1, 1, 0, 2],
  );
  assert.deepEqual([sessions.userRow[0], sessions.door[0], sessions.openedSeconds[0]], [7, 3, 70]);
  sessions.cancelOnDisconnect[1] = 1;
  sessions.remove(1);
  assert.equal(sessions.add(9, 9, 9, 1, 90), 1);
  assert.equal(sessions.cancelOnDisconnect[1], 0, 'a row begins at zero');
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

test('AddInstrument: negative zero is zero', () => {
  const { assets } = new TestVenue();
  const instruments = new InstrumentTable(assets, 1);
  const words = record(AddInstrument, FUTURE_FIELDS);
  for (const field of ['lotBaseMinor', 'initialMarginMinor'] as const) {
    words.f64[(RECORD_AT + AddInstrument.at[field]) >> 1] = -0;
  }
  assert.equal(instruments.add(words, RECORD_AT), ACCEPTED);
  assert.ok(Object.is(instruments.lotBaseMinor(0), 0) && Object.is(instruments.initialMarginMinor(0), 0));
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
  const taken = record(AddUser, { newUserId: 9, accountId: 1, role: Role.Trader, name: 'user2' });
  assert.equal(rejectName(after.users.add(taken, RECORD_AT)), 'ALREADY_EXISTS');
});
