import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SessionFacts } from '#codec/json/session-json.ts';
import { PARTICIPANTS } from './participants.ts';
import { ReplayClaim } from './replay-claim.ts';

/** A log with the sessions of two nodes, which opens them when it is told to. */
class Sessions {
  readonly open: SessionFacts[] = [];
  readonly #asked: { readonly facts: SessionFacts; readonly opened: PromiseWithResolvers<void> }[] = [];
  readonly #onEnded = new Map<string, (reason: string | undefined) => void>();
  #last = 0;

  claimOf(nodeId: number): ReplayClaim {
    return new ReplayClaim({
      nodeId,
      openSessions: () => this.open,
      sessions: {
        open: (userId, door, cancelOnDisconnect, onEnded) => {
          const sessionId = ++this.#last;
          const facts = { nodeId, sessionId, userId, door, cancelOnDisconnect, openedSeconds: 0 };
          this.#asked.push({ facts, opened: Promise.withResolvers() });
          this.#onEnded.set(`${nodeId}.${sessionId}`, onEnded);
          return sessionId;
        },
        opened: (sessionId) =>
          this.#asked.find(({ facts }) => facts.sessionId === sessionId)?.opened.promise ?? Promise.resolve(),
        close: (sessionId) => this.#remove(nodeId, sessionId),
      },
    });
  }

  /** What was asked for is in the log, in that order. */
  settle(): void {
    for (const { facts } of this.#asked) this.open.push(facts);
    for (const { opened } of this.#asked.splice(0)) opened.resolve();
  }

  /** The venue ends the sessions of a node. */
  end(nodeId: number, reason: string | undefined): void {
    for (const { sessionId } of this.open.filter((session) => session.nodeId === nodeId)) {
      this.#remove(nodeId, sessionId);
      this.#onEnded.get(`${nodeId}.${sessionId}`)?.(reason);
    }
  }

  /** As a node sees it that is late with the news. */
  reopen(facts: SessionFacts): void {
    this.open.push(facts);
  }

  #remove(nodeId: number, sessionId: number): void {
    const at = this.open.findIndex((one) => one.nodeId === nodeId && one.sessionId === sessionId);
    if (at !== -1) this.open.splice(at, 1);
  }
}

const isRefused = { code: 'replay-running', message: /^node 1 replays in this venue: stop it there first/ };

test('ReplayClaim: one node has it; another one is refused until it is given back', async () => {
  const log = new Sessions();
  const [one, two] = [log.claimOf(1), log.claimOf(2)];
  const taken = one.take(() => assert.fail('not lost'));
  log.settle();
  await taken;
  assert.deepEqual(
    log.open.map(({ userId, door, cancelOnDisconnect }) => [userId, door, cancelOnDisconnect]),
    [[PARTICIPANTS[0], 0, false]],
  );
  await assert.rejects(
    two.take(() => {}),
    isRefused,
  );
  one.release();
  const next = two.take(() => {});
  log.settle();
  await next;
  assert.deepEqual(
    log.open.map(({ nodeId }) => nodeId),
    [2],
  );
});

test('ReplayClaim: one that was just given back, which the log has not closed yet, does not stand in the way of its own node', async () => {
  const log = new Sessions();
  const claim = log.claimOf(1);
  const first = claim.take(() => {});
  log.settle();
  await first;
  const [facts] = log.open;
  claim.release();
  log.reopen(facts);
  const second = claim.take(() => {});
  log.settle();
  await second;
  await assert.rejects(
    log.claimOf(2).take(() => {}),
    isRefused,
  );
});

test('ReplayClaim: of two that ask at once the first in the log has it', async () => {
  const log = new Sessions();
  const both = [log.claimOf(1).take(() => {}), log.claimOf(2).take(() => {})];
  log.settle();
  await both[0];
  await assert.rejects(both[1], isRefused);
  assert.deepEqual(
    log.open.map(({ nodeId }) => nodeId),
    [1],
  );
});

test('ReplayClaim: the venue may end it, and then another one may have it', async () => {
  const log = new Sessions();
  const lost: string[] = [];
  const taken = log.claimOf(1).take((reason) => lost.push(reason));
  log.settle();
  await taken;
  log.end(1, undefined);
  assert.deepEqual(lost, ['another node took this one for dead']);
  const next = log.claimOf(2).take((reason) => lost.push(reason));
  log.settle();
  await next;
  log.end(2, 'the venue ended the session: enough');
  assert.equal(lost[1], 'the venue ended the session: enough');
});
