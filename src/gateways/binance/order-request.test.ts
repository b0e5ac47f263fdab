import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readNewOrder } from './order-request.ts';
import { Params, paramsOfForms } from './params.ts';

const ORDER = 'symbol=BTCUSD&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2';

test('a new order: names that every JavaScript object has are none of its values', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    for (const [field, code] of [
      ['side', -1117],
      ['type', -1116],
      ['timeInForce', -1115],
      ['newOrderRespType', -1130],
      ['selfTradePreventionMode', -1130],
    ] as const) {
      const others = ORDER.split('&').filter((part) => !part.startsWith(`${field}=`));
      const params = new Params(paramsOfForms(...others, `${field}=${name}`));
      assert.throws(() => readNewOrder(params), { code }, `${field}=${name}`);
    }
  }
  assert.equal(readNewOrder(new Params(paramsOfForms(ORDER))).symbol, 'BTCUSD');
});
