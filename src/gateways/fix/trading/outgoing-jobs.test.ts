import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { FixApplicationSession } from '../session/application.ts';
import { AnswerPace, TURN_WEIGHT_MAX } from './answer-pace.ts';
import { OutgoingJobs } from './outgoing-jobs.ts';

/** Jobs of a session that is read at once, or not at all. */
function jobsOf(session: { isFull: boolean; drains: number }): OutgoingJobs {
  const pace = new AnswerPace(() => jobs.run());
  const read = {
    loggedOn: true,
    get isFull() {
      return session.isFull;
    },
    wantDrain: () => session.drains++,
  };
  const jobs: OutgoingJobs = new OutgoingJobs(read as unknown as FixApplicationSession, pace);
  return jobs;
}

test('OutgoingJobs: a turn sends 64 pieces, the next one goes on, in the order of the jobs', async () => {
  const session = { isFull: false, drains: 0 };
  const jobs = jobsOf(session);
  const sent: string[] = [];
  const add = (name: string, pieces: number, weight?: number): void => {
    let left = pieces;
    jobs.add(() => {
      sent.push(name);
      return --left === 0;
    }, weight);
  };
  add('a', 100);
  add('b', 40, 8);
  assert.equal(sent.length, TURN_WEIGHT_MAX);
  assert.equal(TURN_WEIGHT_MAX, 64);
  await turn();
  // 36 of one weigh 36, and 4 of eight are the first that make it full.
  assert.deepEqual([sent.length, sent.at(99), sent.at(100)], [104, 'a', 'b']);
  await turn();
  assert.equal(sent.length, 112);
  for (let turns = 0; turns < 4; turns++) await turn();
  assert.equal(sent.length, 140);
  assert.equal(session.drains, 0);
});

test('OutgoingJobs: 8 are taken; while nobody reads nothing is sent', async () => {
  const session = { isFull: true, drains: 0 };
  const jobs = jobsOf(session);
  let sent = 0;
  for (let job = 0; job < 8; job++) {
    assert.equal(jobs.isFull, false);
    jobs.add(() => ++sent > 0);
  }
  assert.equal(jobs.isFull, true);
  await turn();
  assert.deepEqual([sent, session.drains], [0, 1]);
  session.isFull = false;
  jobs.run();
  assert.deepEqual([sent, jobs.isFull], [8, false]);
});
