import type { StatusJson } from '#codec/json/status-json.ts';

export type Part = StatusJson['components'][number];
type Day = Part['days'][number];
export type DayState = 'none' | 'operational' | 'degraded' | 'outage';

const DAY_MS = 86_400_000;

/** The worst that was measured on a day. */
export function stateOf(day: Day | undefined): DayState {
  if (day === undefined) return 'none';
  if (day.outageMinutes > 0) return 'outage';
  return day.degradedMinutes > 0 ? 'degraded' : 'operational';
}

/** The last `count` UTC days up to the one of `time`, the oldest first, each with what was measured on it. */
export function lastDays(
  part: Part,
  time: string,
  count: number,
): readonly { readonly day: string; readonly state: DayState }[] {
  const today = Math.floor(Date.parse(time) / DAY_MS);
  const known = new Map(part.days.map((one) => [one.day, one]));
  return Array.from({ length: count }, (_, index) => {
    const day = new Date((today - count + 1 + index) * DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length);
    return { day, state: stateOf(known.get(day)) };
  });
}

/** Days on which a part was not always operational, the newest first. */
export function faultsOf(part: Part): readonly Day[] {
  return part.days.filter((day) => stateOf(day) !== 'operational').reverse();
}
