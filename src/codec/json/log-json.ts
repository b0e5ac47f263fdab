import { type Static, Type } from 'typebox';
import { describeEntry, formatTime } from '#codec/log/describe.ts';
import type { Entry } from '#codec/log/record-types.ts';
import { Count, Id, named, Sequence, Time } from './schemas.ts';

/** Its other fields are those of its layout. */
const LoggedCommand = Type.Object(
  { type: Type.String({ description: 'its name in records.md' }) },
  {
    description:
      'A command as it is in the log: fields as in records.md, in ticks, lots and minor units. Credentials are not shown.',
    additionalProperties: Type.Unsafe<string | number | readonly (string | number)[]>({}),
  },
);

export const LogEntry = named('LogEntry', 'One entry of the log: what a receipt stands for.', {
  sequence: Sequence,
  time: Time,
  nodeId: Id('the node that appended it'),
  epoch: Count('start of that node, counted from 1'),
  entryNo: Count('number of the entry among those of that start'),
  commands: Type.Array(LoggedCommand),
});

/** An entry of the log with its sequence and the time that the log stamped. */
export interface StampedEntry {
  readonly sequence: number;
  readonly timeSeconds: number;
  readonly timeNanos: number;
  readonly entry: Entry;
}

export function logEntryJson(stamped: StampedEntry): Static<typeof LogEntry> {
  const { nodeId, epoch, entryNo, commands } = describeEntry(stamped.entry);
  return {
    sequence: stamped.sequence,
    time: formatTime(stamped.timeSeconds, stamped.timeNanos),
    nodeId,
    epoch,
    entryNo,
    commands,
  };
}
