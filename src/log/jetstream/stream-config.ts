import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { Limits } from '#domain/limits.ts';
import type { LogLine } from '../file/data-directory.ts';
import { StreamError } from './stream-error.ts';

/** Version of how entries lie in a stream; raised when an older build could misread what a newer one wrote. */
export const STREAM_FORMAT_VERSION = 1;

const LOG_ID_KEY = 'hive_log_id';
const FORMAT_VERSION_KEY = 'hive_format_version';
const LINE_KEY = 'hive_line';
/** The shortest that a server takes, in nanoseconds: nothing here relies on the servers finding repeats. */
export const DUPLICATE_WINDOW_NANOS = 100_000_000;

/** What a venue decides about its stream. */
export interface LogStreamOptions {
  /** Of the stream: letters, digits, `-` and `_`. */
  readonly name: string;
  /** Servers that hold a copy: 1 (tests), 3 or 5. */
  readonly replicas: 1 | 3 | 5;
  /** JetStream domain of the stream of the same name that this one follows, or followed until it took over; undefined: none. */
  readonly mirrorOf?: string;
}

/** Which log a stream holds. */
export interface StreamLog {
  readonly logId: string;
  /** Its history, where the log was restored; undefined: the first one. */
  readonly line: LogLine | undefined;
}

/** The subject to which the entries of stream `name` are published. */
export function entrySubject(name: string): string {
  return `${name}.entries`;
}

/** The configuration of a new stream. `maxBytes` bounds what it holds: when it is full, the venue takes no orders. */
export function streamConfig(
  { name, replicas }: LogStreamOptions,
  maxBytes: number,
  logId: string,
  firstSequence = 1,
  line: LogLine | undefined = undefined,
): Partial<StreamConfig> & { name: string } {
  return {
    name,
    subjects: [entrySubject(name)],
    storage: 'file',
    num_replicas: replicas,
    retention: 'limits',
    // A full stream refuses new entries; it never drops old ones.
    discard: 'new',
    max_bytes: maxBytes,
    max_msg_size: Limits.ENTRY_BYTES_MAX,
    max_age: 0,
    max_msgs: -1,
    max_msgs_per_subject: -1,
    max_consumers: -1,
    duplicate_window: DUPLICATE_WINDOW_NANOS,
    deny_delete: true,
    ...(firstSequence === 1 ? {} : { first_seq: firstSequence }),
    // Purging is how the beginning is removed behind a snapshot.
    deny_purge: false,
    metadata: {
      [LOG_ID_KEY]: logId,
      [FORMAT_VERSION_KEY]: String(STREAM_FORMAT_VERSION),
      ...(line === undefined ? {} : { [LINE_KEY]: JSON.stringify(line) }),
    },
  };
}

/** The configuration of a stream that follows the one of the same name in another domain, entry by entry. */
export function mirrorConfig(
  options: LogStreamOptions & { readonly mirrorOf: string },
  maxBytes: number,
  { logId, line }: StreamLog,
): Partial<StreamConfig> & { name: string } {
  // A mirror has neither subjects nor a search for duplicates: it takes what its origin took.
  const { subjects: _, duplicate_window: __, ...common } = streamConfig(options, maxBytes, logId, 1, line);
  return { ...common, mirror: { name: options.name, domain: options.mirrorOf } };
}

/** Whether the stream follows another one: it takes no entries of its own. */
export function isMirror({ config }: Pick<StreamInfo, 'config'>): boolean {
  return config.mirror !== undefined;
}

interface Rule {
  readonly setting: keyof StreamConfig;
  readonly isSafe: (config: StreamConfig) => boolean;
  readonly must: string;
  /** Options of `nats stream edit`; undefined: a stream cannot change it. */
  readonly repair?: string;
}

/** True for a setting that the server leaves out when it is off. */
const isOff = (value: unknown): boolean =>
  value === undefined || value === false || value === 0 || value === '';

const off = (setting: keyof StreamConfig, repair?: string): Rule => ({
  setting,
  isSafe: (config) => isOff(config[setting]),
  must: 'off',
  ...(repair === undefined ? {} : { repair }),
});

const exactly = (setting: keyof StreamConfig, value: unknown, repair?: string): Rule => ({
  setting,
  isSafe: (config) => config[setting] === value,
  must: String(value),
  ...(repair === undefined ? {} : { repair }),
});

