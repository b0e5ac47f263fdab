import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bytesText,
  countText,
  hashText,
  microsecondsText,
  offsetText,
} from '../console/src/screens/operate/texts.ts';
import { findingsOf, levelOfNode, wellText, worst } from '../console/src/screens/operate/verdict.ts';
import type { ClusterView, NodeView } from '../console/src/screens/operate/views.ts';

const NODE: NodeView = {
  nodeId: 1,
  isSelf: true,
  state: 'serving',
  version: '1.0.0',
  coreVersion: 1,
  sequence: 100,
  lagEntries: 0,
  stateHash: '0123456789abcdef',
  agrees: 'yes',
  server: 'a',
  clockOffsetMs: 0,
  silentMs: 0,
};
const STREAM: NonNullable<ClusterView['stream']> = {
  name: 'HIVE',
  leader: 'a',
  hasQuorum: true,
  replicas: [
    { server: 'a', isLeader: true, isCurrent: true, lagEntries: 0, silentMs: 0 },
    { server: 'b', isLeader: false, isCurrent: true, lagEntries: 0, silentMs: 0 },
  ],
  firstSequence: 1,
  lastSequence: 100,
  bytes: 1,
};
const said = (cluster: ClusterView) => findingsOf(cluster).map(({ level, text }) => `${level}: ${text}`);
const of = (different: Partial<NodeView>) => said({ nodes: [{ ...NODE, ...different }] });

test('verdict: nothing is wrong with nodes that serve and agree', () => {
  assert.deepEqual(said({ nodes: [NODE, { ...NODE, nodeId: 2, isSelf: false }], stream: STREAM }), []);
  assert.equal(worst([]), 'good');
  assert.equal(wellText({ nodes: [NODE] }), 'The node serves, and both copies of its state agree.');
  assert.equal(
    wellText({ nodes: [NODE, NODE], stream: STREAM }),
    '2 of 2 nodes serve, and their states agree.',
  );
  const busy = { server: 'c', isLeader: false, isCurrent: false, lagEntries: 3, silentMs: 200 };
  assert.deepEqual(said({ nodes: [NODE], stream: { ...STREAM, replicas: [...STREAM.replicas, busy] } }), []);
  const { silentMs: _, ...unheard } = busy;
  assert.equal(worst(findingsOf({ nodes: [NODE], stream: { ...STREAM, replicas: [unheard] } })), 'warn');
  assert.deepEqual(of({ agrees: 'unknown', lagEntries: 900, clockOffsetMs: -900 }), []);
});

test('verdict: each thing that can be wrong, by how bad it is', () => {
  assert.deepEqual(of({ state: 'silent', silentMs: 65_000 }), ['bad: Node 1 has not answered for 1 m 05 s.']);
  assert.deepEqual(of({ state: 'stopped', reason: 'disk full' }), ['bad: Node 1 has stopped: disk full.']);
  assert.deepEqual(of({ agrees: 'no' }), ['bad: Node 1, this one, has a state that is not confirmed.']);
  assert.deepEqual(of({ agrees: 'no', isSelf: false }), ['bad: Node 1 has another state than this node.']);
  assert.deepEqual(of({ state: 'recovering' }), ['warn: Node 1 applies what it missed.']);
  assert.deepEqual(of({ state: 'observing' }), ['warn: Node 1 observes: it serves nobody.']);
  assert.deepEqual(of({ lagEntries: 12_345 }), ['warn: Node 1 is 12\u2009345 entries behind the log.']);
  assert.deepEqual(of({ clockOffsetMs: -2_500 }), ['warn: The clock of node 1 is off by \u22122.5\u2009s.']);
  assert.equal(levelOfNode({ ...NODE, state: 'silent' }), 'bad');
  assert.deepEqual(said({ nodes: [NODE], stream: { ...STREAM, problem: 'discard' } }), [
    'bad: The settings of the log are not safe: discard.',
  ]);
  const two = [NODE, { ...NODE, nodeId: 2, version: '1.1.0', state: 'recovering' as const }];
  const behind = { server: 'b', isLeader: false, isCurrent: false, lagEntries: 7, silentMs: 4_000 };
  const stream = { ...STREAM, hasQuorum: false, leader: '', replicas: [STREAM.replicas[0], behind] };
  assert.deepEqual(said({ nodes: two, stream }), [
    'bad: The log has no quorum: no order becomes durable.',
    'bad: No server leads the log.',
    'warn: Node 2 applies what it missed.',
    'warn: The copy of the log on b is 7 entries behind, or gone.',
    'warn: The nodes run different builds: 1.0.0 (1), 1.1.0 (2).',
  ]);
});

test('texts of figures: the unit that suits', () => {
  assert.deepEqual([0, 999, 1_000, 123_456, 1_500_000].map(microsecondsText), [
    '0\u2009\u00b5s',
    '999\u2009\u00b5s',
    '1.0\u2009ms',
    '123\u2009ms',
    '1.5\u2009s',
  ]);
  assert.deepEqual([512, 1_536, 3 * 2 ** 30].map(bytesText), ['512\u2009B', '1.5\u2009KiB', '3.0\u2009GiB']);
  assert.deepEqual([0, 3, -1_200, 90_000, undefined].map(offsetText), [
    '0\u2009ms',
    '+3\u2009ms',
    '\u22121.2\u2009s',
    '+1.5\u2009min',
    '\u2013',
  ]);
  assert.deepEqual([countText(1_234_567), countText(undefined)], ['1\u2009234\u2009567', '\u2013']);
  assert.deepEqual([hashText('0123456789abcdef'), hashText(undefined)], ['01234567', '\u2013']);
});
