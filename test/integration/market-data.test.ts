import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ItchClient } from '#app/itch-client.ts';
import { type RunningNode, startNode } from '#app/node.ts';
import { ItchType } from '#codec/itch/itch-messages.ts';
import { nodeConfig } from '../support/node-config.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const QUIET = { info: () => {}, warn: () => {}, error: () => {} };
const LOGIN = { username: '', password: '', session: '', sequenceNumber: 1 };

async function start(t: TestContext, nodeId: number): Promise<RunningNode> {
  const directory = temporaryDirectory('market-data');
  const node = await startNode(nodeConfig(directory, { nodeId, http: undefined, fix: undefined }), QUIET);
  t.after(() => node.close());
  return node;
}

interface Follower {
  readonly session: string;
  /** Event codes of the system events. */
  readonly events: string[];
  /** Resolves with the server's last word. */
  readonly end: Promise<string>;
}

/** A client of the live feed, from its first message on. */
async function follow(port: number): Promise<Follower> {
  const loggedIn = Promise.withResolvers<string | undefined>();
  const ended = Promise.withResolvers<string>();
  const events: string[] = [];
  new ItchClient({ port }, LOGIN, {
    onLogin: loggedIn.resolve,
    onMessage: ({ type, eventCode }) => {
      if (type === ItchType.SystemEvent) events.push(String.fromCharCode(eventCode));
    },
    onEnd: (reason) => {
      loggedIn.resolve(undefined);
      ended.resolve(reason);
    },
  });
  const session = await loggedIn.promise;
  if (session !== undefined) return { session, events, end: ended.promise };
  assert.equal(await ended.promise, 'no session: the feed is starting: log in again');
  return follow(port);
}

test('feed: sessions of two nodes, whose messages are not the same, have two names', async (t) => {
  const [one, other] = [await start(t, 1), await start(t, 2)];
  const sessions = [await follow(one.marketDataPort), await follow(other.marketDataPort)];
  assert.notEqual(sessions[0].session, sessions[1].session);
});

test('feed: when the node stops, its clients get the last message of the session and End of Session', async (t) => {
  const node = await start(t, 1);
  const { events, end } = await follow(node.marketDataPort);
  await node.close();
  assert.equal(await end, 'the node stops');
  assert.deepEqual(events, ['O', 'C']);
});
