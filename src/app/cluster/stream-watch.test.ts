import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StreamError } from '#log/jetstream/stream-error.ts';
import { StreamWatch } from './stream-watch.ts';

test('StreamWatch: says what is not safe once, and when it is safe again; silence of the servers is no verdict', async () => {
  const said: string[] = [];
  const told: (string | undefined)[] = [];
  let answer: Error | undefined;
  const line = (_: object, message: string): void => void said.push(message);
  const watch = new StreamWatch({
    check: () => (answer === undefined ? Promise.resolve() : Promise.reject(answer)),
    logger: { info: line, warn: line, error: line },
    onChange: (problem) => told.push(problem),
    lookMs: 0,
  });
  const unsafe = new StreamError('UNSAFE_SETTING', 'max_age is 1');
  for (const next of [undefined, new Error('timeout'), unsafe, unsafe, new Error('timeout'), undefined]) {
    answer = next;
    await watch.step();
  }
  assert.deepEqual(said, [
    'the stream of the log was changed while nodes run: max_age is 1',
    'the stream of the log is safe again',
  ]);
  assert.deepEqual(told, ['max_age is 1', undefined]);
});

test('StreamWatch: looks no more often than it should, and once at a time', async () => {
  let looks = 0;
  const answered = Promise.withResolvers<void>();
  const options = { logger: { info: () => {}, warn: () => {}, error: () => {} }, onChange: () => {} };
  const check = (): Promise<void> => {
    looks++;
    return answered.promise;
  };
  const hasty = new StreamWatch({ ...options, check, lookMs: 0 });
  const steps = [hasty.step(), hasty.step()];
  answered.resolve();
  await Promise.all(steps);
  assert.equal(looks, 1);
  await new StreamWatch({ ...options, check }).step();
  assert.equal(looks, 1);
});
