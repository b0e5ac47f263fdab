import { SALT_BYTES } from '#gateways/identity/password.ts';

/** Salt of the password of every user of a node's process: who signs bearer tokens for them names the password by it. */
export const USER_SALT = new Uint8Array(SALT_BYTES).fill(7);
