import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommandType, Phase, SelfTradePrevention } from '#domain/commands.ts';
import {
  CancelReasonName,
  commandName,
  OrderStatusName,
  OrderTypeName,
  PhaseName,
  SelfTradePreventionName,
  SideName,
  TimeInForceName,
} from './names.ts';

test('names: the wire has these words and no others', () => {
  assert.deepEqual(SideName.all, ['buy', 'sell']);
  assert.deepEqual(OrderTypeName.all, ['limit', 'market', 'stop', 'stop-limit']);
  assert.deepEqual(TimeInForceName.all, [
    'day',
    'good-till-cancel',
    'immediate-or-cancel',
    'fill-or-kill',
    'good-till-date',
  ]);
  assert.deepEqual(OrderStatusName.all, [
    'open',
    'filled',
    'canceled',
    'expired',
    'rejected',
    'replaced',
    'unknown',
  ]);
  assert.deepEqual(PhaseName.all, [
    'closed',
    'pre-open',
    'opening-auction',
    'continuous',
    'volatility-auction',
    'halted',
    'closing-auction',
  ]);
  assert.deepEqual(CancelReasonName.all.slice(4, 7), [
    'post-only-would-trade',
    'market-remainder',
    'self-trade',
  ]);
});

test('names: numbers and words lead to each other; 0 is none unless it has a name', () => {
  for (const phase of Object.values(Phase)) assert.equal(PhaseName.numberOf(PhaseName.of(phase)), phase);
  assert.equal(PhaseName.numberOf('asleep'), undefined);
  assert.equal(PhaseName.ofOptional(0), undefined);
  assert.equal(SelfTradePreventionName.of(SelfTradePrevention.Default), 'default');
  assert.throws(() => SideName.of(3), new RangeError('3 is none of buy, sell'));
});

test('commandName: as in the log', () => {
  for (const [name, type] of Object.entries(CommandType)) assert.equal(commandName(type), name);
  assert.throws(() => commandName(200), new RangeError('200 is no command type'));
});
