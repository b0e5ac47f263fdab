import type { LogTime } from '../log-time.ts';

/** Of which entries order records are wanted: all limits that are given hold, and are of the range themselves. */
export interface RecordRange {
  readonly fromSequence: number | undefined;
  readonly toSequence: number | undefined;
  readonly fromTime: LogTime | undefined;
  readonly toTime: LogTime | undefined;
}

/** Whether the range begins later than this entry. */
export function isBeforeRange(range: RecordRange, sequence: number, time: LogTime): boolean {
  const { fromSequence, fromTime } = range;
  return (
    (fromSequence !== undefined && sequence < fromSequence) ||
    (fromTime !== undefined && isEarlier(time, fromTime))
  );
}

/** Whether the range has ended before this entry, and so before all that follow. */
export function isBehindRange(range: RecordRange, sequence: number, time: LogTime): boolean {
  const { toSequence, toTime } = range;
  return (
    (toSequence !== undefined && sequence > toSequence) || (toTime !== undefined && isEarlier(toTime, time))
  );
}

/** Whether the range has an end, and it lies behind this entry. */
export function endsBehind({ toSequence, toTime }: RecordRange, sequence: number, time: LogTime): boolean {
  if (toSequence === undefined && toTime === undefined) return false;
  return (
    (toSequence === undefined || sequence < toSequence) && (toTime === undefined || isEarlier(time, toTime))
  );
}

/** Whether nothing can lie in the range. */
export function isEmptyRange({ fromSequence, toSequence, fromTime, toTime }: RecordRange): boolean {
  return (
    (fromSequence !== undefined && toSequence !== undefined && fromSequence > toSequence) ||
    (fromTime !== undefined && toTime !== undefined && isEarlier(toTime, fromTime))
  );
}

function isEarlier(a: LogTime, b: LogTime): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}
