import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channels, socket } from '../../console.ts';
import { FiguresStore, figuresStore } from './figures-store.ts';

/** Frames are taken by hand. */
const frames: (() => void)[] = [];
globalThis.requestAnimationFrame = (callback) => frames.push(() => callback(0));
function takeFrame(): void {
  for (const frame of frames.splice(0)) frame();
}

test('what is told all the time is old when nothing is told any more', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  for (const [store, said] of [
    [channels.steadyPrivate('cluster'), { cluster: { nodes: [] } }],
    [channels.steadyPrivate('risk'), { risk: { items: [] } }],
    [figuresStore(), { figures: { nodeId: 1, periodMs: 1_000 } }],
  ] as const) {
    const isStale = (): boolean => {
      takeFrame();
      return store.get().isStale;
    };
    const leave = store.subscribe(() => {});
    const { channel } = store;
    const say = (): void => store.onMessage({ channel, type: channel, ...said });
    say();
    t.mock.timers.tick(4_000);
    say();
    t.mock.timers.tick(4_000);
    assert.equal(isStale(), false);
    t.mock.timers.tick(1_000);
    assert.equal(isStale(), true);
    say();
    assert.equal(isStale(), false);
    leave();
  }
  channels.forgetPrivate();
});

test('charts of a node have nothing of another one', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const store = new FiguresStore(socket, () => {});
  const say = (nodeId: number): void =>
    store.onMessage({ channel: 'figures', type: 'figures', figures: { nodeId, periodMs: 1_000 } } as never);
  const shown = () => {
    takeFrame();
    return store.get().value?.samples.map(({ figures }) => figures?.nodeId);
  };
  say(1);
  say(1);
  assert.deepEqual(shown(), [1, 1]);
  store.onStale();
  say(2);
  assert.deepEqual(shown(), [2]);
});
