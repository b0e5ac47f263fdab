import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

const SOCKET_FILE = 'status.sock';
/** Longest path that a socket's address takes, on the system with the least room. */
const ADDRESS_BYTES_MAX = 100;
const ANSWER_BYTES_MAX = 1024 * 1024;
const TIMEOUT_MS = 5_000;

/** Nobody answers at a data directory: no node runs on it. */
export class NoNodeError extends Error {
  override readonly name = 'NoNodeError';
  readonly code = 'NO_NODE';
}

/**
 * Answers every connection to a Unix socket in the data directory with one JSON object. Only who may enter the
 * directory can ask. Call it with the directory's lock held: a socket file that a crash left is replaced.
 * @returns how to stop
 */
export async function serveStatus(directory: string, status: () => object): Promise<() => Promise<void>> {
  const { address, release } = socketAddress(directory);
  rmSync(address, { force: true });
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(`${JSON.stringify(status())}\n`);
  });
  await listening(server, address);
  return async () => {
    await new Promise<void>((resolve) => server.close(() => resolve()));
    release();
  };
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => resolve());
  });
}

/** What the node that runs on the data directory says of itself. @throws NoNodeError */
export async function askStatus(directory: string): Promise<unknown> {
  const { address, release } = socketAddress(directory);
  try {
    return JSON.parse(await answerFrom(address));
  } catch (error) {
    throw new NoNodeError(
      `no node runs on the data directory ${directory}: start one ("hive start --data-dir ${directory}"), or name another directory with --data-dir`,
      { cause: error },
    );
  } finally {
    release();
  }
}

function answerFrom(address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address);
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > ANSWER_BYTES_MAX) socket.destroy(new Error('the answer is too long'));
    });
    socket.once('error', reject);
    socket.once('end', () => resolve(answer));
  });
}

/** The socket's address; a long path is shortened through a handle of the directory, which Linux can. */
function socketAddress(directory: string): { address: string; release: () => void } {
  const path = join(directory, SOCKET_FILE);
  if (Buffer.byteLength(path) <= ADDRESS_BYTES_MAX) return { address: path, release: () => {} };
  let handle: number;
  try {
    handle = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch {
    return { address: path, release: () => {} };
  }
  return { address: `/proc/self/fd/${handle}/${SOCKET_FILE}`, release: () => closeSync(handle) };
}
