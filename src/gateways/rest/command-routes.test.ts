import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { encodeCommand } from '#codec/log/commands.ts';
import { CommandType } from '#domain/commands.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { RejectCode } from '#domain/rejects.ts';
import { OpenApiChecker } from '../../../test/support/openapi.ts';
import { UserDirectory } from '../identity/user-directory.ts';
import type { DeskUser } from '../orders/desk-user.ts';
import { UserUnavailableError } from '../orders/order-desk.ts';
import type { OnOutcome, Outcome } from '../orders/requests.ts';
import { UserOrders } from '../orders/user-orders.ts';
import { commandRoutes } from './command-routes.ts';
import { BTCUSD, ScriptedArchive, startServer, viewOf, viewsOf } from './test-support.ts';

const ORDER = { symbol: 'BTCUSD', side: 'buy', type: 'limit', quantity: '0.0002', price: '65000.00' };

/** How the next command ends, or why the user cannot be had. */
let next: Outcome | UserUnavailableError;
let areViewsReady = true;
const kept = new Map<number, string>();
const end = (onOutcome: OnOutcome) => onOutcome(next as Outcome);
const user = {
  userId: 1,
  accountId: 10,
  sequence: 5,
  orders: new UserOrders(),
  numberOf: () => 0,
  place: (_: unknown, onOutcome: OnOutcome) => end(onOutcome),
  massCancel: (_: unknown, onOutcome: OnOutcome) => end(onOutcome),
} as unknown as DeskUser;

const archive = new ScriptedArchive();
const views = viewsOf([viewOf(BTCUSD)]);
const { server, url } = await startServer(
  commandRoutes({
    get views() {
      return areViewsReady ? views : viewsOf([], false);
    },
    archive,
    directory: new UserDirectory(),
    desk: {
      opened: () => undefined,
      open: async () => {
        if (next instanceof UserUnavailableError) throw next;
        return user;
      },
    },
    administration: { send: (_user, _command, onOutcome) => end(onOutcome) },
    access: {
      changePassword: () => assert.fail('not asked'),
      passwordFor: () => assert.fail('not asked'),
      firstPassword: () => assert.fail('not asked'),
      secrets: {
        keep: (keyId: number, secret: string) => Boolean(kept.set(keyId, secret)),
        forget: (keyId: number) => void kept.delete(keyId),
      },
    } as never,
    isAccount: () => false,
    coreVersionMax: 1,
  }),
);
after(() => server.close());
const checker = new OpenApiChecker(server.document);

async function ask(method: string, path: string, body?: object): Promise<string> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${path.startsWith('/orders') ? 'ann' : 'root'}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as {
    code: string;
    detail: string;
    sequence?: number;
    retry: boolean;
  };
  const resource = `/api/v1${path.split('?')[0]}`;
  assert.deepEqual(checker.faults(method, resource, response.status, response.headers, answer), []);
  const later = response.headers.get('retry-after');
  const sequence = answer.sequence === undefined ? '' : ` (entry ${answer.sequence})`;
  return `${response.status} ${answer.code}${later === null ? '' : `, in ${later} s`}${answer.retry ? ', again' : ''}: ${answer.detail}${sequence}`;
}

test('an order that was not sent can be sent again; of one whose fate is unknown one can find out', async () => {
  const outcomes: readonly (readonly [typeof next, string])[] = [
    [
      { kind: 'refused', why: 'BUSY' },
      '503 busy, in 1 s, again: too many commands wait for their answer: send it again',
    ],
    [
      { kind: 'refused', why: 'UNAVAILABLE' },
      '503 history-behind, in 1 s, again: the order is a repeat, and it cannot be told now of which one: send it again',
    ],
    [
      { kind: 'unknown' },
      '504 outcome-unknown: ask for the order by its clientOrderId before you send it again, or send it again unchanged: with a clientOrderId it counts once',
    ],
    [
      { kind: 'rejected', rejectCode: RejectCode.ORDER_CAPACITY, sequence: 7 },
      '503 ORDER_CAPACITY, again: the venue holds its maximum of live orders (entry 7)',
    ],
    [
      new UserUnavailableError('STARTING', 'the edge is starting'),
      '503 starting, in 1 s, again: the edge is starting',
    ],
    [new UserUnavailableError('ARCHIVE', 'no answer'), '503 history-behind, in 1 s, again: no answer'],
    [new UserUnavailableError('UNKNOWN', 'no user 1'), '404 UNKNOWN_USER: no user 1'],
  ];
  for (const [outcome, answer] of outcomes) {
    next = outcome;
    assert.equal(await ask('POST', '/orders', ORDER), answer);
  }
  next = { kind: 'unknown' };
  assert.equal(
    await ask('DELETE', '/orders'),
    '504 outcome-unknown: ask for the open orders: /api/v1/orders/open',
  );
});

