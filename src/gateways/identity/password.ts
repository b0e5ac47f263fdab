import { scrypt, timingSafeEqual } from 'node:crypto';

/** Cost of a password check: about 50 ms of one core and 16 MiB. */
const SCRYPT = { N: 16_384, r: 8, p: 1 } as const;

/** Bytes of salt and hash as the UserAdded event stores them. */
export const SALT_BYTES = 16;
export const PASSWORD_HASH_BYTES = 32;

/** scrypt of a password (UTF-8) with the 16 salt bytes as stored; computed off this thread. */
export function hashPassword(password: string, salt: Uint8Array): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(password, salt, PASSWORD_HASH_BYTES, SCRYPT, (error, hash) => {
    if (error === null) resolve(hash);
    else reject(error);
  });
  return promise;
}

/** What a login is checked against. */
export interface Credentials {
  readonly salt: Uint8Array;
  /** All zero: this user cannot log in. */
  readonly passwordHash: Uint8Array;
}

const NOBODY: Credentials = {
  salt: new Uint8Array(SALT_BYTES),
  passwordHash: new Uint8Array(PASSWORD_HASH_BYTES),
};

/**
 * Whether `password` is right. An unknown user (undefined) and one who cannot log in cost as much time as a wrong
 * password, so that answers do not tell which names exist.
 */
export async function verifyPassword(
  credentials: Credentials | undefined,
  password: string,
): Promise<boolean> {
  const { salt, passwordHash } = credentials ?? NOBODY;
  const hash = await hashPassword(password, salt);
  const canLogIn = passwordHash.some((byte) => byte !== 0);
  return timingSafeEqual(hash, passwordHash) && canLogIn;
}
