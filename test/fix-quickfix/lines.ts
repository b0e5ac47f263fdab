import assert from 'node:assert/strict';

/** Value of a field of a message; empty: none. */
export function field(line: string, tag: number): string {
  const name = `|${tag}=`;
  const at = line.indexOf(name);
  if (at < 0) return '';
  const from = at + name.length;
  const to = line.indexOf('|', from);
  return to < 0 ? line.slice(from) : line.slice(from, to);
}
/** Whether a line is an Execution Report that came in. */
export const isReport = (line: string): boolean => line.startsWith('in ') && field(line, 35) === '8';
/** Whether the session has logged on. */
export const loggedOn = (lines: readonly string[]): boolean => lines.includes('logon');

/** Nothing that the venue sent was refused by QuickFIX, nor what QuickFIX sent by the venue. */
export function assertNothingRefused(lines: readonly string[]): void {
  const refused = lines.filter((line) => line.startsWith('refused ') || ['3', 'j'].includes(field(line, 35)));
  assert.deepEqual(refused, []);
}

/**
 * Reports in the order of their numbers; those that are not said to be repeats must have come once. @returns the numbers
 */
export function reportNumbers(lines: readonly string[]): number[] {
  const first = new Map<string, number>();
  for (const line of lines.filter(isReport)) {
    const id = field(line, 17);
    if (id === '0') continue;
    if (field(line, 43) !== 'Y') first.set(id, (first.get(id) ?? 0) + 1);
    else if (!first.has(id)) first.set(id, 0);
  }
  for (const [id, count] of first) assert.ok(count <= 1, `report ${id} came ${count} times as a new message`);
  return [...first.keys()].map((id) => Number(id.split('-')[1])).sort((a, b) => a - b);
}

/** 1 to `last`. */
export const oneTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
