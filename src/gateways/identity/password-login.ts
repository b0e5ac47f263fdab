import { randomBytes } from 'node:crypto';
import { AccessRefusal } from './access-refusal.ts';
import type { FailedLogins } from './failed-logins.ts';
import { hashPassword, SALT_BYTES, verifyPassword } from './password.ts';
import { passwordFault } from './password-rules.ts';
import type { DirectoryUser, UserDirectory } from './user-directory.ts';

/** Password checks at a time: the threads that do them serve files too, and each takes 16 MiB. */
const CHECKS_MAX = 2;
/** Logins that wait for their check. */
const WAITING_MAX = 64;
/** Characters of a name and bytes of a password that are looked at, at most: what is longer is wrong. */
const NAME_LENGTH_MAX = 24;
const PASSWORD_BYTES_MAX = 512;

export interface PasswordLoginOptions {
  readonly checksMax?: number;
  readonly waitingMax?: number;
}

/** What the log keeps of a password. */
export interface HashedPassword {
  readonly salt: Uint8Array;
  readonly passwordHash: Uint8Array;
}

/** The fields of a SetUserPassword command. */
export interface NewPassword extends HashedPassword {
  readonly user: DirectoryUser;
}

/**
 * Logins of people by name and password. scrypt runs off this thread, a bounded number at a time; failures slow down the
 * next attempts. What is answered, and when, does not tell whether a name exists.
 */
export class PasswordLogin {
  declare private readonly directory: UserDirectory;
  declare private readonly checksMax: number;
  declare private readonly waitingMax: number;
  declare private readonly failures: FailedLogins;
  declare private checks: number;
  declare private readonly waiting: (() => void)[];

  constructor(directory: UserDirectory, failures: FailedLogins, options: PasswordLoginOptions = {}) {
    this.directory = directory;
    this.checksMax = options.checksMax ?? CHECKS_MAX;
    this.waitingMax = options.waitingMax ?? WAITING_MAX;
    this.failures = failures;
    this.checks = 0;
    this.waiting = [];
  }

  /**
   * The user whose name and password these are, or a refusal: NOT_READY, TOO_MANY_FAILURES, TOO_MANY_LOGINS, WRONG_PASSWORD;
   * and once the password was right USER_DISABLED, PASSWORD_CHANGE_REQUIRED.
   */
  async logIn(
    name: string,
    password: string,
    address: string | undefined,
  ): Promise<DirectoryUser | AccessRefusal> {
    const user = await this.#prove(name, password, address);
    if (user instanceof AccessRefusal || !user.mustChangePassword) return user;
    return new AccessRefusal('PASSWORD_CHANGE_REQUIRED');
  }

  /**
   * What a SetUserPassword command needs to give the user another password, or a refusal: those of `logIn` but for
   * PASSWORD_CHANGE_REQUIRED, and UNSUITABLE_PASSWORD (see `passwordFault`), which is only said to who knows the old one.
   */
  async change(
    name: string,
    password: string,
    newPassword: string,
    address: string | undefined,
  ): Promise<NewPassword | AccessRefusal> {
    const user = await this.#prove(name, password, address);
    if (user instanceof AccessRefusal) return user;
    if (newPassword === password || passwordFault(newPassword, user.name) !== undefined) {
      return new AccessRefusal('UNSUITABLE_PASSWORD');
    }
    return this.newPassword(user, newPassword);
  }

  /** The same without the old password: for who may set another's. */
  async newPassword(user: DirectoryUser, password: string): Promise<NewPassword | AccessRefusal> {
    const hashed = await this.hashed(user.name, password);
    return hashed instanceof AccessRefusal ? hashed : { user, ...hashed };
  }

  /** What the log keeps of the password of a user with this name, or UNSUITABLE_PASSWORD; TOO_MANY_LOGINS when there is no room. */
  async hashed(name: string, password: string): Promise<HashedPassword | AccessRefusal> {
    if (passwordFault(password, name) !== undefined) return new AccessRefusal('UNSUITABLE_PASSWORD');
    const salt = randomBytes(SALT_BYTES);
    const passwordHash = await this.#inTurn(() => hashPassword(password, salt));
    return passwordHash instanceof AccessRefusal ? passwordHash : { salt, passwordHash };
  }

  async #prove(
    name: string,
    password: string,
    address: string | undefined,
  ): Promise<DirectoryUser | AccessRefusal> {
    if (!this.directory.isReady) return new AccessRefusal('NOT_READY');
    if (name.length > NAME_LENGTH_MAX || Buffer.byteLength(password) > PASSWORD_BYTES_MAX) {
      return new AccessRefusal('WRONG_PASSWORD');
    }
    const early = this.failures.refusal(name, address);
    if (early !== undefined) return early;
    return this.#inTurn(async () => {
      // Asked again: of those who waited together all but the first few come too late.
      const refusal = this.failures.refusal(name, address);
      if (refusal !== undefined) return refusal;
      const user = this.directory.userByName(name);
      const salt = Buffer.from(user?.salt ?? []);
      const isRight = await verifyPassword(user, password);
      // One that was changed during the check is not the password any more.
      if (!isRight || user === undefined || !salt.equals(user.salt)) {
        this.failures.failed(name, address);
        return new AccessRefusal('WRONG_PASSWORD');
      }
      this.failures.succeeded(name);
      return user.isEnabled ? user : new AccessRefusal('USER_DISABLED');
    });
  }

  /** Runs `job` when it is its turn. TOO_MANY_LOGINS when too many wait already. */
  async #inTurn<T>(job: () => Promise<T>): Promise<T | AccessRefusal> {
    if (this.checks >= this.checksMax) {
      if (this.waiting.length >= this.waitingMax) return new AccessRefusal('TOO_MANY_LOGINS', 1_000);
      // Whoever ends hands its place over: `checks` counts it on.
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.checks++;
    try {
      return await job();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.checks--;
      else next();
    }
  }
}
