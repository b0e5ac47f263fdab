import { type Static, Type } from 'typebox';
import { describeEntry, formatTime } from '#codec/log/describe.ts';
import type { Command, Entry, Event } from '#codec/log/record-types.ts';
import { type LoggedValue, loggedValues } from './logged-values.ts';
import { Regulatory, regulatoryJson } from './regulatory-json.ts';
import type { TermsLookup } from './scales.ts';
import { Count, Id, named, ref, Sequence, Time } from './schemas.ts';

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

/** What of an entry tells what it is about: its node and its first commands. */
export interface LoggedEntry extends Omit<StampedEntry, 'entry'> {
  readonly nodeId: number;
  /** All of them. */
  readonly commandCount: number;
  readonly commands: readonly Command[];
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

const Values = Type.Unsafe<Record<string, LoggedValue>>({
  type: 'object',
  description:
    'its fields as in records.md, with the names and values that REST has: symbols, decimal strings, names. What does not apply is left out, and credentials always',
  additionalProperties: { type: ['string', 'number', 'boolean'] },
});
const UserId = Type.Optional(Id('who sent it; absent: the operator, a node by itself'));
const UserName = Type.Optional(Type.String({ description: 'login name of that user' }));

export const DecodedCommand = named('DecodedCommand', 'A command of the log, in the values of REST.', {
  command: Type.String({ description: 'its name in records.md' }),
  userId: UserId,
  userName: UserName,
  values: Values,
  regulatory: Type.Optional(ref(Regulatory)),
});

export const DecodedEvent = named('DecodedEvent', 'What a command did, in the values of REST.', {
  event: Type.String({ description: 'its name in records.md' }),
  userId: Type.Optional(Id('whom it concerns; absent: nobody alone')),
  userName: UserName,
  reportNumber: Type.Optional(Count("position in that user's stream of reports")),
  values: Values,
});

export const DecodedEntry = named('DecodedEntry', 'One entry of the log with what it did.', {
  sequence: Sequence,
  time: Time,
  nodeId: Id('the node that appended it'),
  commandCount: Count('commands of the entry; the first of them are in `commands`'),
  commands: Type.Array(ref(DecodedCommand)),
  eventCount: Type.Optional(
    Count('events of the entry; absent: this node does not have them in memory any more'),
  ),
  events: Type.Optional(Type.Array(ref(DecodedEvent), { description: 'the first of them' })),
});

export const LogMessage = named(
  'LogMessage',
  'Newest entries of the log, oldest first. `sequence` is the last one that was told or skipped: to read on, follow the channel from the next.',
  {
    channel: Type.Unsafe<'log'>({ type: 'string', enum: ['log'] }),
    type: Type.Unsafe<'entries'>({ type: 'string', enum: ['entries'] }),
    sequence: Sequence,
    skipped: Count('entries since the message before that are not shown'),
    entries: Type.Array(ref(DecodedEntry)),
  },
);

/** What a log is read with: instruments, assets, and who users are. */
export interface LogLookup extends TermsLookup {
  userName(userId: number): string | undefined;
}

/**
 * @param events of its entry, as far as they are known: a cancel or replace that names no instrument is in the units of that of
 * its order, which they tell
 */
export function decodedCommand(
  lookup: LogLookup,
  command: Command,
  events: readonly Event[],
): Static<typeof DecodedCommand> {
  const instrumentId = command.instrumentId || instrumentIn(events, command);
  const values = loggedValues(lookup, { ...command, instrumentId });
  const saysMore = command.type === 'NewOrder' || command.type === 'ReplaceOrder';
  const regulatory = saysMore ? regulatoryJson(command) : undefined;
  return {
    command: command.type,
    ...whoOf(lookup, command.userId),
    values,
    ...(regulatory === undefined ? {} : { regulatory }),
  };
}

function instrumentIn(events: readonly Event[], { type, userId, clientOrderId }: Command): number {
  if (type !== 'CancelOrder' && type !== 'ReplaceOrder') return 0;
  const told = events.find(
    (event) =>
      (event.type === 'OrderReplaced' || event.type === 'OrderCanceled') &&
      event.userId === userId &&
      event.clientOrderId === clientOrderId,
  );
  return told?.instrumentId ?? 0;
}

export function decodedEvent(lookup: LogLookup, event: Event): Static<typeof DecodedEvent> {
  const { type, userId, reportNumber } = event;
  return {
    event: type,
    ...whoOf(lookup, userId),
    ...(reportNumber === 0 ? {} : { reportNumber }),
    values: loggedValues(lookup, event),
  };
}

/** @param happened events of the entry; undefined: not known */
export function decodedEntry(
  lookup: LogLookup,
  { sequence, timeSeconds, timeNanos, nodeId, commandCount, commands }: LoggedEntry,
  happened: { readonly count: number; readonly events: readonly Event[] } | undefined,
): Static<typeof DecodedEntry> {
  return {
    sequence,
    time: formatTime(timeSeconds, timeNanos),
    nodeId,
    commandCount,
    commands: commands.map((command) => decodedCommand(lookup, command, happened?.events ?? [])),
    ...(happened === undefined
      ? {}
      : {
          eventCount: happened.count,
          events: happened.events.map((event) => decodedEvent(lookup, event)),
        }),
  };
}

function whoOf(lookup: LogLookup, userId: number): { userId?: number; userName?: string } {
  if (userId === 0) return {};
  const userName = lookup.userName(userId);
  return userName === undefined ? { userId } : { userId, userName };
}
