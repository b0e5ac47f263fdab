import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as commands from '#domain/commands.ts';
import { EVENT_LAYOUTS } from '#domain/events.ts';
import type { Layout } from '#domain/layout.ts';
import { RejectCode } from '#domain/rejects.ts';
import { decodeCommand, encodeCommand } from './commands.ts';
import {
  describeCommand,
  describeEntry,
  describeEvent,
  enumerationOf,
  flagsOf,
  formatTime,
  REDACTED,
} from './describe.ts';
import { decodeEntry, encodeEntry } from './entries.ts';
import { decodeEvent, encodeEvent } from './events.ts';
import type { CommandInput, EventInput } from './record-types.ts';

const describedCommand = (command: CommandInput) => describeCommand(decodeCommand(encodeCommand(command)));
const describedEvent = (event: EventInput) => describeEvent(decodeEvent(encodeEvent(event)));

test('describeCommand: enumerations become names, flags lists of names', () => {
  assert.deepEqual(
    describedCommand({
      type: 'NewOrder',
      userId: 7,
      instrumentId: 1,
      clientOrderId: 3,
      priceTicks: 100,
      qtyLots: 5,
      side: commands.Side.Sell,
      orderType: commands.OrderType.StopLimit,
      timeInForce: commands.TimeInForce.GoodTillCancel,
      flags: commands.CommandFlag.UniqueTag,
      orderFlags: commands.OrderFlag.PostOnly,
      clientTag: 'a',
    }),
    {
      type: 'NewOrder',
      flags: ['UniqueTag'],
      userId: 7,
      instrumentId: 1,
      clientOrderId: 3,
      priceTicks: 100,
      stopPriceTicks: 0,
      qtyLots: 5,
      displayQtyLots: 0,
      minQtyLots: 0,
      expireSeconds: 0,
      ocoClientOrderId: 0,
      side: 'Sell',
      orderType: 'StopLimit',
      timeInForce: 'GoodTillCancel',
      orderFlags: ['PostOnly'],
      selfTradePrevention: 'Default',
      tradingCapacity: 0,
      regulatoryFlags: [],
      clientTag: 'a',
      clientCode: 0,
      investmentDecisionCode: 0,
      executionDecisionCode: 0,
      nonExecutingBrokerCode: 0,
    },
  );
});

test('describeCommand: numbers without a name stay numbers', () => {
  const order = describedCommand({ type: 'NewOrder', side: 9, orderFlags: 6 });
  assert.deepEqual([order['side'], order['orderFlags']], [9, [6]]);
  assert.equal(describedCommand({ type: 'MassCancel' })['side'], 0);
});

test('describeCommand: credentials are not shown', () => {
  const user = describedCommand({
    type: 'AddUser',
    name: 'mm1',
    salt: new Uint8Array(16).fill(5),
    passwordHash: new Uint8Array(32).fill(7),
  });
  assert.deepEqual([user['name'], user['salt'], user['passwordHash']], ['mm1', REDACTED, REDACTED]);
  const key = describedCommand({ type: 'AddApiKey', kind: 3, verifier: new Uint8Array(32).fill(7) });
  assert.deepEqual([key['kind'], key['verifier']], ['Token', REDACTED]);
});

test('describeCommand: other bytes are hexadecimal', () => {
  const key = describedCommand({ type: 'AddNodeKey', publicKey: new Uint8Array(32).fill(0xa7) });
  assert.equal(key['publicKey'], 'a7'.repeat(32));
});

test('describeEvent: the time is ISO 8601 with nanoseconds, flags and codes are names', () => {
  assert.deepEqual(
    describedEvent({
      type: 'CommandRejected',
      flags: 1,
      sequence: 12,
      timeSeconds: 1_767_323_045,
      timeNanos: 6,
      commandType: commands.CommandType.NewOrder,
      rejectCode: RejectCode.INVALID_SIDE,
    }),
    {
      type: 'CommandRejected',
      flags: ['Image'],
      instrumentId: 0,
      sequence: 12,
      time: '2026-01-02T03:04:05.000000006Z',
      userId: 0,
      reportNumber: 0,
      commandType: 'NewOrder',
      rejectCode: 'INVALID_SIDE',
      clientOrderId: 0,
      accountId: 0,
      clientTag: '',
    },
  );
});

test('describe: one field name may mean different things', () => {
  assert.equal(describedEvent({ type: 'LedgerPosted', kind: 2 })['kind'], 'Withdrawal');
  assert.equal(describedEvent({ type: 'InstrumentAdded', kind: 2 })['kind'], 'Margined');
  assert.equal(describedEvent({ type: 'OrderCanceled', reason: 8 })['reason'], 'Expired');
  assert.equal(describedCommand({ type: 'Deposit', reason: 'a wire' })['reason'], 'a wire');
});

test('describeEntry: describes its commands', () => {
  const entry = decodeEntry(
    encodeEntry({ nodeId: 1, epoch: 2, entryNo: 3, commands: [{ type: 'SetPhase', phase: 4 }] }),
  );
  const described = describeEntry(entry);
  assert.deepEqual([described.nodeId, described.epoch, described.entryNo], [1, 2, 3]);
  assert.equal(described.commands[0]?.['phase'], 'Continuous');
});

test('formatTime: from the epoch to the last second of 32 bits', () => {
  assert.equal(formatTime(0, 0), '1970-01-01T00:00:00.000000000Z');
  assert.equal(formatTime(2 ** 32 - 1, 999_999_999), '2106-02-07T06:28:15.999999999Z');
});

test('every u8 or u16 field is named, a set of flags, or known to be a plain number', () => {
  const plain = new Set([
    'type',
    'sizeWords',
    'decimals',
    'priceDecimals',
    'qtyDecimals',
    'cancelOnDisconnect',
    'engaged',
    'cancelOrders',
    'keepsPriority',
    'nodeId',
    'enabled',
    'mustChangePassword',
    'readOnly',
  ]);
  const unnamed = (layouts: readonly Layout[], isEvent: boolean): string[] =>
    layouts.flatMap((layout) =>
      layout.fields
        .filter(({ kind }) => kind === 'u8' || kind === 'u16')
        .filter(({ name }) => !plain.has(name))
        .filter(
          ({ name }) =>
            enumerationOf(layout.name, name) === undefined && flagsOf(name, isEvent) === undefined,
        )
        .map(({ name }) => `${layout.name}.${name}`),
    );
  assert.deepEqual(unnamed(commands.COMMAND_LAYOUTS, false), []);
  assert.deepEqual(unnamed(EVENT_LAYOUTS, true), []);
});
