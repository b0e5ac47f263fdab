import { randomBytes, randomInt } from 'node:crypto';
import type { CommandInput } from '#codec/log/record-types.ts';
import { RejectCode } from '#domain/rejects.ts';
import { hashPassword, SALT_BYTES } from '#gateways/identity/password.ts';
import type {
  AccountDefinition,
  InstrumentDefinition,
  UserDefinition,
  VenueDefinition,
} from './config/compile-venue.ts';
import { Operator, type Refusal, StandingVenue, type VenueHost, VenueSetupError } from './operator.ts';
import { firstLineOf } from './small-file.ts';

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

const ADDITIONS: ReadonlySet<CommandInput['type']> = new Set([
  'AddAsset',
  'AddInstrument',
  'AddAccount',
  'AddUser',
]);
const PASSWORD_LENGTH = 10;
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
 * schedule, are applied in the same log entry that adds it, so that a crash leaves no half of it. Nodes of a cluster may do it
 * at the same time with the same definition: what another one was faster to add is there already, and deposits have request
 * ids that are the same on all nodes, so that each counts once.
 *
 * @param passwordOf the password of a user that is to be added, or undefined to make one up
 * @param onUser is told of each user at once: a password that was made up must not be lost with what fails later
 * @throws VenueSetupError when the venue refuses a command or a password cannot be used
 */
export async function setUpVenue(
  host: VenueHost,
  venue: VenueDefinition,
  passwordOf: (user: UserDefinition) => string | undefined = readPassword,
  onUser: (user: AddedUser) => void = () => {},
): Promise<VenueSetup> {
  const adding = new Adding(host, venue.source, passwordOf, onUser);
  try {
    for (const asset of venue.assets) await adding.asset(asset);
    for (const instrument of venue.instruments) await adding.instrument(instrument);
    for (const account of venue.accounts) {
      await adding.usersOf(account.accountId, account.users, accountCommands(account));
    }
    for (const user of venue.staff) await adding.usersOf(0, [user], []);
  } finally {
    adding.close();
  }
  const { added, users, warnings } = adding;
  return { added, users, warnings };
}

/** A user who is to be added, and the password if it was made up. */
interface SentUser {
  readonly command: CommandInput;
  readonly generatedPassword: string | undefined;
}

/** Adds one thing after the other and keeps what there is to tell of it. */
class Adding {
  declare added: number;
  declare readonly users: AddedUser[];
  declare readonly warnings: string[];
  declare private readonly host: VenueHost;
  declare private readonly operator: Operator;
  declare private readonly passwordOf: (user: UserDefinition) => string | undefined;
  declare private readonly onUser: (user: AddedUser) => void;
  declare private standing: StandingVenue;

  constructor(
    host: VenueHost,
    source: string,
    passwordOf: (user: UserDefinition) => string | undefined,
    onUser: (user: AddedUser) => void,
  ) {
    this.added = 0;
    this.users = [];
    this.warnings = [];
    this.host = host;
    this.operator = new Operator(host, source);
    this.passwordOf = passwordOf;
    this.onUser = onUser;
    this.standing = new StandingVenue(host);
  }

  close(): void {
    this.operator.close();
  }

  async asset(asset: CommandInput<'AddAsset'>): Promise<void> {
    const id = asset.assetId ?? 0;
    const isThere = this.standing.assets.has(id) || (await this.#send([asset])).has(asset);
    if (isThere) this.#compare(`asset ${asset.symbol}`, asset, this.standing.assets.get(id));
  }

  async instrument({ add, schedule }: InstrumentDefinition): Promise<void> {
    const id = add.instrumentId ?? 0;
    const commands = schedule === undefined ? [add] : [add, schedule];
    const isThere = this.standing.instruments.has(id) || (await this.#send(commands)).has(add);
    const { phase: _, ...terms } = add;
    if (isThere) this.#compare(`instrument ${add.symbol}`, terms, this.standing.instruments.get(id));
  }

  /** @param ofAccount what adds the account; none for users without one */
  async usersOf(
    accountId: number,
    users: readonly UserDefinition[],
    ofAccount: readonly CommandInput[],
  ): Promise<void> {
    const commands: CommandInput[] = this.standing.accounts.has(accountId) ? [] : [...ofAccount];
    const sentFor = new Map<UserDefinition, SentUser>();
    for (const user of users) {
      if (this.standing.users.has(user.userId)) continue;
      const given = this.passwordOf(user);
      const password = given ?? generatePassword();
      const command = await userCommand(accountId, user, password);
      commands.push(command);
      sentFor.set(user, { command, generatedPassword: given === undefined ? password : undefined });
    }
    const others = commands.length === 0 ? new Set<CommandInput>() : await this.#send(commands);
    for (const user of users) {
      const sent = sentFor.get(user);
      const { userId, name, role } = user;
      if (sent === undefined || others.has(sent.command))
        this.#compare(`user ${name}`, { name, accountId, role }, this.standing.users.get(userId));
      else {
        const added = { userId, name, generatedPassword: sent.generatedPassword };
        this.users.push(added);
        this.onUser(added);
      }
    }
  }

  /**
   * Sends commands in one entry.
   * @returns those that another node was faster with: what they would do is done
   * @throws VenueSetupError
   */
  async #send(commands: readonly CommandInput[]): Promise<ReadonlySet<CommandInput>> {
    const refusals = await this.operator.send(commands);
    if (refusals.length > 0) this.standing = new StandingVenue(this.host);
    const unexpected = refusals.filter((refusal) => !this.#isDone(refusal));
    if (unexpected.length > 0) throw this.operator.errorOf(unexpected);
    const others = new Set(refusals.map(({ command }) => command));
    this.added += commands.filter((command) => ADDITIONS.has(command.type) && !others.has(command)).length;
    return others;
  }

  #isDone({ command, rejectCode }: Refusal): boolean {
    const { assets, instruments, accounts, users } = this.standing;
    if (command.type === 'Deposit') return rejectCode === RejectCode.DUPLICATE_REQUEST_ID;
    if (rejectCode !== RejectCode.ALREADY_EXISTS) return false;
    switch (command.type) {
      case 'AddAsset':
        return assets.has(command.assetId ?? 0);
      case 'AddInstrument':
        return instruments.has(command.instrumentId ?? 0);
      case 'AddAccount':
        return accounts.has(command.accountId ?? 0);
      case 'AddUser':
        return users.has(command.newUserId ?? 0);
      default:
        return false;
    }
  }

  /** Warns of each field that both have and that differs. */
  #compare(what: string, wanted: object, found: object | undefined): void {
    const standing = found as Record<string, unknown>;
    for (const [key, value] of Object.entries(wanted)) {
      if (key === 'type' || !Object.hasOwn(standing, key) || standing[key] === value) continue;
      this.warnings.push(
        `${what}: ${key} is ${standing[key]} in the venue, the configuration says ${value}; nothing was changed`,
      );
    }
  }
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
  const { userId: newUserId, name, role } = user;
  return { type: 'AddUser', newUserId, accountId, role, name, salt, passwordHash };
}

/** The first line of the user's password file; undefined where there is none. @throws VenueSetupError */
function readPassword(user: UserDefinition): string | undefined {
  if (user.passwordFile === undefined) return undefined;
  let password: string;
  try {
    password = firstLineOf(user.passwordFile);
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
