import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { readEvent } from '#codec/log/events.ts';
import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { EventType } from '#domain/events.ts';
import type { CommandSink, EventSink } from '#domain/ports.ts';
import { Rejects, rejectName } from '#domain/rejects.ts';
import { hashPassword, SALT_BYTES } from '#gateways/soupbin/password.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { AccountDefinition, UserDefinition, VenueDefinition } from './config/compile-venue.ts';

/** What venue set-up needs of a node; a RunningNode has it. */
export interface VenueHost {
  /** Takes the operator's commands. */
  readonly outbox: CommandSink;
  subscribe(sink: EventSink): () => void;
  describe(sink: EventSink): void;
}

/** A user who was added, and the password if it was made up here: the only time that it is known. */
export interface AddedUser {
  readonly userId: number;
  readonly name: string;
  readonly generatedPassword: string | undefined;
}

export interface VenueSetup {
  /** Assets, instruments, accounts and users that were added. */
  readonly added: number;
  readonly users: readonly AddedUser[];
  /** Where what stands differs from the definition. Nothing of it was changed. */
  readonly warnings: readonly string[];
}

/** A venue cannot be set up as it is defined. */
export class VenueSetupError extends Error {
  override readonly name = 'VenueSetupError';
  readonly code = 'VENUE_SETUP';
}

const PASSWORD_LENGTH = 10;
/** How long the node may take to make a command durable. */
const ANSWER_TIMEOUT_MS = 30_000;
/** Without characters that look alike. */
const PASSWORD_ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A password of 10 characters, as long as SoupBinTCP carries: 49 bits. */
export function generatePassword(): string {
  return Array.from(
    { length: PASSWORD_LENGTH },
    () => PASSWORD_ALPHABET[randomInt(PASSWORD_ALPHABET.length)],
  ).join('');
}

/**
 * Adds to the venue what the definition has and the venue lacks, by operator commands through the log. What is there
 * already stays as it is; where it differs, a warning says so. An account's deposits and limits, and an instrument's
 * schedule, are applied in the same log entry that adds it, so that a crash leaves no half of it.
 *
 * @param passwordOf the password of a user that is to be added, or undefined to make one up
 * @throws VenueSetupError when the venue refuses a command or a password cannot be used
 */
export async function setUpVenue(
  host: VenueHost,
  venue: VenueDefinition,
  passwordOf: (user: UserDefinition) => string | undefined = readPassword,
): Promise<VenueSetup> {
  const standing = new StandingVenue(host);
  const operator = new Operator(host);
  const warnings: string[] = [];
  const users: AddedUser[] = [];
  let added = 0;
  try {
    for (const asset of venue.assets) {
      const found = standing.assets.get(asset.assetId ?? 0);
      if (found === undefined) {
        await operator.send([asset]);
        added++;
      } else compare(`asset ${asset.symbol}`, asset, found, warnings);
    }
    for (const { add, schedule } of venue.instruments) {
      const found = standing.instruments.get(add.instrumentId ?? 0);
      if (found === undefined) {
        await operator.send(schedule === undefined ? [add] : [add, schedule]);
        added++;
      } else {
        const { phase: _, ...terms } = add;
        compare(`instrument ${add.symbol}`, terms, found, warnings);
      }
    }
    for (const account of venue.accounts) {
      const commands: CommandInput[] = [];
      if (!standing.accounts.has(account.accountId)) commands.push(...accountCommands(account));
      for (const user of account.users) {
        const found = standing.users.get(user.userId);
        if (found !== undefined) {
          compare(`user ${user.name}`, { name: user.name, accountId: account.accountId }, found, warnings);
          continue;
        }
        const given = passwordOf(user);
        const password = given ?? generatePassword();
        commands.push(await userCommand(account.accountId, user, password));
        const generatedPassword = given === undefined ? password : undefined;
        users.push({ userId: user.userId, name: user.name, generatedPassword });
      }
      if (commands.length > 0) await operator.send(commands);
      added += commands.filter(({ type }) => type === 'AddAccount' || type === 'AddUser').length;
    }
  } finally {
    operator.close();
  }
  return { added, users, warnings };
}

