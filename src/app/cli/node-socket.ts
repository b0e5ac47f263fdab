import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { lockHolder } from '#log/file/directory-lock.ts';
import { shellWord } from './shell-word.ts';

const SOCKET_FILE = 'node.sock';
/** Longest path that a socket's address takes, on the system with the least room. */
const ADDRESS_BYTES_MAX = 100;
const ANSWER_BYTES_MAX = 1024 * 1024;
const REQUEST_BYTES_MAX = 1_024;
const TIMEOUT_MS = 5_000;

/** Nobody answers at a data directory: no node runs on it, or none that is ready. */
export class NoNodeError extends Error {
  override readonly name = 'NoNodeError';
  readonly code = 'NO_NODE';
}

/** A node runs and gives no answer in time, or this user may not ask it. */
export class NodeSilentError extends Error {
  override readonly name = 'NodeSilentError';
  readonly code = 'NODE_SILENT';
}

/** The node was asked for something that it does not do, or not now. */
export class NodeRefusedError extends Error {
  override readonly name = 'NodeRefusedError';
  readonly code = 'NODE_REFUSED';
}

/** What a node can be asked for by who may enter its data directory. */
export type NodeRequest =
  | { readonly ask: 'status' }
  | { readonly ask: 'cluster' }
  | { readonly ask: 'promote'; readonly takeOver?: { readonly force: boolean } }
  | { readonly ask: 'demote'; readonly drainMs: number }
  | { readonly ask: 'rotateKey' };

/** Answers a request. @throws an Error whose message is the answer */
export type NodeAnswers = (request: NodeRequest) => object | Promise<object>;

/**
 * Answers requests at a Unix socket in the data directory: one line of JSON each way, one request per connection. Only who may enter
 * the directory can ask. Call it with the directory's lock held: a socket file that a crash left is replaced.
 * @returns how to stop
 */
export async function serveNode(directory: string, answers: NodeAnswers): Promise<() => Promise<void>> {
  const { address, release } = socketAddress(directory);
  rmSync(address, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.setEncoding('utf8');
    let text = '';
    socket.on('data', (more: string) => {
      text += more;
      if (text.length > REQUEST_BYTES_MAX) socket.destroy();
      else if (text.endsWith('\n')) void answer(socket, text, answers);
    });
  });
  await listening(server, address);
  return async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
    release();
  };
}

async function answer(socket: Socket, text: string, answers: NodeAnswers): Promise<void> {
  let result: object;
  try {
    result = await answers(JSON.parse(text) as NodeRequest);
  } catch (error) {
    result = { error: (error as Error).message };
  }
  socket.end(`${JSON.stringify(result)}\n`);
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => resolve());
  });
}

/**
 * Asks the node that runs on the data directory.
 * @param timeoutMs how long the answer may take
 * @throws NoNodeError; NodeSilentError; NodeRefusedError with the node's own words
 */
export async function askNode(
  directory: string,
  request: NodeRequest,
  timeoutMs: number = TIMEOUT_MS,
): Promise<unknown> {
  const { address, release } = socketAddress(directory);
  let answer: { readonly error?: string };
  try {
    answer = JSON.parse(await answerFrom(address, `${JSON.stringify(request)}\n`, timeoutMs));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'TIMEOUT') {
      throw new NodeSilentError(
        `the node on the data directory ${directory} gave no answer within ${timeoutMs / 1_000} s: it may do all the same what it was told. Look at its log, and at "hive status"`,
        { cause: error },
      );
    }
    if (code === 'EACCES') {
      throw new NodeSilentError(
        `this user may not ask the node on the data directory ${directory} (EACCES): be the one that the node runs as`,
        { cause: error },
      );
    }
    const holder = lockHolder(directory);
    if (holder !== undefined) {
      throw new NoNodeError(
        `the data directory ${directory} is in use by ${holder}, which answers nothing: a node does from when it is ready until it stops. Look at its log`,
        { cause: error },
      );
    }
    throw new NoNodeError(
      `no node runs on the data directory ${directory}: start one ("hive start --data-dir ${shellWord(directory)}"), or name another directory with --data-dir`,
      { cause: error },
    );
  } finally {
    release();
  }
  if (answer.error !== undefined) throw new NodeRefusedError(answer.error);
  return answer;
}

function answerFrom(address: string, request: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(address, () => socket.write(request));
    let answer = '';
    socket.setEncoding('utf8');
    const late = Object.assign(new Error('no answer in time'), { code: 'TIMEOUT' });
    socket.setTimeout(timeoutMs, () => socket.destroy(late));
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
