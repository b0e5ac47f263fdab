import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstAnswer } from './retry-wait.ts';

test('firstAnswer: asks again while a question is lost, and takes whichever is answered first', async () => {
  const lost = new Promise<undefined>(() => {});
  const answers = [undefined, lost, Promise.resolve(undefined), Promise.resolve('here')];
  let asked = 0;
  const answer = await firstAnswer(
    () => answers[asked++],
    () => false,
  );
  assert.deepEqual([answer, asked], ['here', 4]);
});

test('firstAnswer: the answer to an earlier question counts', async () => {
  const first = Promise.withResolvers<string>();
  let asked = 0;
  const answer = await firstAnswer(
    () => {
      if (++asked === 1) return first.promise;
      first.resolve('late');
      return new Promise<undefined>(() => {});
    },
    () => false,
  );
  assert.deepEqual([answer, asked], ['late', 2]);
});

test('firstAnswer: nothing when it is over', async () => {
  let asked = 0;
  const answer = await firstAnswer(
    async () => void asked++,
    () => asked === 2,
  );
  assert.deepEqual([answer, asked], [undefined, 2]);
});