function accountCommands(account: AccountDefinition): CommandInput[] {
  const { accountId, deposits, limits } = account;
  return [{ type: 'AddAccount', accountId }, ...deposits, ...(limits === undefined ? [] : [limits])];
}

async function userCommand(
  accountId: number,
  user: UserDefinition,
  password: string,
): Promise<CommandInput<'AddUser'>> {
  const salt = randomBytes(SALT_BYTES);
  const passwordHash = await hashPassword(password, salt);
  return { type: 'AddUser', newUserId: user.userId, accountId, name: user.name, salt, passwordHash };
}

/** The first line of the user's password file; undefined where there is none. @throws VenueSetupError */
function readPassword(user: UserDefinition): string | undefined {
  if (user.passwordFile === undefined) return undefined;
  let password: string;
  try {
    password = readFileSync(user.passwordFile, 'utf8').split(/\r?\n/, 1)[0];
  } catch (error) {
    throw new VenueSetupError(
      `the password file of user ${user.name} cannot be read: ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (!/^[\x21-\x7e]{1,10}$/.test(password)) {
    throw new VenueSetupError(
      `${user.passwordFile}: the first line must be the password of user ${user.name}: 1 to ${PASSWORD_LENGTH} printable ASCII characters without spaces`,
    );
  }
  return password;
}

/** Warns of each field that both have and that differs. */
function compare(what: string, wanted: object, found: object, warnings: string[]): void {
  const standing = found as Record<string, unknown>;
  for (const [key, value] of Object.entries(wanted)) {
    if (key === 'type' || !Object.hasOwn(standing, key) || standing[key] === value) continue;
    warnings.push(
      `${what}: ${key} is ${standing[key]} in the venue, the configuration says ${value}; nothing was changed`,
    );
  }
}

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
class StandingVenue {
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

/** Sends commands of the operator and waits for their answers. */
class Operator {
  declare private readonly host: VenueHost;
  declare private readonly unsubscribe: () => void;
  declare private requestNo: number;
  /** Commands that were sent together and have no answer yet, by request number. */
  declare private readonly pending: Map<number, CommandInput>;
  declare private refusals: string[];
  declare private onAnswered: () => void;

  constructor(host: VenueHost) {
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

  /** Puts commands into one log entry; resolves when all of them took effect. @throws VenueSetupError */
  async send(commands: readonly CommandInput[]): Promise<void> {
    const { outbox } = this.host;
    const { promise: answered, resolve, reject } = Promise.withResolvers<void>();
    this.onAnswered = resolve;
    this.refusals = [];
    for (const command of commands) {
      const numbered = { ...command, clientOrderId: ++this.requestNo };
      const at = outbox.reserve(commandWords(numbered));
      if (at === -1) throw notTaken();
      writeCommand(outbox.words, at, numbered);
      this.pending.set(this.requestNo, command);
    }
    const timeout = setTimeout(() => reject(notTaken()), ANSWER_TIMEOUT_MS);
    await answered.finally(() => clearTimeout(timeout));
    if (this.refusals.length > 0) {
      throw new VenueSetupError(`the venue refused ${this.refusals.join('; ')}. Correct the venue section`);
    }
  }

  #onEvent(event: Event): void {
    if (event.type !== 'CommandAccepted' && event.type !== 'CommandRejected') return;
    const command = event.userId === 0 ? this.pending.get(event.clientOrderId) : undefined;
    if (command === undefined) return;
    this.pending.delete(event.clientOrderId);
    if (event.type === 'CommandRejected') {
      const name = rejectName(event.rejectCode);
      const meaning = name === undefined ? '' : ` (${Rejects[name].meaning})`;
      const subject = subjectOf(command);
      this.refusals.push(`${command.type} ${subject}: ${name ?? event.rejectCode}${meaning}`);
    }
    if (this.pending.size === 0) this.onAnswered();
  }
}

function notTaken(): VenueSetupError {
  return new VenueSetupError('the node takes no commands now: see its log, then start it again');
}

/** Which asset, instrument, user or account a command is about. */
function subjectOf(command: CommandInput): string {
  const { symbol, name, accountId, instrumentId } = command as Readonly<Record<string, unknown>>;
  return String(symbol ?? name ?? accountId ?? instrumentId);
}
