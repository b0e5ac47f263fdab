import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Action } from '#domain/permissions.ts';
import { BinanceError } from './errors.ts';
import type { Operation } from './operations.ts';
import { Params, paramsOfForms } from './params.ts';
import { perform, readCharged } from './perform.ts';
import { TimeUnit } from './texts.ts';

/** A rate limit of 20 units for everybody. */
function limited() {
  const taken: unknown[] = [];
  const access = {
    charge: (principal: unknown, address: string | undefined, weight = 1) => {
      const remaining = 20 - 5 * (taken.length + 1);
      taken.push([principal, address, weight]);
      return { allowed: remaining >= 0, limit: 20, remaining, resetMs: 0, retryAfterMs: 100 };
    },
  };
  return { access, taken };
}

const sender = {
  address: '10.0.0.1',
  timeUnit: TimeUnit.Millisecond,
  onRate: () => {},
  onMember: () => {},
};
const account: Operation = {
  method: 'GET',
  path: '/account',
  weight: 5,
  action: Action.ViewOwnAccount,
  prepare: () => () => ({}),
};

test('a request whose proof or parameters cannot be read counts as one of nobody', async () => {
  const { access, taken } = limited();
  const unsigned = {
    ...sender,
    prove: () => {
      throw new BinanceError('MANDATORY_PARAM_EMPTY_OR_MALFORMED', 'signature');
    },
  };
  for (let i = 0; i < 2; i++)
    await assert.rejects(perform(access, account, new Params(new Map()), unsigned), { code: -1102 });
  for (let i = 0; i < 2; i++)
    assert.throws(() => readCharged(access, 5, sender, () => paramsOfForms('a=1&a=2')), { code: -1101 });
  assert.deepEqual(taken, Array(4).fill([undefined, '10.0.0.1', 5]));
  await assert.rejects(perform(access, account, new Params(new Map()), unsigned), { code: -1003 });
  assert.throws(() => readCharged(access, 5, sender, () => paramsOfForms('a=1&a=2')), { code: -1003 });
});

test('a request that can be read is charged once', async () => {
  const { access, taken } = limited();
  const params = readCharged(access, 5, sender, () => new Params(paramsOfForms('')));
  await assert.rejects(perform(access, account, params, { ...sender, prove: () => undefined }));
  assert.equal(taken.length, 1);
});