test('before the market is known nothing is sent', async () => {
  areViewsReady = false;
  next = { kind: 'unknown' };
  assert.equal(
    await ask('POST', '/orders', ORDER),
    '503 starting, in 1 s, again: the state of the market is being read: ask again',
  );
  areViewsReady = true;
});

test('a command of administration: not sent, fate unknown', async () => {
  const reason = 'test';
  next = { kind: 'refused', why: 'BUSY' };
  assert.equal(
    await ask('POST', '/admin/accounts', { reason }),
    '503 busy, in 1 s, again: too many commands wait for their answer: send it again',
  );
  next = { kind: 'unknown' };
  assert.equal(
    await ask('POST', '/admin/accounts', { reason }),
    '504 outcome-unknown: look for the command among your actions in the log (/api/v1/admin/actions) before you send it again',
  );
});

test('a trade that is taken back is looked for as of everything that the door has seen, or as of what the request says, by who asks', async () => {
  const told = async (query: string) => {
    const answer = await ask('DELETE', `/admin/trades/8?reason=test${query}`);
    assert.match(answer, /^404 UNKNOWN_TRADE: history has no trade 8/);
    return [archive.asked.at(-1), archive.askers.at(-1)];
  };
  archive.answers.fillsOfTrade = [];
  const query = { type: 'fillsOfTrade', tradeId: 8 };
  assert.deepEqual(await told(''), [{ query, atSequence: 100 }, 4]);
  assert.deepEqual(await told('&atSequence=90'), [{ query, atSequence: 100 }, 4]);
  assert.deepEqual(await told('&atSequence=110'), [{ query, atSequence: 110 }, 4]);
});

test('a deposit: fate unknown, a repeat whose first is known, and not', async () => {
  const deposit = (requestId = 'wire-1') =>
    ask('POST', '/admin/accounts/10/deposits', { asset: 'USD', amount: '1', requestId, reason: 'test' });
  next = { kind: 'unknown' };
  assert.equal(await deposit(), '504 outcome-unknown: send it again unchanged: its requestId counts once');
  next = { kind: 'rejected', rejectCode: RejectCode.DUPLICATE_REQUEST_ID, sequence: 9 };
  const row = (sequence: number, requestId: string, rejectCode = 0) => ({
    sequence,
    commandType: CommandType.Deposit,
    rejectCode,
    commandHex: Buffer.from(encodeCommand({ type: 'Deposit', requestId })).toString('hex'),
  });
  const rows = [
    row(8, 'wire-1', RejectCode.DUPLICATE_REQUEST_ID),
    row(7, 'wire-2'),
    row(6, 'wire-1'),
    { ...row(5, ''), commandHex: '' },
  ];
  archive.answers.adminActions = { rows, cursor: undefined };
  const advice = 'nothing was changed. For another deposit or withdrawal use another requestId (entry 9)';
  assert.equal(
    await deposit(),
    `409 DUPLICATE_REQUEST_ID: your request wire-1 was applied already, by entry 6: ${advice}`,
  );
  assert.deepEqual(archive.asked.at(-1), {
    query: { type: 'adminActions', userId: 4, limit: 1_000 },
    atSequence: 9,
  });
  const unknown = `409 DUPLICATE_REQUEST_ID: your request old was applied already: ${advice}`;
  assert.equal(await deposit('old'), unknown);
  archive.answers.adminActions = new ArchiveRefusedError('LATE', 'not yet');
  assert.equal(await deposit('old'), unknown);
});

test('the secret of an HMAC key stays while the key may stand', async () => {
  const key = { kind: 'hmac', keyId: 9, reason: 'test' };
  next = { kind: 'rejected', rejectCode: RejectCode.CAPACITY, sequence: 3 };
  assert.match(await ask('POST', '/keys', key), /^409 CAPACITY/);
  assert.equal(kept.size, 0);
  next = { kind: 'unknown' };
  assert.match(await ask('POST', '/keys', key), /^504 outcome-unknown/);
  assert.deepEqual([...kept.keys()], [9]);
  next = { kind: 'refused', why: 'BUSY' };
  kept.clear();
  assert.match(await ask('POST', '/keys', key), /^503 busy/);
  assert.equal(kept.size, 0);
});
