import {
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  type StreamConfig,
  type StreamInfo,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { Limits } from '#domain/limits.ts';
import type { LogLine } from '../file/data-directory.ts';
import { takesTooLittle } from './log-failures.ts';
import { isNoStorage, namingSetting } from './no-storage.ts';
import { retryWait } from './retry-wait.ts';
import {
  REQUEST_TIMEOUT_MS,
  SERVER_VERSION_MIN,
  STREAM_KNOWN_MS,
  STREAM_READY_MS,
  UPDATE_TIMEOUT_MS,
} from './settings.ts';
import {
  checkSameLog,
  checkStream,
  DUPLICATE_WINDOW_NANOS,
  entrySubject,
  type LogStreamOptions,
  mirrorConfig,
  type StreamLog,
  type StreamState,
  stateOf,
  streamConfig,
} from './stream-config.ts';
import { StreamError } from './stream-error.ts';

/** A stream that is safe for a log. */
export interface LogStream extends StreamLog {
  readonly state: StreamState;
}

/** Errors of JetStream that waiting does not mend, where a stream is made or asked for. */
const API_STREAM_NOT_FOUND = 10059;
const API_NAME_IN_USE = 10058;
/** No servers, or not yet enough of them, for as many copies. */
const API_PASSING_CODES: readonly number[] = [10005, 10008, 10009, 10023, 10118];

/**
 * Makes the stream of a new venue, unless it is there, and checks it in any case. Waits for the servers to be enough for its copies; start it
 * when all servers of the cluster run, so that the copies are spread over all.
 * @param maxBytes what the stream may hold: when it is full, the venue takes no orders
 * @param logId UUID of a new log
 * @param firstSequence of a new stream: 1, or the entry behind the last one of a log that it continues
 * @param line of a log that is continued: its history
 * @throws StreamError
 */
export async function createLogStream(
  connection: NatsConnection,
  options: LogStreamOptions,
  maxBytes: number,
  logId: string,
  firstSequence = 1,
  line: LogLine | undefined = undefined,
): Promise<LogStream> {
  checkServer(connection);
  const manager = await managerOf(connection);
  const { name } = options;
  return checked(
    options,
    await namingSetting(
      name,
      maxBytes,
      'cluster.maxBytes',
      whenReady(name, 'made', async () => {
        try {
          return await manager.streams.info(name);
        } catch (error) {
          if (!isApiError(error, API_STREAM_NOT_FOUND)) throw error;
        }
        const { mirrorOf } = options;
        try {
          await manager.streams.add(
            mirrorOf === undefined
              ? streamConfig(options, maxBytes, logId, firstSequence, line)
              : mirrorConfig({ ...options, mirrorOf }, maxBytes, await originLog(connection, name, mirrorOf)),
          );
        } catch (error) {
          // Another node was faster: then its log is the log.
          if (!isApiError(error, API_NAME_IN_USE)) throw error;
        }
        return infoOfNew(manager, name);
      }),
    ),
  );
}

/** Of a stream that is there, or is just being made: the server that answers may not know it yet. @throws the client's error; another one to ask again */
async function infoOfNew(manager: JetStreamManager, name: string): Promise<StreamInfo> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (!isApiError(error, API_STREAM_NOT_FOUND)) throw error;
    throw new Error('it has been made, and the servers do not all know it yet', { cause: error });
  }
}

/** The log that a stream of another domain holds. @throws the client's error when that domain does not answer */
async function originLog(connection: NatsConnection, name: string, domain: string): Promise<StreamLog> {
  const manager = await managerOf(connection, domain);
  const info = await manager.streams.info(name);
  return checkStream(info, { name, replicas: info.config.num_replicas as LogStreamOptions['replicas'] });
}

