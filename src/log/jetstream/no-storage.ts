import { JetStreamApiError } from '@nats-io/jetstream';
import { StreamError } from './stream-error.ts';

const API_NO_STORAGE = 10047;
/** The server that leads has reached what it may store. It did not store the message, and another may come to lead that has room. */
export const NO_ROOM_CODE = 10023;
/** The limits of the account, and of the servers' storage, are reached. */
const FULL_CODES: readonly number[] = [10002, API_NO_STORAGE];
/** The stream did not store the message; the description says why. */
const STORE_FAILED_CODE = 10077;
/** In a cluster the servers have one code for all that keeps them from taking a copy, and words for what it is. */
const API_NO_PEERS = 10005;

/** Whether the servers have no room for a message: the limits of the account or of their storage are reached, or those of its stream. */
export function isNoRoom(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError && (error.code === NO_ROOM_CODE || isFull(error.code, error.message))
  );
}

/** As `isNoRoom`, of limits that hold for all servers. @param code of JetStream's error */
export function isFull(code: number, description: string): boolean {
  return FULL_CODES.includes(code) || (code === STORE_FAILED_CODE && /^maximum /.test(description));
}

/** Whether the servers have no room for a stream. Those that only lack a server, too, may still come to have it. */
export function isNoStorage(error: unknown): boolean {
  if (!(error instanceof JetStreamApiError)) return false;
  const { code, message } = error;
  return (
    code === API_NO_STORAGE ||
    (code === API_NO_PEERS && message.includes('insufficient storage') && !message.includes('offline'))
  );
}

/**
 * Waits for the making of a stream, and says of one that failed for want of storage which setting asks for too much.
 * @param setting of this platform, with how much of it the stream takes
 * @throws StreamError NO_STORAGE; what `making` throws
 */
export async function namingSetting<Made>(
  name: string,
  maxBytes: number,
  setting: string,
  making: Promise<Made>,
): Promise<Made> {
  try {
    return await making;
  } catch (error) {
    const { cause } = error as Error;
    if (!isNoStorage(cause)) throw error;
    throw new StreamError(
      'NO_STORAGE',
      `stream ${name} could not be made: its max_bytes of ${maxBytes} bytes, on each server that has a copy, are more than the nats-servers have left (${(cause as Error).message}). Lower ${setting}, or let the servers store more: max_file_store in their jetstream section, the limits of the account, or larger disks`,
      { cause },
    );
  }
}
