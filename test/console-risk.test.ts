import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AccountFacts,
  exposedAssets,
  percentOf,
  roomOf,
  sorted,
  tightestOf,
} from '../console/src/screens/risk/accounts.ts';

type Account = AccountFacts & { readonly accountId: number };

function account(accountId: number, different: Partial<AccountFacts>): Account {
  return { accountId, headroom: '1.0000', exposure: [], limits: [], ...different };
}

const exposure = (asset: string, total: string) => ({ asset, positions: '0', openOrders: total, total });
const activity = (rejects: number, orderToTradeRatio?: string) => ({
  orders: 0,
  replaces: 0,
  cancels: 0,
  trades: 0,
  rejects,
  ...(orderToTradeRatio === undefined ? {} : { orderToTradeRatio }),
});
const ACCOUNTS = [
  account(1, { exposure: [exposure('USD', '9.00')], activity: activity(2, '-0.50') }),
  account(2, {
    exposure: [exposure('EUR', '5'), exposure('USD', '9007199254740993.00')],
    activity: activity(7),
  }),
  account(3, { exposure: [exposure('USD', '9007199254740992.99')], activity: activity(7, '12.25') }),
  account(4, {}),
];
const ids = (accounts: readonly Account[]) => accounts.map(({ accountId }) => accountId);

test('accounts: sorted exactly by exposure in one asset, by ratio and by rejects; else as they come', () => {
  assert.deepEqual(ids(sorted(ACCOUNTS, 'headroom', 'USD')), [1, 2, 3, 4]);
  assert.deepEqual(ids(sorted(ACCOUNTS, 'exposure', 'USD')), [2, 3, 1, 4]);
  assert.deepEqual(ids(sorted(ACCOUNTS, 'exposure', 'EUR')), [2, 1, 3, 4]);
  assert.deepEqual(ids(sorted(ACCOUNTS, 'ratio', 'USD')), [3, 1, 2, 4]);
  assert.deepEqual(ids(sorted(ACCOUNTS, 'rejects', 'USD')), [2, 3, 1, 4]);
  assert.deepEqual(exposedAssets(ACCOUNTS), ['USD', 'EUR']);
});

test('accounts: how tight they are, and by which limit', () => {
  const limits = [
    { name: 'ordersMax', limit: 4, used: 1, headroom: '0.7500' },
    { name: 'positionLotsMax', limit: 4, used: 5, headroom: '-0.2500' },
  ] as const;
  const margin = { asset: 'USD', used: '1', limit: '2', headroom: '0.5000' };
  assert.equal(
    tightestOf(account(1, { headroom: '-0.2500', limits: [...limits], margin })),
    'positionLotsMax',
  );
  assert.equal(tightestOf(account(1, { headroom: '0.5000', limits: [], margin })), 'margin');
  assert.equal(tightestOf(account(1, {})), undefined);
  assert.deepEqual(['-0.0001', '0.0000', '0.0999', '0.1000'].map(roomOf), ['over', 'full', 'tight', 'fine']);
  assert.deepEqual(['1.0000', '0.0099', '-0.2500', '-12.0000', '0.0000'].map(percentOf), [
    '100.00',
    '0.99',
    '-25.00',
    '-1200.00',
    '0.00',
  ]);
});
