import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Role } from '#domain/commands.ts';
import { principalOf } from '../identity/principal.ts';
import { directoryOf, userAdded } from '../identity/test-support.ts';
import { BTCUSD, viewOf, viewsOf } from '../rest/test-support.ts';
import type { Connection } from '../websocket/connection.ts';
import { orderOperations } from './order-operations.ts';
import { type WsApiServices, WsApiSession } from './ws-api-session.ts';

const ORDER = {
  symbol: 'BTCUSD',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: '10.00',
  quantity: '1',
};

test('a request that waited too long for its turn enters no order: it cancels, and looks', async () => {
  const ann = principalOf(directoryOf(userAdded(1, 'ANN', { role: Role.Trader })).user(1)!);
  const asked: string[] = [];
  const orders = { open: () => [], byText: () => undefined, byOrderId: () => undefined };
  const user = { orders, place: () => void asked.push('place') };
  const sources = {
    views: { ...viewsOf([viewOf(BTCUSD)]), isReady: true },
    access: { prove: () => ann, charge: () => ({ allowed: true, limit: 10, remaining: 9 }) },
    desk: { open: async () => user },
  };
  const operations = new Map(
    orderOperations(sources as never).map((operation) => [operation.wsMethod, operation]),
  );
  const told: { readonly id: string }[] = [];
  const connection = { send: (text: string) => told.push(JSON.parse(text)) } as unknown as Connection;
  const counts = { messages: 0, refused: 0, late: 0, slow: 0 };
  const services = { sources, operations, failure: () => {} } as unknown as WsApiServices;
  const session = new WsApiSession(connection, services, counts, () => {});
  const say = async (method: string, params: object, isLate: boolean): Promise<object | undefined> => {
    const request = {
      id: method,
      method,
      params: { ...params, apiKey: '1', timestamp: 1, signature: 'a'.repeat(64) },
    };
    session.onText(
      JSON.stringify({ ...request, params: { ...request.params, returnRateLimits: false } }),
      isLate,
    );
    await setImmediate();
    return told.pop();
  };
  const busy = {
    code: -1008,
    msg: 'Server is currently overloaded with other requests. Please try again in a few minutes.',
  };
  for (const method of ['order.place', 'order.test']) {
    assert.deepEqual(await say(method, ORDER, true), { id: method, status: 503, error: busy });
  }
  assert.deepEqual([asked, counts], [[], { messages: 2, refused: 2, late: 2, slow: 0 }]);
  const none = { status: 400, error: { code: -2011, msg: 'Unknown order sent.' } };
  assert.deepEqual(await say('openOrders.cancelAll', { symbol: 'BTCUSD' }, true), {
    id: 'openOrders.cancelAll',
    ...none,
  });
  assert.deepEqual(await say('openOrders.status', {}, true), {
    id: 'openOrders.status',
    status: 200,
    result: [],
  });
  assert.equal(await say('order.place', ORDER, false), undefined);
  assert.deepEqual([asked, counts.late], [['place'], 2]);
});
