/**
 * A reporter for node:test that writes one JSON object a line: what scripts/test-file.ts needs to know of a run.
 * The last line, `{"kind":"end"}`, is missing when the process ended before its tests did.
 */
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import { LeftChildren } from './left-children.ts';

export type ReportLine =
  | { kind: 'pass'; name: string }
  | { kind: 'skip'; name: string; reason: string }
  | { kind: 'fail'; name: string; detail: string }
  | { kind: 'note'; text: string }
  | { kind: 'end' };

/** Diagnostics in which node:test counts what this reporter reports. */
const STATISTICS = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) [\d.]+$/;

/** Translates node:test's events. */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const children = new LeftChildren();
  for await (const event of events) {
    children.onEvent(event);
    const line = translate(event);
    if (line !== undefined) yield `${JSON.stringify(line)}\n`;
  }
}

function translate(event: TestEvent): ReportLine | undefined {
  if (event.type === 'test:summary') return { kind: 'end' };
  if (event.type === 'test:diagnostic') {
    const text = event.data.message;
    return STATISTICS.test(text) ? undefined : { kind: 'note', text };
  }
  if (event.type !== 'test:pass' && event.type !== 'test:fail') return undefined;
  const { name, skip, todo } = event.data;
  const isSuite = event.data.details.type === 'suite';
  if (skip !== undefined && skip !== false) {
    // A suite that is skipped does not say which tests it has: it counts as one.
    return { kind: 'skip', name, reason: reasonOf(skip, 'no reason given') };
  }
  if (todo !== undefined && todo !== false) return { kind: 'skip', name, reason: reasonOf(todo, 'todo') };
  if (event.type === 'test:pass') return isSuite ? undefined : { kind: 'pass', name };
  const { error } = event.data.details;
  // A parent fails with its child: the child's line says why.
  if ((error as { failureType?: string }).failureType === 'subtestsFailed') return undefined;
  return { kind: 'fail', name, detail: inspect(error.cause ?? error) };
}

function reasonOf(value: string | boolean, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}
