import {
  ApiKeyKind,
  CommandFlag,
  CommandType,
  Door,
  IncidentSeverity,
  IncidentState,
  InstrumentKind,
  KillScope,
  OrderFlag,
  OrderType,
  Phase,
  RegulatoryFieldsRule,
  RegulatoryFlag,
  Role,
  SelfTradePrevention,
  Side,
  TimeInForce,
  TradingCapacity,
  VenueComponent,
} from '#domain/commands.ts';
import { CancelReason, EventFlag, PostingKind, TradeFlag } from '#domain/events.ts';
import { Rejects } from '#domain/rejects.ts';
import type { Command, Entry, Event } from './record-types.ts';

/** Names and numbers of one enumeration or set of flags, as the domain defines them. */
export type Enumeration = Readonly<Record<string, number>>;

const RejectCode: Enumeration = Object.fromEntries(
  Object.entries(Rejects).map(([name, { code }]) => [name, code]),
);

/** The enumeration of each field that has one, by the field's name. */
const ENUMERATION_OF: Readonly<Record<string, Enumeration>> = {
  side: Side,
  aggressorSide: Side,
  surplusSide: Side,
  orderType: OrderType,
  timeInForce: TimeInForce,
  selfTradePrevention: SelfTradePrevention,
  tradingCapacity: TradingCapacity,
  regulatoryFields: RegulatoryFieldsRule,
  phase: Phase,
  previousPhase: Phase,
  nextPhase: Phase,
  phase0: Phase,
  phase1: Phase,
  phase2: Phase,
  phase3: Phase,
  phase4: Phase,
  phase5: Phase,
  phase6: Phase,
  phase7: Phase,
  scope: KillScope,
  role: Role,
  door: Door,
  rejectCode: RejectCode,
  commandType: CommandType,
  severity: IncidentSeverity,
  state: IncidentState,
};

/** Fields of one name that mean different things in different records. */
const ENUMERATION_IN: Readonly<Record<string, Enumeration>> = {
  'AddInstrument.kind': InstrumentKind,
  'InstrumentAdded.kind': InstrumentKind,
  'LedgerPosted.kind': PostingKind,
  'AddApiKey.kind': ApiKeyKind,
  'ApiKeyAdded.kind': ApiKeyKind,
  'OrderCanceled.reason': CancelReason,
};

const FLAGS_OF: Readonly<Record<string, Enumeration>> = {
  orderFlags: OrderFlag,
  tradeFlags: TradeFlag,
  regulatoryFlags: RegulatoryFlag,
  components: VenueComponent,
};

/** What stands in a description where a record holds credentials. */
export const REDACTED = '(not shown)';
const CREDENTIALS: ReadonlySet<string> = new Set(['salt', 'passwordHash', 'verifier']);

/** Whether a field of this name holds credentials, which are shown to nobody. */
export function isCredential(fieldName: string): boolean {
  return CREDENTIALS.has(fieldName);
}

/** A record for people and JSON: enumerations are names, flags lists of names, bytes hexadecimal, the time is ISO 8601. */
export type Description = { type: string } & Record<string, string | number | readonly (string | number)[]>;

/** The enumeration that a field of a record takes its values from, or undefined for a plain number. */
export function enumerationOf(recordName: string, fieldName: string): Enumeration | undefined {
  return ENUMERATION_IN[`${recordName}.${fieldName}`] ?? ENUMERATION_OF[fieldName];
}

/** The flags that a field of a record is a set of, or undefined. */
export function flagsOf(fieldName: string, isEvent: boolean): Enumeration | undefined {
  return fieldName === 'flags' ? (isEvent ? EventFlag : CommandFlag) : FLAGS_OF[fieldName];
}

/** Describes a command. A number without a name stays a number; login credentials are not shown. */
export function describeCommand(command: Command): Description {
  return describe(command, false);
}

/** Describes an event. `timeSeconds` and `timeNanos` become `time`. */
export function describeEvent(event: Event): Description {
  return describe(event, true);
}

/** Describes an entry and its commands. */
export function describeEntry(entry: Entry): Omit<Entry, 'commands'> & { commands: Description[] } {
  return { ...entry, commands: entry.commands.map(describeCommand) };
}

/**
 * ISO 8601 in UTC with nine decimals: `2026-01-02T03:04:05.000000006Z`.
 * @param timeSeconds since the Unix epoch
 */
export function formatTime(timeSeconds: number, timeNanos: number): string {
  if (timeSeconds !== written.timeSeconds) {
    written.timeSeconds = timeSeconds;
    written.text = new Date(timeSeconds * 1000).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length);
  }
  return `${written.text}.${String(timeNanos).padStart(9, '0')}Z`;
}

/** The second that was written last: times that are written one after the other mostly lie in one. */
const written = { timeSeconds: 0, text: '1970-01-01T00:00:00' };

function describe(record: Command | Event, isEvent: boolean): Description {
  const description: Description = { type: record.type };
  const fields: Record<string, unknown> = record;
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'timeNanos' && isEvent) continue;
    if (name === 'timeSeconds' && isEvent) {
      description['time'] = formatTime(value as number, fields['timeNanos'] as number);
    } else if (isCredential(name)) {
      description[name] = REDACTED;
    } else if (typeof value === 'number') {
      description[name] = describeNumber(record.type, name, value, isEvent);
    } else if (value instanceof Uint8Array) {
      description[name] = value.toHex();
    } else {
      description[name] = value as string;
    }
  }
  return description;
}

function describeNumber(
  recordName: string,
  fieldName: string,
  value: number,
  isEvent: boolean,
): string | number | (string | number)[] {
  const flags = flagsOf(fieldName, isEvent);
  if (flags !== undefined) return describeFlags(flags, value);
  const enumeration = enumerationOf(recordName, fieldName);
  if (enumeration === undefined) return value;
  return Object.keys(enumeration).find((name) => enumeration[name] === value) ?? value;
}

function describeFlags(flags: Enumeration, value: number): (string | number)[] {
  const names: (string | number)[] = [];
  let unnamed = value;
  for (const [name, bit] of Object.entries(flags)) {
    if ((value & bit) === 0) continue;
    names.push(name);
    unnamed &= ~bit;
  }
  if (unnamed !== 0) names.push(unnamed);
  return names;
}
