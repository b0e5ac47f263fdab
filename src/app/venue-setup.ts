import { randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { CommandInput } from '#codec/log/record-types.ts';
import { hashPassword, SALT_BYTES } from '#gateways/identity/password.ts';
import type { AccountDefinition, UserDefinition, VenueDefinition } from './config/compile-venue.ts';
import { Operator, StandingVenue, type VenueHost, VenueSetupError } from './operator.ts';

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
  const operator = new Operator(host, venue.source);
  const warnings: string[] = [];
  const users: AddedUser[] = [];
  let added = 0;
  const commandsFor = async (user: UserDefinition, accountId: number): Promise<CommandInput[]> => {
    const found = standing.users.get(user.userId);
    if (found !== undefined) {
      compare(`user ${user.name}`, { name: user.name, accountId, role: user.role }, found, warnings);
      return [];
    }
    const given = passwordOf(user);
    const password = given ?? generatePassword();
    const generatedPassword = given === undefined ? password : undefined;
    users.push({ userId: user.userId, name: user.name, generatedPassword });
    return [await userCommand(accountId, user, password)];
  };
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
      for (const user of account.users) commands.push(...(await commandsFor(user, account.accountId)));
      if (commands.length > 0) await operator.send(commands);
      added += commands.filter(({ type }) => type === 'AddAccount' || type === 'AddUser').length;
    }
    for (const user of venue.staff) {
      const commands = await commandsFor(user, 0);
      if (commands.length > 0) await operator.send(commands);
      added += commands.length;
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
  const { userId: newUserId, name, role } = user;
  return { type: 'AddUser', newUserId, accountId, role, name, salt, passwordHash };
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
