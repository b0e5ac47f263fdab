import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import type { ClusterView, MirrorView } from '../cluster/cluster-nodes.ts';
import { serveNode } from './node-socket.ts';
import { clusterText, type Status, statusText } from './status-command.ts';
import { runCli } from './test-support.ts';

const VIEW: ClusterView = {
  stream: 'HIVE',
  firstSequence: 1,
  lastSequence: 90,
  bytes: 2_048,
  replicas: [{ server: 'n1', isLeader: true, isCurrent: true, lagEntries: 0, silentMs: 0 }],
  hasQuorum: true,
  mirror: undefined,
  fixMirror: undefined,
  nodes: [],
};
const mirrorOf = (lagEntries: number): MirrorView => ({ domain: 'first', lagEntries, silentMs: 40 });

test('status --cluster: says which entries the log has, or that it has none', () => {
  const [first] = clusterText(VIEW).split('\n');
  assert.equal(first, 'log HIVE: entries 1 to 90, 0.00 MB; it has a quorum');
  const [none] = clusterText({ ...VIEW, firstSequence: 0, lastSequence: 0 }).split('\n');
  assert.equal(none, 'log HIVE: no entries, 0.00 MB; it has a quorum');
});

/** What is said of mirrors. */
const mirrorLines = (view: ClusterView): string[] =>
  clusterText(view)
    .split('\n')
    .filter((line) => line.includes('mirror'));

test('status --cluster: says of each mirror how far it is behind', () => {
  assert.deepEqual(mirrorLines(VIEW), []);
  const log = { ...VIEW, mirror: mirrorOf(7) };
  const ofLog = '  it mirrors the log of domain first: 7 entries behind, heard 40 ms ago';
  assert.deepEqual(mirrorLines(log), [ofLog]);
  assert.deepEqual(mirrorLines({ ...log, fixMirror: mirrorOf(3) }), [
    ofLog,
    '  its FIX sessions are mirrored, too: 3 records behind, heard 40 ms ago',
  ]);
  assert.match(mirrorLines({ ...VIEW, mirror: mirrorOf(1) })[0], /: 1 entry behind, /);
  const never = { ...mirrorOf(0), silentMs: undefined };
  assert.match(mirrorLines({ ...VIEW, mirror: never })[0], /: 0 entries behind, not heard yet$/);
});

const LISTENER = { host: '127.0.0.1', port: 1, snapshotPort: 2 };
/** Of what a node answers, what the text cannot do without. */
const ANSWER = { ouch: LISTENER, marketData: LISTENER, threads: {}, logTimeOffsetMs: 0, wallClockJumps: 0 };

/** What is said of doubts and jumps of the clock. */
function countsOf(doubts: number, wallClockJumps: number): (string | undefined)[] {
  const log = { isConnected: true, server: 'n1', leader: 'n1', lagEntries: 0, doubts, lastDoubt: 'timeout' };
  const status = {
    ...{ ...ANSWER, wallClockJumps, clock: {} },
    cluster: { stream: 'HIVE', log, peers: [], agreedSequence: 0 },
  };
  const text = statusText(status as unknown as Status);
  return [/0 behind, (.*)$/m.exec(text)?.[1], /which (jumped .*)$/m.exec(text)?.[1]];
}

test('status: one of something is told as one', () => {
  assert.deepEqual(countsOf(0, 0), ['no doubts', 'jumped 0 times since the start']);
  assert.deepEqual(countsOf(1, 1), ['1 doubt, the last: timeout', 'jumped 1 time since the start']);
  assert.deepEqual(countsOf(2, 2), ['2 doubts, the last: timeout', 'jumped 2 times since the start']);
});

test('status: says whether the wall clock of the machine is synchronised, as its time service has it', async () => {
  const directory = temporaryDirectory('status');
  const stop = await serveNode(directory, () => ANSWER);
  const chronyc = join(directory, 'chronyc');
  writeFileSync(
    chronyc,
    '#!/bin/sh\necho "A9FEA97B,x,4,1700000000.5,-0.000012,0,0,0,0,0,0.0004,0.0001,16,$LEAP"\n',
  );
  chmodSync(chronyc, 0o755);
  const said = async (leap: string, ...options: string[]): Promise<string> => {
    const env = { PATH: `${directory}${delimiter}${process.env['PATH']}`, LEAP: leap };
    const { status, stdout, stderr } = await runCli(['status', '--data-dir', directory, ...options], env);
    assert.deepEqual([status, stderr], [0, '']);
    return stdout;
  };
  const rowOf = (text: string): string | undefined => /^wall clock +(.*)$/m.exec(text)?.[1];
  assert.equal(rowOf(await said('Normal')), 'synchronised: 0.012 ms ahead of true time, within 0.312 ms');
  assert.equal(
    rowOf(await said('Not synchronised')),
    'NOT SYNCHRONISED: start or mend its time service (docs/operations/runbooks.md, "HiveClockUnsynchronised")',
  );
  assert.deepEqual(JSON.parse(await said('Normal', '--json')).clock, {
    offsetSeconds: 0.000012,
    maxErrorSeconds: 0.000312,
    isSynchronised: true,
  });
  await stop();
});

test('status: where nothing says how the wall clock is, it says so', () => {
  const clock = { offsetSeconds: undefined, maxErrorSeconds: undefined, isSynchronised: false };
  const text = statusText({ ...ANSWER, clock } as unknown as Status);
  assert.match(text, /^wall clock +nothing here says whether it is synchronised$/m);
});
