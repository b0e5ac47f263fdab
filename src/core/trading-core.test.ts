import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import {
  AddAccount,
  AddAsset,
  ApiKeyKind,
  CommandType,
  KillScope,
  Role,
  SetCoreVersion,
} from '#domain/commands.ts';
import { EventFlag } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { RejectCode } from '#domain/rejects.ts';
import { AssertionError } from '#lib/assert.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { CORE_VERSION_INITIAL, CORE_VERSION_MAX, CoreVersionError } from './core-version.ts';
import { RECORD_AT, record, SPOT_FIELDS } from './registry/test-venue.ts';
import { TradingCore } from './trading-core.ts';

const NOWHERE: EventSink = { onEvents: () => {} };
const CAPACITY = {
  ordersMax: 16,
  instrumentsMax: 2,
  accountsMax: 2,
  usersMax: 2,
  assetsMax: 2,
  nodesMax: 2,
  apiKeysMax: 4,
  sessionsMax: 4,
} as const;

/** Applies commands, each as an entry of its own, all at one time. */
function applyEach(
  core: TradingCore,
  commands: readonly CommandInput[],
  seconds: number,
  nanos: number,
): void {
  const words = WordBuffer.allocate(64);
  commands.forEach((command, index) => {
    core.begin(index + 1, seconds, nanos, 1, 1, index + 1);
    writeCommand(words, 0, command);
    core.apply(words, 0);
    core.end();
  });
}

/** A core that has applied one entry: an asset, at sequence 7 and 100.5 seconds. */
function smallCore(): TradingCore {
  const core = new TradingCore(NOWHERE, CAPACITY);
  const words = record(AddAsset, { assetId: 1, decimals: 2, symbol: 'USD' });
  words.i32[RECORD_AT] = CommandType.AddAsset | (AddAsset.words << 16);
  core.begin(7, 100, 500_000_000, 1, 1, 1);
  core.apply(words, RECORD_AT);
  core.end();
  return core;
}

function restoredFrom(core: TradingCore, sink: EventSink): TradingCore {
  const restored = new TradingCore(sink, { ...CAPACITY, usersMax: 4 });
  const stores = core.stores();
  for (const [index, store] of restored.stores().entries()) {
    store.rows = 0;
    store.restore(stores[index].rows, stores[index].images());
  }
  restored.restored();
  return restored;
}

test('describe after a restore: images carry the sequence and the time of the image', () => {
  const stamps: number[][] = [];
  const onEvents = ({ i32, f64 }: WordBuffer, from: number): void => {
    stamps.push([f64[(from + 2) >> 1], i32[from + 4], i32[from + 5]]);
  };
  restoredFrom(smallCore(), { onEvents }).describe({ liveOrders: false, restingOrders: false });
  assert.deepEqual(stamps, [[7, 100, 500_000_000]]);
});

test('an image of a core that has applied nothing is that core: its hash begins as any other', () => {
  const fresh = new TradingCore(NOWHERE, CAPACITY);
  assert.equal(restoredFrom(fresh, NOWHERE).stateHash, fresh.stateHash);
});

test('describe: users, keys and node keys as they stand, so that a directory can begin from an image', () => {
  const events: Event[] = [];
  const sink: EventSink = { onEvents: (words, from, to) => events.push(...readEvents(words, from, to)) };
  const core = new TradingCore(sink, { ...CAPACITY, usersMax: 4 });
  const bytes = (value: number, length: number): Uint8Array => new Uint8Array(length).fill(value);
  const credentials = { salt: bytes(1, 16), passwordHash: bytes(2, 32) };
  const changed = { salt: bytes(3, 16), passwordHash: bytes(4, 32) };
  const key = { targetUserId: 1, kind: ApiKeyKind.Ed25519, verifier: bytes(5, 32) } as const;
  const commands: CommandInput[] = [
    { type: 'AddAccount', accountId: 9 },
    { type: 'AddUser', newUserId: 1, accountId: 9, role: Role.Trader, name: 'Ann', ...credentials },
    { type: 'AddUser', newUserId: 2, role: Role.Admin, name: 'root', mustChangePassword: 1, ...credentials },
    { type: 'SetUserRole', targetUserId: 1, role: Role.MarketMaker },
    { type: 'SetUserPassword', targetUserId: 2, ...changed },
    { type: 'SetUserEnabled', targetUserId: 1 },
    { type: 'AddApiKey', keyId: 7, ...key },
    { type: 'AddApiKey', keyId: 8, ...key, readOnly: 1, expireSeconds: 2 ** 32 - 1, label: 'reports' },
    { type: 'AddApiKey', keyId: 9, ...key, targetUserId: 2 },
    { type: 'RevokeApiKey', keyId: 7 },
    { type: 'RevokeTokens', targetUserId: 1 },
    { type: 'AddNodeKey', nodeId: 3, publicKey: bytes(6, 32) },
    { type: 'AddNodeKey', nodeId: 3, publicKey: bytes(7, 32) },
  ];
  applyEach(core, commands, 3_000_000_000, 5);
  assert.deepEqual(
    events.filter(({ type }) => type === 'CommandRejected'),
    [],
  );
  const restored = restoredFrom(core, sink);
  events.length = 0;
  restored.describe({ liveOrders: true, restingOrders: true });
  const image = {
    flags: EventFlag.Image,
    instrumentId: 0,
    sequence: commands.length,
    timeSeconds: 3_000_000_000,
    timeNanos: 5,
    userId: 0,
    reportNumber: 0,
  };
  const user = { ...image, type: 'UserAdded', reportCount: 0, lastClientOrderId: 0 } as const;
  const apiKey = { ...image, type: 'ApiKeyAdded', kind: ApiKeyKind.Ed25519, verifier: bytes(5, 32) } as const;
  assert.deepEqual(events.slice(2), [
    {
      ...user,
      newUserId: 1,
      accountId: 9,
      tokensRevokedSeconds: 3_000_000_000,
      tokensRevokedNanos: 5,
      role: Role.MarketMaker,
      enabled: 0,
      mustChangePassword: 0,
      name: 'Ann',
      ...credentials,
    },
    {
      ...user,
      newUserId: 2,
      accountId: 0,
      tokensRevokedSeconds: 0,
      tokensRevokedNanos: 0,
      role: Role.Admin,
      enabled: 1,
      mustChangePassword: 0,
      name: 'root',
      ...changed,
    },
    { ...apiKey, keyId: 9, targetUserId: 2, expireSeconds: 0, readOnly: 0, label: '' },
    { ...apiKey, keyId: 8, targetUserId: 1, expireSeconds: 2 ** 32 - 1, readOnly: 1, label: 'reports' },
    { ...image, type: 'NodeKeyAdded', nodeId: 3, publicKey: bytes(7, 32) },
  ]);
});

