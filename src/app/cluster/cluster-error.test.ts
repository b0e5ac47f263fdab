import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream';
import {
  ClosedConnectionError,
  NoRespondersError,
  PermissionViolationError,
  RequestError,
  TimeoutError,
} from '@nats-io/transport-node';
import { operational } from '../cli/cli-error.ts';
import { ExitCode } from '../cli/exit-codes.ts';
import { ClusterError, clusterErrorOf } from './cluster-error.ts';

const api = (code: number, description: string): Error =>
  new JetStreamApiError({ code, err_code: 10_000, description });

for (const [error, code, exitCode] of [
  [new TimeoutError(), 'NO_ANSWER', ExitCode.NotReachable],
  [new RequestError('timeout'), 'NO_ANSWER', ExitCode.NotReachable],
  [new NoRespondersError('$JS.API.INFO'), 'NO_ANSWER', ExitCode.NotReachable],
  [new ClosedConnectionError(), 'NO_ANSWER', ExitCode.NotReachable],
  [api(503, 'JetStream system temporarily unavailable'), 'NO_ANSWER', ExitCode.NotReachable],
  [api(500, 'no suitable peers for placement'), 'REFUSED', ExitCode.Failure],
  [new JetStreamError('jetstream is not enabled'), 'REFUSED', ExitCode.Failure],
  [new PermissionViolationError('no', 'publish', 'HIVE'), 'REFUSED', ExitCode.Failure],
] as const) {
  test(`${error.name} (${error.message}) of the client is a ClusterError ${code}, no bug`, () => {
    const named = clusterErrorOf(error);
    assert.ok(named instanceof ClusterError);
    assert.deepEqual([named.code, named.cause], [code, error]);
    assert.ok(named.message.includes(`(${error.message})`));
    assert.deepEqual(operational(named), { message: named.message, exitCode });
  });
}

test('an error that crossed threads is known by its name', () => {
  const error = Object.assign(new Error('timeout'), { name: 'TimeoutError' });
  assert.equal((clusterErrorOf(error) as ClusterError).code, 'NO_ANSWER');
});

test('what the client did not throw stays what it is', () => {
  for (const error of [new Error('no'), new TypeError('no'), new ClusterError('EXISTS', 'no'), 'no'])
    assert.equal(clusterErrorOf(error), error);
});