function rulesFor({ name, replicas, mirrorOf }: LogStreamOptions): readonly Rule[] {
  const subject = entrySubject(name);
  return [
    exactly('storage', 'file'),
    exactly('retention', 'limits'),
    exactly('num_replicas', replicas, `--replicas=${replicas}`),
    exactly('discard', 'new', '--discard=new'),
    off('discard_new_per_subject', '--no-discard-per-subject'),
    exactly('max_age', 0, '--max-age=-1'),
    exactly('max_msgs', -1, '--max-msgs=-1'),
    exactly('max_msgs_per_subject', -1, '--max-msgs-per-subject=-1'),
    {
      setting: 'max_bytes',
      isSafe: ({ max_bytes }) => max_bytes > 0,
      must: 'a limit above 0',
      repair: '--max-bytes=64GB',
    },
    exactly('max_msg_size', Limits.ENTRY_BYTES_MAX, `--max-msg-size=${Limits.ENTRY_BYTES_MAX}`),
    exactly('max_consumers', -1),
    {
      setting: 'subjects',
      isSafe: ({ subjects, mirror }) =>
        mirror === undefined
          ? subjects?.length === 1 && subjects[0] === subject
          : subjects === undefined || subjects.length === 0,
      must: `${subject} and no other`,
      repair: `--subjects=${subject}`,
    },
    exactly('deny_delete', true, '--deny-delete'),
    off('deny_purge'),
    off('sealed'),
    off('no_ack', '--ack'),
    off('allow_rollup_hdrs', '--no-allow-rollup'),
    off('allow_msg_ttl'),
    off('allow_msg_counter'),
    off('allow_msg_schedules'),
    off('subject_delete_marker_ttl'),
    {
      setting: 'mirror',
      isSafe: ({ mirror }) =>
        mirror === undefined ||
        (mirrorOf !== undefined && mirror.name === name && mirror.external?.api === `$JS.${mirrorOf}.API`),
      must: mirrorOf === undefined ? 'off' : `stream ${name} of domain ${mirrorOf}`,
    },
    off('sources'),
    off('subject_transform', '--no-transform'),
    {
      setting: 'persist_mode',
      isSafe: ({ persist_mode }) => isOff(persist_mode) || persist_mode === 'default',
      must: 'default',
    },
  ];
}

/**
 * Checks that a stream is a log that loses nothing, and says which.
 * @throws StreamError UNSAFE_SETTING naming the setting, its value, what it must be, and the command that repairs it;
 * OTHER_LOG for a stream that is none of ours.
 */
export function checkStream({ config }: Pick<StreamInfo, 'config'>, options: LogStreamOptions): StreamLog {
  const { name } = options;
  const logId = config.metadata?.[LOG_ID_KEY];
  const version = config.metadata?.[FORMAT_VERSION_KEY];
  if (logId === undefined || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(logId)) {
    throw new StreamError(
      'OTHER_LOG',
      `stream ${name} is not a log of this platform: its metadata lacks a ${LOG_ID_KEY}. Configure another stream name`,
    );
  }
  if (version !== String(STREAM_FORMAT_VERSION)) {
    throw new StreamError(
      'OTHER_LOG',
      `stream ${name} has ${FORMAT_VERSION_KEY} ${version}, this build uses version ${STREAM_FORMAT_VERSION}: run the build that made it`,
    );
  }
  for (const { setting, isSafe, must, repair } of rulesFor(options)) {
    if (isSafe(config)) continue;
    const advice =
      repair === undefined
        ? 'A stream cannot change that: restore the log into a new stream'
        : `Repair it with: nats stream edit ${name} ${repair}`;
    throw new StreamError(
      'UNSAFE_SETTING',
      `stream ${name} is not safe for a log: ${setting} is ${JSON.stringify(config[setting] ?? null)} and must be ${must}. ${advice}`,
    );
  }
  return { logId, line: lineOf(config) };
}

/** @throws StreamError OTHER_LOG where it cannot be read */
function lineOf({ name, metadata }: StreamConfig): LogLine | undefined {
  const text = metadata?.[LINE_KEY];
  if (text === undefined) return undefined;
  try {
    const line = JSON.parse(text) as LogLine;
    if (Number.isInteger(line.line) && Number.isInteger(line.origin.sequence)) return line;
  } catch {}
  throw new StreamError(
    'OTHER_LOG',
    `stream ${name} does not say which history of its log it has: ${LINE_KEY} of its metadata is ${JSON.stringify(text)}. Restore the log into a new stream`,
  );
}

/** What is known of the stream at a moment, from its leader. */
export interface StreamState {
  readonly firstSequence: number;
  /** 0 when nothing was ever stored. */
  readonly lastSequence: number;
  /** Name of the server that leads it. */
  readonly leader: string;
}

/**
 * Asks the stream's leader how far it is.
 * @param log that the stream held before
 * @throws StreamError OTHER_LOG when it was replaced; an error of the client when there is no leader or no answer
 */
export async function streamState(
  manager: JetStreamManager,
  name: string,
  log: StreamLog,
): Promise<StreamState> {
  const info = await manager.streams.info(name);
  checkSameLog(info, log);
  return stateOf(info);
}

/** @throws StreamError OTHER_LOG when the stream does not hold this log in this history any more */
export function checkSameLog({ config }: Pick<StreamInfo, 'config'>, { logId, line }: StreamLog): void {
  const nowId = config.metadata?.[LOG_ID_KEY];
  if (nowId === logId && lineOf(config)?.line === line?.line) return;
  const what = nowId === logId ? 'another history of the log' : `log ${nowId}`;
  throw new StreamError(
    'OTHER_LOG',
    `stream ${config.name} was replaced: it holds ${what}. A node of the log before is no node of it: keep its data directory, and begin with an empty one (docs/disaster-recovery.md)`,
  );
}

/** The state that is told with a stream's configuration. */
export function stateOf({ state, cluster }: Pick<StreamInfo, 'state' | 'cluster'>): StreamState {
  return { firstSequence: state.first_seq, lastSequence: state.last_seq, leader: cluster?.leader ?? '' };
}
