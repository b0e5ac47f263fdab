import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { EVENT_LAYOUTS } from '#domain/events.ts';
import { accountDifferences } from '../oracle/account-check.ts';
import { checkVenue } from '../oracle/book-check.ts';
import { EventCheck } from '../oracle/event-check.ts';
import { EventMoney } from '../oracle/event-money.ts';
import { NaiveCore } from '../oracle/naive-core.ts';
import type { Venue } from '../oracle/venue.ts';
import type { Engine, EngineOptions } from '../scenarios/engine.ts';
import type { Draft } from './drafts.ts';
import { resolve } from './resolve.ts';

const FIELD_NAMES = new Map(
  EVENT_LAYOUTS.map(({ name, fields }) => [
    name,
    [
      'type',
      ...fields.map((field) => field.name).filter((field) => field !== 'type' && field !== 'sizeWords'),
    ],
  ]),
);

const NANOS_PER_SECOND = 1_000_000_000;

/** A command and when it is applied. */
export interface Step {
  readonly command: CommandInput;
  readonly seconds: number;
  readonly nanos: number;
}

/** Commands for two fresh engines: some as they are, some to be resolved while the oracle runs. */
export interface Case {
  readonly steps: readonly Step[];
  readonly drafts: readonly Draft[];
  /** When the first draft comes, but for its own delay. */
  readonly startSeconds: number;
  /** Live orders that the venue holds. */
  readonly ordersMax: number;
  /** Texts of orders that the venue remembers. */
  readonly clientTagsMax: number;
  /** Ids of deposits and withdrawals that the venue remembers. */
  readonly requestIdsMax: number;
  /** Commands after which the fast core is restored from its image; 0 never. */
  readonly restoreEvery: number;
  /** Commands after which every account's balances, holds, margin, positions and orders are compared as well. */
  readonly accountsEvery: number;
}

/** The engine that is compared with the oracle. */
export type CandidateFactory = (options: EngineOptions & { readonly restoreEvery: number }) => Engine;

/** Two engines did not say the same, or what they said breaks a rule. The message holds every command that leads there. */
export class DifferenceError extends Error {
  override readonly name = 'DifferenceError';
  readonly reason: string;
  readonly steps: readonly Step[];

  constructor(reason: string, steps: readonly Step[]) {
    const lines = steps.map(
      ({ command, seconds, nanos }) => `[${seconds}, ${nanos}, ${JSON.stringify(command)}]`,
    );
    super(`${reason}\n[seconds, nanos, command]:\n${lines.join('\n')}`);
    this.reason = reason;
    this.steps = steps;
  }
}

function isSameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0;
}

function isSameEvent(a: Event, b: Event): boolean {
  const names = FIELD_NAMES.get(a.type) ?? [];
  const left = a as unknown as Record<string, unknown>;
  const right = b as unknown as Record<string, unknown>;
  return names.every((name) => isSameValue(left[name], right[name]));
}

/** Where two event lists differ first, in words; undefined when they do not. */
export function difference(expected: readonly Event[], actual: readonly Event[]): string | undefined {
  const length = Math.max(expected.length, actual.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [expected[index], actual[index]];
    if (left !== undefined && right !== undefined && isSameEvent(left, right)) continue;
    return `event ${index} of the last command differs\n  oracle: ${brief(left)}\n  engine: ${brief(right)}`;
  }
  return undefined;
}

/** An event without its zero fields. */
function brief(event: Event | undefined): string {
  if (event === undefined) return 'none';
  const entries = Object.entries(event).filter(
    ([, value]) => value !== 0 && value !== '' && typeof value !== 'object',
  );
  return JSON.stringify(Object.fromEntries(entries));
}

/**
 * Runs a case on the oracle and on a candidate and compares all events after each command; the oracle's state and
 * the event stream are checked as well, and that events alone tell what every account has.
 * @param steps takes the commands that were applied
 * @throws DifferenceError
 */
export function runCase(createCandidate: CandidateFactory, each: Case, steps: Step[] = []): void {
  const { ordersMax, clientTagsMax, requestIdsMax, restoreEvery } = each;
  const oracle = new NaiveCore({ ordersMax, clientTagsMax, requestIdsMax });
  const candidate = createCandidate({ ordersMax, clientTagsMax, requestIdsMax, restoreEvery });
  const check = new EventCheck();
  const money = new EventMoney();
  const apply = (step: Step): void => {
    const { command, seconds, nanos } = step;
    steps.push(step);
    const expected = oracle.apply(command, seconds, nanos);
    const reason = failure(() => {
      const found = difference(expected, candidate.apply(command, seconds, nanos));
      if (found !== undefined) throw new Error(found);
      check.read(expected, oracle.venue.sequence);
      money.read(expected);
      checkVenue(oracle.venue);
      if (steps.length % each.accountsEvery !== 0) return;
      money.compare(oracle.venue);
      compareAccounts(oracle.venue, candidate);
    });
    if (reason !== undefined) throw new DifferenceError(reason, steps);
  };
  for (const step of each.steps) apply(step);
  let seconds = each.startSeconds;
  let nanos = 0;
  for (const draft of each.drafts) {
    nanos += draft.afterNanos;
    seconds += draft.afterSeconds + Math.floor(nanos / NANOS_PER_SECOND);
    nanos %= NANOS_PER_SECOND;
    apply({ command: resolve(draft, oracle.venue, seconds), seconds, nanos });
  }
}

/** @throws Error that says where a candidate's accounts are not the oracle's */
function compareAccounts(venue: Venue, candidate: Engine): void {
  for (const account of venue.accounts) {
    const events = candidate.describeAccount?.(account.accountId);
    if (events === undefined) return;
    const [found] = accountDifferences(events, venue, account);
    if (found !== undefined) throw new Error(found);
  }
}

function failure(run: () => void): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) return String(error);
    return (error.stack ?? error.message).split('\n    at ').slice(0, 4).join('\n    at ');
  }
}