test('describe: the kill switches that are engaged, of accounts and users too, after those whom they stop', () => {
  const events: Event[] = [];
  const sink: EventSink = { onEvents: (words, from, to) => events.push(...readEvents(words, from, to)) };
  const core = new TradingCore(sink, CAPACITY);
  const { Venue, Account, User } = KillScope;
  const commands: CommandInput[] = [
    { type: 'AddAccount', accountId: 9 },
    { type: 'AddUser', newUserId: 5, accountId: 9, role: Role.Trader, name: 'Ann' },
    { type: 'AddUser', newUserId: 6, accountId: 9, role: Role.Trader, name: 'Bob' },
    { type: 'SetKillSwitch', scope: User, scopeId: 6, engaged: 1 },
    { type: 'SetKillSwitch', scope: Account, scopeId: 9, engaged: 1 },
    { type: 'SetKillSwitch', scope: User, scopeId: 5, engaged: 1 },
    { type: 'SetKillSwitch', scope: Venue, engaged: 1 },
    { type: 'SetKillSwitch', scope: User, scopeId: 6, engaged: 0 },
  ];
  applyEach(core, commands, 100, 0);
  events.length = 0;
  restoredFrom(core, sink).describe({ liveOrders: false, restingOrders: false });
  assert.deepEqual(
    events.map((event) =>
      event.type === 'KillSwitchSet' ? [event.scope, event.scopeId, event.engaged] : event.type,
    ),
    ['AccountAdded', 'AccountAdded', 'UserAdded', 'UserAdded', [Venue, 0, 1], [Account, 9, 1], [User, 5, 1]],
  );
});

test('describe: what an instrument asks of orders outlives its kill switch and a restore', () => {
  const events: Event[] = [];
  const sink: EventSink = { onEvents: (words, from, to) => events.push(...readEvents(words, from, to)) };
  const core = new TradingCore(sink, CAPACITY);
  const { Instrument } = KillScope;
  const commands: CommandInput[] = [
    { type: 'AddAsset', assetId: 1, symbol: 'USD' },
    { type: 'AddAsset', assetId: 2, symbol: 'BTC' },
    { type: 'AddInstrument', ...SPOT_FIELDS, baseAssetId: 2, quoteAssetId: 1, instrumentId: 1 },
    {
      type: 'AddInstrument',
      ...SPOT_FIELDS,
      baseAssetId: 2,
      quoteAssetId: 1,
      instrumentId: 2,
      symbol: 'TWO',
    },
    { type: 'SetKillSwitch', scope: Instrument, scopeId: 1, engaged: 1 },
    { type: 'SetOrderRules', instrumentId: 1, regulatoryFields: 1 },
    { type: 'SetOrderRules', instrumentId: 2, regulatoryFields: 1 },
    { type: 'SetKillSwitch', scope: Instrument, scopeId: 2, engaged: 1 },
    { type: 'SetKillSwitch', scope: Instrument, scopeId: 1, engaged: 0 },
    { type: 'SetOrderRules', instrumentId: 2, regulatoryFields: 0 },
  ];
  applyEach(core, commands, 100, 0);
  const added = (): (readonly [number, number])[] =>
    events.flatMap((event) =>
      event.type === 'InstrumentAdded' ? [[event.instrumentId, event.regulatoryFields] as const] : [],
    );
  assert.deepEqual(added(), [
    [1, 0],
    [2, 0],
  ]);
  events.length = 0;
  restoredFrom(core, sink).describe({ liveOrders: false, restingOrders: false });
  assert.deepEqual(added(), [
    [1, 1],
    [2, 0],
  ]);
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'KillSwitchSet' ? [event.scopeId] : [])),
    [2],
  );
});