/** Whether the stream in the domain that this one mirrors answers. */
export async function originAnswers(
  connection: NatsConnection,
  name: string,
  domain: string,
): Promise<boolean> {
  try {
    await (await managerOf(connection, domain)).streams.info(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes a mirror a stream of its own: it goes on behind the last message that it has, and takes messages from now on. What its origin had beyond is lost to it.
 * @param subjects of what it takes; default: those of a log
 * @throws the client's error
 */
export async function detachMirror(
  connection: NatsConnection,
  name: string,
  subjects: string[] = [entrySubject(name)],
): Promise<void> {
  const manager = await managerOf(connection);
  const { config } = await manager.streams.info(name);
  const { mirror, ...own } = config;
  // In two steps: the servers refuse subjects in the one that ends the mirroring.
  if (mirror !== undefined) await update(connection, own);
  await update(connection, { ...own, subjects, duplicate_window: DUPLICATE_WINDOW_NANOS });
}

/** As the client's `update`, which keeps what is left out. */
async function update(
  connection: NatsConnection,
  config: Partial<StreamConfig> & { name: string },
): Promise<void> {
  const message = await connection.request(`$JS.API.STREAM.UPDATE.${config.name}`, JSON.stringify(config), {
    timeout: UPDATE_TIMEOUT_MS,
  });
  const { error } = message.json<{ error?: { description: string } }>();
  if (error !== undefined) throw new Error(error.description);
}

/**
 * Finds the stream of a venue and checks it.
 * @throws StreamError
 */
export async function openLogStream(
  connection: NatsConnection,
  options: LogStreamOptions,
): Promise<LogStream> {
  checkServer(connection);
  const manager = await managerOf(connection);
  return checked(options, await whenReady(options.name, 'found', () => manager.streams.info(options.name)));
}

/**
 * Finds the stream of a log of which `directory` has a copy, and checks it: where it is gone, another one would not be that log.
 * @throws StreamError
 */
export async function findLogStream(
  connection: NatsConnection,
  options: LogStreamOptions,
  directory: string,
): Promise<LogStream> {
  const isMissing = (error: unknown): boolean => error instanceof StreamError && error.code === 'NO_STREAM';
  try {
    return await askWhile(isMissing, () => openLogStream(connection, options), STREAM_KNOWN_MS);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new StreamError(
      'NO_STREAM',
      `there is no stream ${options.name}, of which ${directory} has a copy: correct the name, or make it of the longest copy ("hive cluster create", docs/cluster.md)`,
      { cause: error },
    );
  }
}

/**
 * Asks once whether the stream is still a safe log, and the one that it was.
 * @throws StreamError when it is not; the client's error when there is no answer
 */
export async function recheckStream(
  connection: NatsConnection,
  options: LogStreamOptions,
  log: StreamLog,
): Promise<void> {
  const { name } = options;
  const manager = await managerOf(connection);
  let info: StreamInfo;
  try {
    info = await manager.streams.info(name);
  } catch (error) {
    if (!isApiError(error, API_STREAM_NOT_FOUND)) throw error;
    throw new StreamError(
      'NO_STREAM',
      `there is no stream ${name} any more: stop the nodes (docs/cluster.md)`,
    );
  }
  checkSameLog(info, log);
  checkStream(info, options);
}

/** The client for requests to JetStream's API. */
export async function managerOf(connection: NatsConnection, domain?: string): Promise<JetStreamManager> {
  const options = domain === undefined ? {} : { domain };
  return jetstreamManager(connection, { checkAPI: false, timeout: REQUEST_TIMEOUT_MS, ...options });
}

function checked(options: LogStreamOptions, info: StreamInfo): LogStream {
  return { ...checkStream(info, options), state: stateOf(info) };
}

/** @throws StreamError SERVER */
function checkServer({ info }: NatsConnection): void {
  if (info === undefined) return;
  const { version, max_payload, server_name } = info;
  if (!isAtLeast(version, SERVER_VERSION_MIN)) {
    throw new StreamError(
      'SERVER',
      `nats-server ${server_name} is version ${version}: earlier ones than ${SERVER_VERSION_MIN} acknowledged what they had not stored. Update it`,
    );
  }
  if (max_payload < Limits.ENTRY_BYTES_MAX) {
    throw new StreamError('SERVER', takesTooLittle(server_name, max_payload));
  }
}

function isAtLeast(version: string, least: string): boolean {
  const [parts, leastParts] = [version, least].map((text) => text.split(/[.-]/).slice(0, 3).map(Number));
  const differing = leastParts.findIndex((part, i) => part !== parts[i]);
  return differing === -1 || parts[differing] > leastParts[differing];
}

/** Whether servers refused only because they are not all there yet, or elect. */
function isPassingRefusal(error: JetStreamApiError): boolean {
  return API_PASSING_CODES.includes(error.code) && !isNoStorage(error);
}

/** Asks again, for `msMax`, after failures that may pass. @throws the last failure, or one that does not pass */
async function askWhile<Answer>(
  isPassing: (error: unknown) => boolean,
  ask: () => Promise<Answer>,
  msMax: number = STREAM_READY_MS,
): Promise<Answer> {
  const end = Date.now() + msMax;
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || Date.now() > end) throw error;
    }
    await retryWait(attempt);
  }
}

/** Asks again, for a while, when the servers refuse because they are not all there yet, or elect. @throws the client's error */
export function untilTaken<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  return askWhile((error) => error instanceof JetStreamApiError && isPassingRefusal(error), ask);
}

/**
 * Asks until there is an answer, for a while.
 * @param what is done with the stream: made, found, read
 * @throws StreamError NOT_READY, NO_STREAM
 */
export async function whenReady<Answer>(
  name: string,
  what: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await askWhile((error) => !(error instanceof JetStreamApiError) || isPassingRefusal(error), ask);
  } catch (error) {
    if (isApiError(error, API_STREAM_NOT_FOUND)) {
      throw new StreamError(
        'NO_STREAM',
        `there is no stream ${name}: correct its name, or make it (docs/cluster.md)`,
        { cause: error },
      );
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new StreamError(
      'NOT_READY',
      `stream ${name} could not be ${what}: ${reason}. See that a majority of the nats-servers runs, with JetStream and at least as many servers as the stream has replicas`,
      { cause: error },
    );
  }
}

function isApiError(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}
