import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { readEvent } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { EventFlag, EventType } from '#domain/events.ts';
import type { CommandSink, EventSink } from '#domain/ports.ts';
import { Rejects, rejectName } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/** What the operator needs of a node; a RunningNode has it. */
export interface VenueHost {
  /** Takes the operator's commands. */
  readonly outbox: CommandSink;
  subscribe(sink: EventSink): () => void;
  describe(sink: EventSink): void;
}

/** A venue cannot be set up as it is defined. */
export class VenueSetupError extends Error {
  override readonly name = 'VenueSetupError';
  readonly code = 'VENUE_SETUP';
}

/** How long the node may take to make a command durable. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Characters of a command's reason. */
const REASON_LENGTH_MAX = 64;

const STANDING: ReadonlySet<number> = new Set([
  EventType.AssetAdded,
  EventType.InstrumentAdded,
  EventType.AccountAdded,
  EventType.UserAdded,
]);
const ANSWERS: ReadonlySet<number> = new Set([EventType.CommandAccepted, EventType.CommandRejected]);

/** The events of some types. An image may hold a million orders: only what is wanted becomes objects. */
function eventsOf(types: ReadonlySet<number>, words: WordBuffer, from: number, to: number): Event[] {
  const events: Event[] = [];
  for (let at = from; at < to; at += words.i32[at] >>> 16) {
    if (types.has(words.i32[at] & 0xff)) events.push(readEvent(words, at, to));
  }
  return events;
}

/** What the venue has, from its image. */
export class StandingVenue {
  declare readonly assets: Map<number, Event<'AssetAdded'>>;
  declare readonly instruments: Map<number, Event<'InstrumentAdded'>>;
  declare readonly accounts: Set<number>;
  declare readonly users: Map<number, Event<'UserAdded'>>;

  constructor(host: VenueHost) {
    this.assets = new Map();
    this.instruments = new Map();
    this.accounts = new Set();
    this.users = new Map();
    host.describe({
      onEvents: (words, from, to) => {
        for (const event of eventsOf(STANDING, words, from, to)) this.#note(event);
      },
    });
  }

  #note(event: Event): void {
    if (event.type === 'AssetAdded') this.assets.set(event.assetId, event);
    else if (event.type === 'InstrumentAdded') this.instruments.set(event.instrumentId, event);
    else if (event.type === 'AccountAdded') this.accounts.add(event.accountId);
    else if (event.type === 'UserAdded') this.users.set(event.newUserId, event);
  }
}

/** A command of the operator that was refused. */
export interface Refusal {
  readonly command: CommandInput;
  readonly rejectCode: number;
}

/** Sends commands of the operator and waits for their answers. */
export class Operator {
  declare private readonly reason: string;
  declare private readonly host: VenueHost;
  declare private readonly unsubscribe: () => void;
  declare private requestNo: number;
  /** Commands that were sent together and have no answer yet, by request number. */
  declare private readonly pending: Map<number, CommandInput>;
  declare private refusals: Refusal[];
  declare private onAnswered: () => void;

  /** @param reason why it sends them, as the log keeps it; what it cannot keep is replaced or cut off */
  constructor(host: VenueHost, reason: string) {
    this.reason = reason.replaceAll(/[^ -~]/g, '?').slice(0, REASON_LENGTH_MAX);
    this.host = host;
    this.requestNo = 0;
    this.pending = new Map();
    this.refusals = [];
    this.onAnswered = () => {};
    this.unsubscribe = host.subscribe({
      onEvents: (words, from, to) => {
        if (this.pending.size === 0) return;
        for (const event of eventsOf(ANSWERS, words, from, to)) this.#onEvent(event);
      },
    });
  }

  close(): void {
    this.unsubscribe();
  }

  /**
   * Puts commands into one log entry; resolves when all of them are answered, with those that were refused.
   * @throws VenueSetupError when the node takes no commands
   */
  async send(commands: readonly CommandInput[]): Promise<readonly Refusal[]> {
    const { outbox } = this.host;
    const { promise: answered, resolve, reject } = Promise.withResolvers<void>();
    this.onAnswered = resolve;
    this.refusals = [];
    for (const command of commands) {
      const numbered = { ...command, reason: this.reason, clientOrderId: ++this.requestNo } as CommandInput;
      const at = outbox.reserve(commandWords(numbered));
      if (at === -1) throw notTaken();
      writeCommand(outbox.words, at, numbered);
      this.pending.set(this.requestNo, command);
    }
    const timeout = setTimeout(() => reject(notTaken()), ANSWER_TIMEOUT_MS);
    await answered.finally(() => clearTimeout(timeout));
    return this.refusals;
  }

  /** What to tell of refusals that nobody expected. */
  errorOf(refusals: readonly Refusal[]): VenueSetupError {
    return new VenueSetupError(
      `the venue refused ${refusals.map(refusalText).join('; ')}. Correct the ${this.reason}`,
    );
  }

  #onEvent(event: Event): void {
    if (event.type !== 'CommandAccepted' && event.type !== 'CommandRejected') return;
    const isOurs = event.userId === 0 && (event.flags & EventFlag.Foreign) === 0;
    const command = isOurs ? this.pending.get(event.clientOrderId) : undefined;
    if (command === undefined) return;
    this.pending.delete(event.clientOrderId);
    if (event.type === 'CommandRejected') this.refusals.push({ command, rejectCode: event.rejectCode });
    if (this.pending.size === 0) this.onAnswered();
  }
}

function notTaken(): VenueSetupError {
  return new VenueSetupError('the node takes no commands now: see its log, then start it again');
}

function refusalText({ command, rejectCode }: Refusal): string {
  const name = rejectName(rejectCode);
  const meaning = name === undefined ? '' : ` (${Rejects[name].meaning})`;
  return `${command.type} ${subjectOf(command)}: ${name ?? rejectCode}${meaning}`;
}

/** Which asset, instrument, user or account a command is about. */
function subjectOf(command: CommandInput): string {
  const { symbol, name, accountId, instrumentId } = command as Readonly<Record<string, unknown>>;
  return String(symbol ?? name ?? accountId ?? instrumentId);
}
