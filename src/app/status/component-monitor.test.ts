import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ComponentState } from '#domain/component-status.ts';
import type { NodeState } from '../node-status.ts';
import type { ComponentsMessage } from '../threads/messages.ts';
import { ComponentMonitor } from './component-monitor.ts';
import type { ComponentFacts } from './component-rules.ts';

test('ComponentMonitor: records once in ten looks, shows what changed at once', () => {
  const recorded: ComponentsMessage[] = [];
  const shown: ComponentsMessage[] = [];
  let wallMs = 0;
  const facts = {
    state: 'recovering' as NodeState,
    isDraining: false,
    isCutOff: false,
    isInDoubt: false,
    hasLogFailed: false,
    isDiskLow: false,
    isVenueKilled: false,
    divergedSequence: 0,
    archiveLagEntries: 0,
    has: { http: true, fix: false, backup: false },
    figures: { httpFailed: 0 } as Record<string, number>,
    peers: [],
  } satisfies Omit<ComponentFacts, 'before'>;
  const monitor = new ComponentMonitor({
    facts: () => facts,
    record: (message) => void recorded.push(message),
    show: (message) => void shown.push(message),
    wallMs: () => wallMs,
  });
  const pass = (seconds: number): void => {
    for (let second = 0; second < seconds; second++, wallMs += 1_000) monitor.onSecond();
  };
  const restOf = ({ components }: ComponentsMessage) => components.find(({ name }) => name === 'rest')?.state;
  pass(3);
  assert.deepEqual([recorded.length, shown.length], [0, 0]);
  facts.state = 'serving';
  wallMs = 0;
  pass(5);
  assert.deepEqual([recorded.length, shown.length], [1, 1]);
  // Requests that failed make the part degraded until the next record, which still has it.
  facts.figures['httpFailed'] = 1;
  pass(6);
  assert.deepEqual([recorded.length, shown.length], [2, 3]);
  assert.deepEqual(recorded.map(restOf), [ComponentState.Operational, ComponentState.Degraded]);
  assert.deepEqual(
    recorded.map((message) => message.wallMs),
    [0, 10_000],
  );
  pass(1);
  assert.equal(shown.length, 4);
  assert.equal(restOf(shown[3]), ComponentState.Operational);
});
