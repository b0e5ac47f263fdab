import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreachable } from '../../api/problem.ts';
import type { RestClient } from '../../api/rest.ts';
import type { ApiSocket } from '../../api/socket.ts';
import { CandlesStore, type Interval, SECONDS } from './candles-store.ts';

/** Frames are taken by hand. */
const frames: (() => void)[] = [];
globalThis.requestAnimationFrame = (callback) => frames.push(() => callback(0));

interface Question {
  readonly query: { readonly interval: Interval; readonly from?: string; readonly to?: string };
  /** @param next where the next question goes on */
  answer(seconds: readonly number[], next?: number): Promise<void>;
  fail(): Promise<void>;
}

const timeOf = (seconds: number): string => `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`;
const candle = (seconds: number, volume = '1') => ({
  openTime: timeOf(seconds),
  open: '1',
  high: '1',
  low: '1',
  close: '1',
  volume,
});
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const questions: Question[] = [];
  const rest = {
    get: (_path: string, query: Question['query']) => {
      const { promise, resolve, reject } = Promise.withResolvers<object>();
      questions.push({
        query,
        answer: (seconds, next) => {
          resolve({
            items: seconds.map((one) => candle(one)),
            ...(next === undefined ? {} : { nextFrom: timeOf(next) }),
          });
          return settled();
        },
        fail: () => {
          reject(unreachable());
          return settled();
        },
      });
      return promise;
    },
  };
  const socket = { follow: () => {}, unfollow: () => {} } as unknown as ApiSocket;
  const store = new CandlesStore(socket, rest as unknown as RestClient, 'X', '1s', () => {});
  store.subscribe(() => {});
  const say = (seconds: number, volume?: string) =>
    store.onMessage({ channel: 'candles.X.1s', type: 'changes', items: [candle(seconds, volume)] } as never);
  const shown = () => {
    for (const frame of frames.splice(0)) frame();
    const { value, isStale } = store.get();
    return { times: value?.bars.map(({ time }) => time), isStale };
  };
  const volumes = () => {
    shown();
    return store.get().value?.bars.map(({ volume }) => volume);
  };
  return { store, say, shown, volumes, questions };
}

test('candles of the past that do not come are asked for again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { store, say, shown, questions } = setUp();
  store.onFollowing();
  await questions[0].fail();
  say(900);
  t.mock.timers.tick(1_000);
  await questions[1].answer([800, 900]);
  assert.deepEqual(shown(), { times: [800, 900], isStale: false });
});

test('after a loss the candles since the last one are read, however many, also behind a question that was under way', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 3_000_000 });
  const { store, say, shown, questions } = setUp();
  store.onFollowing();
  await questions[0].answer([800, 900]);
  store.loadOlder();
  store.onStale();
  store.onFollowing();
  // The newest one is live: what lies between it and the last one before the loss is lacking.
  say(3_000);
  assert.equal(shown().isStale, true);
  await questions[1].answer([700]);
  assert.deepEqual(questions[2].query.from, '1970-01-01T00:15:00Z');
  await questions[2].answer([900, 1_300], 1_400);
  assert.deepEqual(questions[3].query.from, '1970-01-01T00:23:20Z');
  await questions[3].answer([2_000, 3_000]);
  assert.deepEqual(shown(), { times: [700, 800, 900, 1_300, 2_000, 3_000], isStale: false });
});

test('what was told of a candle is not undone by an answer that was on its way', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const { store, say, volumes, questions } = setUp();
  store.onFollowing();
  say(900, '7');
  await questions[0].answer([800, 900]);
  assert.deepEqual(volumes(), [1, 7]);
  // After a loss the answer knows more of the candle that was told of last.
  store.onStale();
  store.onFollowing();
  await questions[1].answer([900, 901]);
  assert.deepEqual(volumes(), [1, 1, 1]);
});

test('candles are found behind any time in which nothing was traded', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000_000 });
  const { store, shown, questions } = setUp();
  // Traded at 800,007 s and at 100,003 s; it is 1,000,000 s now.
  const traded = [800_007, 100_003];
  const answer = async (): Promise<number> => {
    let count = 0;
    for (let next = questions.shift(); next !== undefined; next = questions.shift()) {
      const { interval, from = timeOf(999_501), to = timeOf(1_000_001) } = next.query;
      const length = SECONDS[interval];
      const opened = traded.map((at) => Math.floor(at / length) * length);
      const isAsked = (at: number): boolean => at >= Date.parse(from) / 1_000 && at < Date.parse(to) / 1_000;
      count++;
      await next.answer(opened.filter(isAsked).sort((a, b) => a - b));
    }
    return count;
  };
  store.onFollowing();
  assert.ok((await answer()) < 12);
  assert.deepEqual(shown(), { times: [800_007], isStale: false });
  store.loadOlder();
  assert.ok((await answer()) < 12);
  assert.deepEqual(shown().times, [100_003, 800_007]);
  store.loadOlder();
  assert.ok((await answer()) < 12);
  store.loadOlder();
  assert.equal(questions.length, 0);
});
