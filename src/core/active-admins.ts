import { Role } from '#domain/commands.ts';
import type { ApiKeyTable } from './registry/api-keys.ts';
import type { UserTable } from './registry/users.ts';

/**
 * Who can administer the venue: enabled users with the role admin that have a credential which is good for commands now, a
 * password or an API key that is neither read-only nor expired. The venue must not lose the last of them by a command: nobody could
 * ever give it another one.
 *
 * Nothing is kept up to date for this: the commands that ask are rare, and each looks at every user and key at most once.
 */
export class ActiveAdmins {
  declare private readonly users: UserTable;
  declare private readonly apiKeys: ApiKeyTable;

  constructor(users: UserTable, apiKeys: ApiKeyTable) {
    this.users = users;
    this.apiKeys = apiKeys;
  }

  /** Whether the user in `row` is an active admin, and no other user is. @param nowSeconds log time */
  isLast(row: number, nowSeconds: number): boolean {
    return this.#isActive(row, nowSeconds) && !this.#hasOther(row, nowSeconds);
  }

  /** Whether the user has an API key that is good for commands now, beside the one in row `exceptKey` (-1: none). */
  hasKey(row: number, exceptKey: number, nowSeconds: number): boolean {
    if (this.users.apiKeys(row) === 0) return false;
    for (let key = 0; key < this.apiKeys.count; key++) {
      if (key !== exceptKey && this.apiKeys.userRow[key] === row && this.#isGood(key, nowSeconds))
        return true;
    }
    return false;
  }

  #isActive(row: number, nowSeconds: number): boolean {
    return this.#isAdmin(row) && (this.users.hasPassword(row) || this.hasKey(row, -1, nowSeconds));
  }

  #hasOther(row: number, nowSeconds: number): boolean {
    const { users, apiKeys } = this;
    for (let other = 0; other < users.count; other++) {
      if (other !== row && this.#isAdmin(other) && users.hasPassword(other)) return true;
    }
    for (let key = 0; key < apiKeys.count; key++) {
      const owner = apiKeys.userRow[key];
      if (owner !== row && this.#isAdmin(owner) && this.#isGood(key, nowSeconds)) return true;
    }
    return false;
  }

  #isAdmin(row: number): boolean {
    return this.users.role(row) === Role.Admin && this.users.disabled[row] === 0;
  }

  #isGood(key: number, nowSeconds: number): boolean {
    const expireSeconds = this.apiKeys.expireSeconds[key] >>> 0;
    return this.apiKeys.readOnly[key] === 0 && (expireSeconds === 0 || expireSeconds > nowSeconds);
  }
}
