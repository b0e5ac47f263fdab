import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ComponentState } from '#domain/component-status.ts';
import {
  ARCHIVE_LAG_ENTRIES_MAX,
  BACKUP_LAG_SECONDS_MAX,
  type ComponentFacts,
  componentStates,
  LAG_WORDS_MAX,
} from './component-rules.ts';

const { Degraded, Outage } = ComponentState;

const WELL: ComponentFacts = {
  state: 'serving',
  isDraining: false,
  isCutOff: false,
  isInDoubt: false,
  hasLogFailed: false,
  isDiskLow: false,
  isVenueKilled: false,
  divergedSequence: 0,
  archiveLagEntries: ARCHIVE_LAG_ENTRIES_MAX,
  has: { http: true, fix: true, backup: true },
  figures: {
    edgeLagWords: LAG_WORDS_MAX,
    marketDataLagWords: LAG_WORDS_MAX,
    edgeRefused: 3,
    httpFailed: 2,
    backupLagSeconds: BACKUP_LAG_SECONDS_MAX,
    backupFailures: 0,
    historyFailed: 0,
    marketDataFailed: 0,
  },
  before: { edgeRefused: 3, httpFailed: 2 },
  peers: [{ nodeId: 2, isSilent: false }],
};
const ALL = [
  'order-entry',
  'matching',
  'market-data',
  'rest',
  'web-socket',
  'fix',
  'log',
  'archive',
  'backup',
];

/** What is not operational: name, and D or O. */
function verdict(different: Partial<ComponentFacts>): string {
  return componentStates({ ...WELL, ...different })
    .filter(({ state }) => state !== ComponentState.Operational)
    .map(({ name, state, reason }) => {
      assert.notEqual(reason, '');
      return `${name} ${state === Outage ? 'O' : state === Degraded ? 'D' : '?'}`;
    })
    .join(', ');
}

test('components: every part is operational where nothing is wrong', () => {
  const states = componentStates(WELL);
  assert.deepEqual(
    states.map(({ name }) => name),
    [...ALL, 'node-2'],
  );
  assert.equal(verdict({}), '');
});

/** Each rule by itself, and what of several decides. */
const RULES: readonly (readonly [Partial<ComponentFacts>, string])[] = [
  [{ state: 'stopped' }, 'order-entry O, matching O, market-data O, rest O, web-socket O, fix O'],
  [{ state: 'recovering' }, 'order-entry O, matching D, market-data O, rest O, web-socket O, fix O'],
  [{ isDraining: true }, 'order-entry D'],
  [{ isCutOff: true, isInDoubt: true }, 'order-entry O, log O'],
  [{ isInDoubt: true }, 'order-entry D, log D'],
  [{ hasLogFailed: true, isInDoubt: true }, 'order-entry D, log O'],
  [{ isDiskLow: true }, 'log D'],
  [{ isVenueKilled: true }, 'matching D'],
  [{ divergedSequence: 7 }, 'archive O'],
  [{ archiveLagEntries: ARCHIVE_LAG_ENTRIES_MAX + 1 }, 'archive D'],
  [{ figures: { edgeDead: 1 } }, 'rest O, web-socket O, fix O'],
  [{ figures: { edgeLagWords: LAG_WORDS_MAX + 1 } }, 'rest D, web-socket D, fix D'],
  [{ figures: { edgeRefused: 4 } }, 'rest D, web-socket D, fix D'],
  [{ figures: { httpFailed: 3 } }, 'rest D'],
  [{ figures: { 'market-dataDead': 1 } }, 'market-data O'],
  [{ figures: { marketDataFailed: 1 } }, 'market-data O'],
  [{ figures: { marketDataLagWords: LAG_WORDS_MAX + 1 } }, 'market-data D'],
  [{ figures: { archiveDead: 1, historyFailed: 1 } }, 'archive O'],
  [{ figures: { historyFailed: 1 } }, 'archive D'],
  [{ figures: { backupDead: 1 } }, 'backup O'],
  [{ figures: { backupFailures: 1 } }, 'backup D'],
  [{ figures: { backupLagSeconds: BACKUP_LAG_SECONDS_MAX + 1 } }, 'backup D'],
  [{ peers: [{ nodeId: 2, isSilent: true }] }, 'node-2 O'],
];

for (const [different, expected] of RULES) {
  test(`components: ${JSON.stringify(different)} -> ${expected}`, () => {
    assert.equal(verdict(different), expected);
  });
}

test('components: what a node does not have by configuration is no part of it, nor are doors of one that observes', () => {
  const none = componentStates({ ...WELL, has: { http: false, fix: false, backup: false }, peers: [] });
  assert.deepEqual(
    none.map(({ name }) => name),
    ['order-entry', 'matching', 'market-data', 'log', 'archive'],
  );
  const observing = componentStates({ ...WELL, state: 'observing' });
  assert.deepEqual(
    observing.map(({ name }) => name),
    ['matching', 'log', 'archive', 'backup', 'node-2'],
  );
});