test('a reason that is no text is refused, after the right to send the command', () => {
  const codes: number[] = [];
  const core = new TradingCore(
    {
      onEvents: (words, from, to) => {
        for (const event of readEvents(words, from, to)) {
          codes.push(event.type === 'CommandRejected' ? event.rejectCode : 0);
        }
      },
    },
    CAPACITY,
  );
  const send = (reason: string, userId: number): void => {
    const words = record(AddAccount, { accountId: 5, reason, userId });
    words.i32[RECORD_AT] = CommandType.AddAccount | (AddAccount.words << 16);
    core.begin(core.sequence + 1, 101, 0, 1, 1, core.sequence + 1);
    core.apply(words, RECORD_AT);
    core.end();
  };
  for (const reason of ['\x7f', 'a\0b', 'a\nb', 'caf\u00e9']) send(reason, 0);
  send('a\nb', 9);
  send('x'.repeat(64), 0);
  const { MALFORMED_COMMAND, UNKNOWN_USER } = RejectCode;
  const malformed = [MALFORMED_COMMAND, MALFORMED_COMMAND, MALFORMED_COMMAND, MALFORMED_COMMAND];
  assert.deepEqual(codes, [...malformed, UNKNOWN_USER, 0, 0]);
});

test('core version: a fresh core starts at the first, and an image of one that this build lacks is refused', () => {
  const core = smallCore();
  assert.equal(CORE_VERSION_INITIAL, 1);
  assert.equal(core.state.coreVersion, 1);
  for (const version of [0, CORE_VERSION_MAX + 1]) {
    core.state.coreVersion = version;
    assert.throws(() => restoredFrom(core, NOWHERE), new CoreVersionError(version));
  }
  core.state.coreVersion = CORE_VERSION_MAX;
  assert.equal(restoredFrom(core, NOWHERE).state.coreVersion, CORE_VERSION_MAX);
});

test('SetCoreVersion: only the version in force and the next one have a meaning, whatever the build has', () => {
  const events: Event[] = [];
  const core = new TradingCore(
    { onEvents: (words, from, to) => events.push(...readEvents(words, from, to)) },
    CAPACITY,
  );
  /** Applies SetCoreVersion in an entry of its own, and says what came of it. */
  const switchTo = (version: number, userId = 0): (string | number)[] => {
    const words = record(SetCoreVersion, { version, userId });
    words.i32[RECORD_AT] = CommandType.SetCoreVersion | (SetCoreVersion.words << 16);
    const sequence = core.sequence + 1;
    core.begin(sequence, 101, 0, 1, 1, sequence);
    core.apply(words, RECORD_AT);
    core.end();
    return events
      .splice(0)
      .map((event) => (event.type === 'CommandRejected' ? event.rejectCode : event.type));
  };
  const next = CORE_VERSION_MAX + 1;
  core.state.coreVersion = CORE_VERSION_MAX;
  for (const version of [0, next + 1, 99, 2 ** 32 - 1]) {
    assert.deepEqual(switchTo(version), [RejectCode.UNSUPPORTED_CORE_VERSION], `${version}`);
  }
  for (let repeat = 0; repeat < 2; repeat++) {
    assert.deepEqual(switchTo(CORE_VERSION_MAX), ['CoreVersionSet', 'CommandAccepted']);
  }
  assert.equal(core.state.coreVersion, CORE_VERSION_MAX);
  assert.deepEqual(switchTo(next, 7), [RejectCode.UNKNOWN_USER]);
  const entry = core.sequence + 1;
  assert.throws(() => switchTo(next), new CoreVersionError(next, entry));
  assert.equal(
    new CoreVersionError(next, entry).message,
    `entry ${entry} switches to core version ${next}, this build has 1 to ${CORE_VERSION_MAX}. Start a build that has it`,
  );
  assert.deepEqual(events, []);
});

test('begin: repeats of known nodes are ignored, a node beyond the limit stops the process', () => {
  const core = new TradingCore(NOWHERE, CAPACITY);
  assert.equal(core.begin(1, 1, 0, 10, 1, 1), true);
  assert.equal(core.begin(2, 1, 0, 20, 1, 1), true);
  assert.equal(core.begin(3, 1, 0, 10, 1, 1), false);
  assert.throws(
    () => core.begin(4, 1, 0, 30, 1, 1),
    new AssertionError('Condition: at most Limits.NODES_MAX nodes ever append to one log'),
  );
});
