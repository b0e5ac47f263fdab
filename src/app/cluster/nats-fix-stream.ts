import {
  JetStreamApiError,
  type JetStreamManager,
  jetstreamManager,
  type StoredMsg,
  type StreamConfig,
} from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { FixStoreError } from '#gateways/fix/store/fix-store.ts';
import {
  type FixStream,
  STREAM_RECORD_BYTES_MAX,
  STREAM_RECORDS_PER_SESSION,
  type StreamRecord,
  type StreamRecordKind,
} from '#gateways/fix/store/fix-stream.ts';
import { retry } from '#gateways/fix/store/retry.ts';
import { detachMirror } from '#log/jetstream/log-stream.ts';
import { isNoStorage, namingSetting } from '#log/jetstream/no-storage.ts';
import { DUPLICATE_WINDOW_NANOS } from '#log/jetstream/stream-config.ts';
import { StreamError } from '#log/jetstream/stream-error.ts';
import type { ClusterSettings } from './cluster-settings.ts';

/** How long one question or append waits for its answer. */
const ANSWER_MS_MAX = 1_000;
/** How long the making of the stream is tried: an election takes up to 9 s. */
const READY_MS_MAX = 30_000;
const NOT_FOUND = 10_059;
/** It may hold this part of what the log may. */
const SHARE_OF_LOG = 4;
const LOG_ID_KEY = 'hive_log_id';

/** Settings that would lose or change records, and are off. */
const OFF = [
  'discard_new_per_subject',
  'sealed',
  'no_ack',
  'allow_rollup_hdrs',
  'allow_msg_ttl',
  'allow_msg_counter',
  'allow_msg_schedules',
  'subject_delete_marker_ttl',
  'sources',
  'subject_transform',
] as const satisfies readonly (keyof StreamConfig)[];

/** What a venue decides about the stream of its FIX sessions. */
export interface FixStreamOptions {
  /** Of the log's stream: this one is called the same, with `_FIX`. */
  readonly logStream: string;
  /** Servers that hold a copy. */
  readonly replicas: 1 | 3 | 5;
  /** What it may hold, when it is made: when it is full, no session can send. */
  readonly maxBytes: number;
  /** UUID of the log: report numbers that sessions have are of this one. */
  readonly logId: string;
  /** JetStream domain of the cluster whose log the venue's log mirrors, or mirrored until it took over; undefined: none. */
  readonly mirrorOf: string | undefined;
}

/** What the cluster of a log has for its FIX sessions. */
export function fixStreamOptions(cluster: ClusterSettings, logId: string): FixStreamOptions {
  const { stream: logStream, replicas, maxBytes, mirrorOf } = cluster;
  return { logStream, replicas, maxBytes: Math.ceil(maxBytes / SHARE_OF_LOG), logId, mirrorOf };
}

/** The FIX sessions of a venue in a JetStream stream: two subjects for each session, of its claims and of its batches. */
export class NatsFixStream implements FixStream {
  declare private readonly connection: NatsConnection;
  declare private readonly manager: JetStreamManager;
  declare private readonly name: string;

  private constructor(connection: NatsConnection, manager: JetStreamManager, name: string) {
    this.connection = connection;
    this.manager = manager;
    this.name = name;
  }

  /**
   * Finds the stream or makes it, and checks it. One that still mirrors another cluster's ends to do so: who asks for it here serves, so that
   * the venue's log is this cluster's.
   * @throws StreamError UNSAFE_SETTING and NO_STORAGE, which name the setting; OTHER_LOG. FixStoreError when the servers do not answer
   */
  static async open(connection: NatsConnection, options: FixStreamOptions): Promise<NatsFixStream> {
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS_MAX });
    const config = configOf(options);
    const { name } = config;
    let found = await findOrMake(manager, config, options.maxBytes);
    if (options.mirrorOf !== undefined && (await detachFixStream(connection, options.logStream)))
      found = await findOrMake(manager, config, options.maxBytes);
    check(found, config);
    return new NatsFixStream(connection, manager, name);
  }

  async append(sessionId: string, kind: StreamRecordKind, bytes: Uint8Array): Promise<void> {
    const subject = this.#subject(sessionId, kind);
    const answer = await this.connection.request(subject, bytes, { timeout: ANSWER_MS_MAX });
    const { error } = answer.json<{ readonly error?: { readonly description: string } }>();
    if (error !== undefined) throw new Error(error.description);
  }

  async next(sessionId: string, sequence: number): Promise<StreamRecord | undefined> {
    const question = { seq: sequence, next_by_subj: this.#subject(sessionId, '*') };
    return recordOf(await this.manager.streams.getMessage(this.name, question));
  }

  async last(sessionId: string): Promise<StreamRecord | undefined> {
    const question = { last_by_subj: this.#subject(sessionId, '*') };
    return recordOf(await this.manager.streams.getMessage(this.name, question));
  }

  async sessionIds(): Promise<readonly string[]> {
    const subjects_filter = `${this.name}.*.${'claim' satisfies StreamRecordKind}`;
    const { state } = await this.manager.streams.info(this.name, { subjects_filter });
    return Object.keys(state.subjects ?? {}).map((subject) =>
      Buffer.from(subject.split('.')[1], 'base64url').toString(),
    );
  }

  announce(sessionId: string): void {
    this.connection.publish(this.#claims(), sessionId);
  }

  onAnnounced(onClaim: (sessionId: string) => void): void {
    this.connection.subscribe(this.#claims(), {
      callback: (error, message) => {
        if (error === null) onClaim(message.string());
      },
    });
  }

  #claims(): string {
    return `${this.name}_CLAIMS`;
  }

  #subject(sessionId: string, kind: StreamRecordKind | '*'): string {
    return `${this.name}.${Buffer.from(sessionId).toString('base64url')}.${kind}`;
  }
}

