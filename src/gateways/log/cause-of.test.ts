import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCommand, encodeCommand } from '#codec/log/commands.ts';
import { decodeEvent, encodeEvent } from '#codec/log/events.ts';
import type { Command, CommandInput, Event, EventInput } from '#codec/log/record-types.ts';
import { CommandType } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { causeOf } from './cause-of.ts';

const command = (input: CommandInput): Command => decodeCommand(encodeCommand(input));
const event = (input: EventInput): Event => decodeEvent(encodeEvent(input));

/** What several users sent in one entry. */
const ENTRY = [
  command({ type: 'NewOrder', userId: 1, clientOrderId: 5 }),
  command({ type: 'NewOrder', userId: 2, clientOrderId: 5 }),
  command({ type: 'CancelOrder', userId: 1, clientOrderId: 4 }),
  command({ type: 'ReplaceOrder', userId: 2, clientOrderId: 6, originalClientOrderId: 5 }),
  command({ type: 'MassCancel', userId: 9 }),
  command({ type: 'EndSession', userId: 9 }),
];

const causeIn = (...events: EventInput[]): number => {
  const cause = causeOf(ENTRY, events.map(event));
  return cause === undefined ? -1 : ENTRY.indexOf(cause);
};

test('causeOf: the command of the user and number that the event names', () => {
  assert.equal(causeIn({ type: 'OrderAccepted', userId: 2, clientOrderId: 5 }), 1);
  assert.equal(causeIn({ type: 'OrderReplaced', userId: 2, clientOrderId: 6 }), 3);
  assert.equal(
    causeIn({ type: 'Trade', makerUserId: 2, makerClientOrderId: 5, takerUserId: 1, takerClientOrderId: 5 }),
    0,
  );
  const rejected = {
    type: 'CommandRejected',
    commandType: CommandType.CancelOrder,
    userId: 1,
    clientOrderId: 4,
  } as const;
  assert.equal(causeIn(rejected), 2);
});

test('causeOf: of a cancel what its reason says', () => {
  const canceled = { type: 'OrderCanceled', userId: 1, clientOrderId: 4 } as const;
  assert.equal(causeIn({ ...canceled, reason: CancelReason.Requested }), 2);
  assert.equal(causeIn({ ...canceled, reason: CancelReason.MassCancel }), 4);
  const byStaff = command({ type: 'CancelOrdersOfOthers', userId: 9 });
  const massCanceled = event({ ...canceled, reason: CancelReason.MassCancel });
  assert.equal(causeOf([...ENTRY.slice(0, 4), byStaff], [massCanceled]), byStaff);
  assert.equal(causeIn({ ...canceled, reason: CancelReason.Disconnected }), 5);
  assert.equal(causeIn({ ...canceled, reason: CancelReason.KillSwitch }), -1);
  assert.equal(causeIn({ ...canceled, clientOrderId: 5, reason: CancelReason.ImmediateOrCancel }), 0);
});

test('causeOf: none rather than a wrong one, and the only one there is', () => {
  assert.equal(causeIn({ type: 'OrderAccepted', userId: 3, clientOrderId: 5 }), -1);
  assert.equal(causeIn({ type: 'OrderTriggered', userId: 1, clientOrderId: 5 }), -1);
  assert.equal(causeOf(ENTRY.slice(4, 5), [event({ type: 'OrderTriggered' })]), ENTRY[4]);
});
