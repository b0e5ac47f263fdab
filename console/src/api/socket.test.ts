import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreachable } from './problem.ts';
import { ApiSocket } from './socket.ts';

/** Frames are taken by hand. */
globalThis.requestAnimationFrame = () => 0;
globalThis.location = new URL('http://venue/') as unknown as Location;
globalThis.document = new EventTarget() as Document;
globalThis.addEventListener = () => {};

/** A connection whose node takes everything, and says what the test says. */
class Line extends EventTarget {
  static readonly OPEN = 1;
  static newest: Line;
  readonly readyState = Line.OPEN;
  readonly asked: { readonly id: number; readonly op: string }[] = [];

  constructor() {
    super();
    Line.newest = this;
  }

  send(text: string): void {
    const request = JSON.parse(text);
    this.asked.push(request);
    queueMicrotask(() => this.say({ id: request.id, result: {} }));
  }

  close(): void {}

  say(message: object): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }));
  }

  get subscriptions(): number {
    return this.asked.filter(({ op }) => op === 'subscribe').length;
  }
}
globalThis.WebSocket = Line as unknown as typeof WebSocket;

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a channel that ended by itself is followed anew once, also where the connection is lost meanwhile', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  t.mock.method(Math, 'random', () => 0);
  const socket = new ApiSocket(
    () => undefined,
    () => {},
  );
  const open = async (): Promise<Line> => {
    Line.newest.dispatchEvent(new Event('open'));
    await settled();
    return Line.newest;
  };
  socket.start();
  const first = await open();
  socket.follow({
    channel: 'trades.X',
    isPrivate: false,
    params: () => ({}),
    onFollowing: () => {},
    onMessage: () => {},
    onStale: () => {},
    onProblem: () => {},
  });
  const failed = { channel: 'trades.X', type: 'failed', error: unreachable().problem };
  await settled();
  first.say(failed);
  first.say(failed);
  t.mock.timers.tick(1_000);
  await settled();
  assert.equal(first.subscriptions, 2);
  first.say(failed);
  first.dispatchEvent(new Event('close'));
  t.mock.timers.tick(250);
  const second = await open();
  assert.notEqual(second, first);
  t.mock.timers.tick(1_000);
  assert.equal(second.subscriptions, 1);
});
