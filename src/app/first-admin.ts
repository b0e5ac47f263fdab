import { randomBytes } from 'node:crypto';
import type { Event } from '#codec/log/record-types.ts';
import { Role } from '#domain/commands.ts';
import { hashPassword, SALT_BYTES } from '#gateways/identity/password.ts';
import { Operator, StandingVenue, type VenueHost } from './operator.ts';
import { generatePassword } from './venue-setup.ts';

/** Login name of the first admin. */
export const FIRST_ADMIN = 'admin';
/** Where its number is looked for: far from those that people give. */
const USER_ID_MIN = 1_000_000;

export interface FirstAdmin {
  readonly name: string;
  /** Good once: at the first log-in it must be changed. This is the only time that it is known. */
  readonly password: string;
}

/**
 * Adds a user with the role admin and a one-time password to a venue that has no admin. Undefined where it has one, or
 * where another user has the name: then `warn` is told.
 * @throws VenueSetupError when the venue takes no commands
 */
export async function addFirstAdmin(
  host: VenueHost,
  warn: (message: string) => void,
): Promise<FirstAdmin | undefined> {
  const users = usersOf(host);
  if (hasAdmin(users)) return undefined;
  const taken = users.find(({ name }) => name.toLowerCase() === FIRST_ADMIN);
  if (taken !== undefined) {
    warn(
      `the venue has no user with the role admin, and the name ${FIRST_ADMIN} is taken by user ${taken.newUserId}: add one in the staff section of the venue`,
    );
    return undefined;
  }
  const ids = new Set(users.map(({ newUserId }) => newUserId));
  let newUserId = USER_ID_MIN;
  while (ids.has(newUserId)) newUserId++;
  const password = generatePassword();
  const salt = randomBytes(SALT_BYTES);
  const passwordHash = await hashPassword(password, salt);
  const operator = new Operator(host, 'first start: the venue has no admin');
  try {
    const refusals = await operator.send([
      {
        type: 'AddUser',
        newUserId,
        role: Role.Admin,
        mustChangePassword: 1,
        name: FIRST_ADMIN,
        salt,
        passwordHash,
      },
    ]);
    if (refusals.length > 0) {
      // Another node of the cluster that starts now may have been faster: its password is the one.
      if (hasAdmin(usersOf(host))) return undefined;
      throw operator.errorOf(refusals);
    }
  } finally {
    operator.close();
  }
  return { name: FIRST_ADMIN, password };
}

/** Whether a user is one whom `addFirstAdmin` added. */
export function isFirstAdmin({ newUserId, name }: Event<'UserAdded'>): boolean {
  return newUserId >= USER_ID_MIN && name === FIRST_ADMIN;
}

function usersOf(host: VenueHost): readonly Event<'UserAdded'>[] {
  return [...new StandingVenue(host).users.values()];
}

function hasAdmin(users: readonly Event<'UserAdded'>[]): boolean {
  return users.some(({ role }) => role === Role.Admin);
}
