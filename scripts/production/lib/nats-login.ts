/**
 * Whether a nats-server lets a user in: `nats-login.ts HOST:PORT USER PASSWORD_FILE`. Exits with 0 when it does, with 5 when it refuses, with 4 when it does
 * not answer. See rotate-secrets.sh.
 */
import { readFileSync } from 'node:fs';
import { AuthorizationError, connect, UserAuthenticationExpiredError } from '@nats-io/transport-node';

const TIMEOUT_MS = 5_000;
const NO_ANSWER = 4;
const REFUSED = 5;

const [servers, user, passwordFile] = process.argv.slice(2);
const [pass] = readFileSync(passwordFile, 'utf8').split(/\r?\n/, 1);
try {
  const connection = await connect({ servers, user, pass, timeout: TIMEOUT_MS, reconnect: false });
  await connection.close();
} catch (error) {
  const isRefusal = error instanceof AuthorizationError || error instanceof UserAuthenticationExpiredError;
  if (!isRefusal) console.error(`${servers}: ${(error as Error).message}`);
  process.exit(isRefusal ? REFUSED : NO_ANSWER);
}