/**
 * Has the FIX sessions of the cluster in domain `mirrorOf` followed here, record by record, whether that has any yet or not.
 * @throws StreamError, FixStoreError as `open` does
 */
export async function mirrorFixStream(connection: NatsConnection, options: FixStreamOptions): Promise<void> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS_MAX });
  // A mirror has neither subjects nor a search for duplicates.
  const { subjects: _, duplicate_window: __, ...common } = configOf(options);
  const { name } = common;
  const { mirrorOf: domain = '' } = options;
  const found = await findOrMake(manager, { ...common, mirror: { name, domain } }, options.maxBytes);
  const { mirror, ...own } = found;
  if (mirror?.name !== name || mirror.external?.api !== `$JS.${domain}.API`) {
    throw new StreamError(
      'UNSAFE_SETTING',
      `stream ${name} does not mirror that of domain ${domain}: it is of another time or cluster. Keep what is needed of it, and remove it: nats stream rm ${name} (docs/cluster.md, "FIX sessions")`,
    );
  }
  check(own, common);
}

/**
 * Makes a mirror of FIX sessions a stream of its own, behind the last record that it has. @returns whether there was one
 * @throws the client's error
 */
export async function detachFixStream(connection: NatsConnection, logStream: string): Promise<boolean> {
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: ANSWER_MS_MAX });
  const name = fixStreamName(logStream);
  try {
    const { config } = await manager.streams.info(name);
    // Without subjects: an attempt before this one came half the way.
    if (config.mirror === undefined && (config.subjects ?? []).length > 0) return false;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === NOT_FOUND) return false;
    throw error;
  }
  await detachMirror(connection, name, subjectsOf(name));
  return true;
}

/** The configuration of the stream, made where there is none. @throws StreamError NO_STORAGE, FixStoreError */
function findOrMake(
  manager: JetStreamManager,
  config: Partial<StreamConfig> & { name: string },
  maxBytes: number,
): Promise<StreamConfig> {
  const { name } = config;
  const making = retry(`make stream ${name}`, READY_MS_MAX, async () => {
    try {
      return (await manager.streams.info(name)).config;
    } catch (error) {
      if (!(error instanceof JetStreamApiError && error.code === NOT_FOUND)) throw error;
    }
    await manager.streams.add(config).catch((error: Error) => {
      throw isNoStorage(error) ? new FixStoreError(error.message, { cause: error }) : error;
    });
    return undefined;
  });
  return namingSetting(name, maxBytes, 'cluster.maxBytes, of which it takes a part', making);
}

/** The stream of the FIX sessions beside a log's. */
export function fixStreamName(logStream: string): string {
  return `${logStream}_FIX`;
}

function subjectsOf(name: string): string[] {
  return [`${name}.*.*`];
}

function recordOf(message: StoredMsg | null): StreamRecord | undefined {
  return message === null ? undefined : { sequence: message.seq, bytes: message.data };
}

function configOf({
  logStream,
  replicas,
  maxBytes,
  logId,
}: FixStreamOptions): Partial<StreamConfig> & { name: string } {
  const name = fixStreamName(logStream);
  return {
    name,
    subjects: subjectsOf(name),
    storage: 'file',
    num_replicas: replicas,
    retention: 'limits',
    // A full stream refuses. Only within a session the oldest records go, by their number.
    discard: 'new',
    max_msgs_per_subject: STREAM_RECORDS_PER_SESSION,
    max_bytes: maxBytes,
    max_msg_size: STREAM_RECORD_BYTES_MAX,
    max_age: 0,
    max_msgs: -1,
    max_consumers: -1,
    duplicate_window: DUPLICATE_WINDOW_NANOS,
    // Who leads the stream answers all questions: a copy may lack what is there.
    allow_direct: false,
    deny_delete: true,
    deny_purge: true,
    metadata: { [LOG_ID_KEY]: logId },
  };
}

/** @throws StreamError */
function check(config: StreamConfig, wanted: Partial<StreamConfig> & { name: string }): void {
  const isOff = (value: unknown): boolean =>
    value === undefined || value === false || value === 0 || value === '';
  const refuse = (setting: keyof StreamConfig, must: unknown): never => {
    const is = JSON.stringify(config[setting] ?? null);
    throw new StreamError(
      'UNSAFE_SETTING',
      `stream ${wanted.name} is not safe for FIX sessions: ${setting} is ${is} and must be ${JSON.stringify(must)}. Repair it with nats stream edit (docs/cluster.md, "FIX sessions")`,
    );
  };
  const logId = config.metadata?.[LOG_ID_KEY];
  if (logId !== wanted.metadata?.[LOG_ID_KEY]) {
    throw new StreamError(
      'OTHER_LOG',
      `stream ${wanted.name} has the FIX sessions of log ${logId ?? 'unknown'}: delete it, and all sessions begin anew (docs/cluster.md, "FIX sessions")`,
    );
  }
  for (const setting of Object.keys(wanted) as (keyof StreamConfig)[]) {
    // What it may hold is the operator's to change.
    if (setting === 'max_bytes' || setting === 'metadata') continue;
    const [is, must] = [config[setting], wanted[setting]];
    if (JSON.stringify(is) !== JSON.stringify(must) && !(isOff(is) && isOff(must))) refuse(setting, must);
  }
  if (!(config.max_bytes > 0)) refuse('max_bytes', 'a limit above 0');
  if (config.mirror !== undefined) refuse('mirror', 'off');
  for (const setting of OFF) if (!isOff(config[setting])) refuse(setting, 'off');
}
