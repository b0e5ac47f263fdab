import { dirname, resolve } from 'node:path';
import { isAlias, LineCounter, parseDocument, visit, type YAMLParseError } from 'yaml';
import type { TlsSettings } from '#gateways/listener/tls-files.ts';
import { HttpLimits } from '#gateways/rest/limits.ts';
import { WebSocketLimits } from '#gateways/websocket/limits.ts';
import { SEGMENT_BYTES, SEGMENT_BYTES_MAX } from '#log/file/format.ts';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import type { NodeConfig } from '../node.ts';
import { readSmallFile } from '../small-file.ts';
import type { BackupSettings } from '../threads/messages.ts';
import { ACCESS, accessSettingsOf, PROTECTION, protectionFault, speaksTls, TLS } from './access-section.ts';
import { CLUSTER, clusterSettings } from './cluster-section.ts';
import { compileVenue, type VenueDefinition } from './compile-venue.ts';
import {
  byteSize,
  choice,
  defaultsOf,
  flag,
  integer,
  integerOr,
  object,
  optional,
  required,
  section,
  text,
  type ValuesOf,
  withDefault,
} from './fields.ts';
import { checkFix, FIX, fixLogonSettings, OPEN_SESSION_FAULT, openSessions } from './fix-section.ts';
import { ConfigError, Issues } from './issues.ts';
import { VENUE } from './venue-section.ts';

const PORT_MAX = 65_535;
/** A hundred thousand users have room. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** U+FFFD: what bytes that are not UTF-8 are decoded to. */
const NOT_UTF8 = '\uFFFD';
const HTTP_CONNECTIONS_MAX = 65_536;
const MIB = 1024 * 1024;
/** A segment must hold the largest commit, 8 MiB. */
const SEGMENT_MIB_MIN = 16;

const host = text('a host name or address', /^[\x21-\x7e]+$/);
const port = integer(0, PORT_MAX);

/** The keys of `backup`. */
const BACKUP = {
  to: required(
    text('a directory or s3://BUCKET/PREFIX', /./),
    'where the backups go: a directory, relative to the one in which the node is started, or a bucket',
  ),
  keyFile: optional(
    text('the path of a file', /./),
    'key with which they are encrypted (`hive backup new-key`), relative to the configuration file; a file of mode 0600, or a mounted secret (docs/operations/kubernetes.md); default: they are not',
  ),
  everySeconds: withDefault(integer(1, 3_600), 1, 'pause between two sends of new log entries'),
  snapshotEveryMinutes: withDefault(
    integer(1, 10_080),
    15,
    'pause between two backups with a snapshot: the more there is between two, the longer a restore takes',
  ),
  keep: withDefault(integer(1, 10_000), 24, 'newest backups that are kept; their log stays'),
};

/** The keys of `replay`. */
const REPLAY = {
  directory: required(
    text('the path of a directory', /./),
    'where the recordings are, relative to the configuration file',
  ),
};

/** Every key of a configuration file but those within `venue`, with its default. */
export const CONFIGURATION = {
  dataDirectory: withDefault(
    text('the path of a directory', /./),
    'data',
    'where the node keeps its log and snapshots; relative to the directory in which the node is started',
  ),
  nodeId: withDefault(
    integerOr('auto', 1, PORT_MAX),
    1,
    'number of the node; belongs to its data directory and never changes. auto: the nodes of a cluster share numbers out among themselves, see [cluster.md](cluster.md#nodes-without-a-number)',
  ),
  logLevel: withDefault(
    choice({ debug: 'debug', info: 'info', warn: 'warn', error: 'error' } as const),
    'info',
    'least severe lines that the node writes to standard error',
  ),
  logFormat: withDefault(
    choice({ text: 'text', json: 'json' } as const),
    'text',
    'lines for people, or one JSON object each',
  ),
  ouch: section(
    {
      host: withDefault(host, '127.0.0.1', 'address on which orders are taken; 0.0.0.0 for every interface'),
      port: withDefault(port, 26_001, 'OUCH over SoupBinTCP; 0: any free port'),
      cancelOnDisconnect: withDefault(
        flag(),
        false,
        "whether the end of a session cancels its user's open orders, unless the client says otherwise",
      ),
      ...PROTECTION,
    },
    'order entry',
  ),
  marketData: section(
    {
      host: withDefault(host, '127.0.0.1', 'address on which market data is published'),
      port: withDefault(port, 26_002, 'ITCH over SoupBinTCP; 0: any free port'),
      snapshotPort: withDefault(port, 26_003, 'GLIMPSE snapshots over SoupBinTCP; 0: any free port'),
      ...PROTECTION,
    },
    'market data',
  ),
  http: section(
    {
      enabled: withDefault(flag(), true, 'whether there is an HTTP door, and with it WebSocket'),
      host: withDefault(host, '127.0.0.1', 'address of the HTTP door'),
      port: withDefault(port, 26_080, 'REST over HTTP/1.1; 0: any free port'),
      connectionsMax: withDefault(
        integer(2, HTTP_CONNECTIONS_MAX),
        HttpLimits.CONNECTIONS_MAX,
        'connections at once; half of them may be of clients that have not proven who they are',
      ),
      ...PROTECTION,
    },
    'questions over HTTP, see [protocols/rest.md](protocols/rest.md)',
  ),
  webSocket: section(
    {
      flushMs: withDefault(
        integer(1, 10_000),
        20,
        'public data is sent at most once in so many milliseconds; a change after a quiet time at once',
      ),
      accountsMs: withDefault(
        integer(10, 60_000),
        250,
        'balances, positions and orders of an account are sent at most once in so many milliseconds',
      ),
      compression: withDefault(
        flag(),
        false,
        'whether permessage-deflate is offered: it saves bandwidth and costs memory and time for each client',
      ),
      connectionsMax: withDefault(
        integer(2, HTTP_CONNECTIONS_MAX),
        WebSocketLimits.CONNECTIONS_MAX,
        'connections at once; three quarters of them may be of clients that have not proven who they are',
      ),
      connectionsPerUserMax: withDefault(
        integer(1, HTTP_CONNECTIONS_MAX),
        WebSocketLimits.CONNECTIONS_PER_USER_MAX,
        'connections on which one user has proven itself',
      ),
    },
    'streams and orders at `/ws/v1` of the HTTP door, see [protocols/websocket.md](protocols/websocket.md)',
  ),
  fix: section(
    {
      enabled: withDefault(flag(), true, 'whether there is a FIX door'),
      host: withDefault(host, '127.0.0.1', 'address of the FIX door'),
      port: withDefault(port, 26_010, 'FIX 4.2, 4.4 and 5.0 SP2; 0: any free port'),
      ...FIX,
      ...PROTECTION,
    },
    'the FIX door, see [protocols/fix.md](protocols/fix.md)',
  ),
  operations: section(
    {
      enabled: withDefault(flag(), true, 'whether there is such a port'),
      host: withDefault(
        host,
        '127.0.0.1',
        'its address; it asks nobody who they are, at most for a certificate (`tls.clientCa`)',
      ),
      port: withDefault(
        port,
        26_090,
        '`/healthz`, `/readyz`, `/startupz` and `/metrics` over HTTP; 0: any free port',
      ),
      ...PROTECTION,
    },
    'how the node is, for load balancers, orchestrators and Prometheus',
  ),
  cluster: optional(object(CLUSTER), 'the cluster that the node is of, see [cluster.md](cluster.md)'),
  access: section(ACCESS, 'who may do how much, see [access.md](access.md)'),
  tls: optional(
    object(TLS),
    'certificates of the listeners, read again when the files change; paths are relative to the configuration file',
  ),
  snapshots: section(
    {
      everyEntries: withDefault(
        integer(1, Number.MAX_SAFE_INTEGER),
        100_000,
        'log entries after which a snapshot is written',
      ),
      keep: withDefault(integer(1, 1_000), 3, 'newest snapshots that are kept'),
    },
    'snapshots of the state, from which a restart begins',
  ),
  disk: section(
    {
      keepLog: optional(
        byteSize(),
        'log to keep behind the newest snapshot, in whole files; more where an older snapshot that is kept needs it. Default: all of it, because the log is the audit record',
      ),
      warnFreeBelow: optional(
        byteSize(),
        'free space on the volume below which the node warns; default: a tenth of the volume',
      ),
    },
    'what the data directory may take on its disk, see [disk-space.md](disk-space.md)',
  ),
  backup: optional(
    object(BACKUP),
    'a backup that follows the node within seconds, see [disaster-recovery.md](disaster-recovery.md)',
  ),
  replay: optional(
    object(REPLAY),
    'recorded markets that operations may replay in this venue; only for a venue in which nobody trades in earnest, see [replay.md](replay.md#in-the-console)',
  ),
  segmentMiB: withDefault(
    integer(SEGMENT_MIB_MIN, SEGMENT_BYTES_MAX / MIB),
    SEGMENT_BYTES / MIB,
    "size of the log's files, in MiB",
  ),
  attestEvery: withDefault(
    integer(0, Number.MAX_SAFE_INTEGER),
    10_000,
    'log entries between two attestations of the state hash in the log; 0: none',
  ),
  demo: section(
    {
      enabled: optional(flag(), 'whether the demo market trades; default: unless there is a venue section'),
      seed: withDefault(integer(0, 2 ** 31 - 1), 1, "seed of the participants' random numbers"),
      messagesPerSecond: withDefault(integer(1, 100_000), 200, 'messages of all participants together'),
    },
    'the demo market',
  ),
  venue: optional(object(VENUE), 'what the venue should have; see below'),
};

type Written = ValuesOf<typeof CONFIGURATION>;

/** A checked configuration. */
export interface Configuration extends Omit<Written, 'venue' | 'tls' | 'cluster' | 'backup' | 'replay'> {
  /** Paths as the node opens them. */
  readonly cluster: ClusterSettings | undefined;
  readonly venue: VenueDefinition | undefined;
  /** Paths as the node opens them. */
  readonly tls: TlsSettings | undefined;
  readonly backup: BackupSettings | undefined;
  readonly replay: { readonly directory: string } | undefined;
}

/** What a configuration says to the node itself. */
export function nodeConfigOf(configuration: Configuration): NodeConfig {
  const { dataDirectory, nodeId, snapshots, disk, segmentMiB, attestEvery } = configuration;
  const { ouch, marketData, http, webSocket, fix, operations, cluster, access, tls } = configuration;
  const { backup, replay } = configuration;
  const hasTls = tls !== undefined;
  return {
    dataDirectory,
    nodeId,
    ouch: {
      host: ouch.host,
      port: ouch.port,
      cancelOnDisconnect: ouch.cancelOnDisconnect,
      tls: speaksTls(ouch, hasTls) ? tls : undefined,
    },
    marketData: {
      host: marketData.host,
      port: marketData.port,
      snapshotPort: marketData.snapshotPort,
      tls: speaksTls(marketData, hasTls) ? tls : undefined,
    },
    http: http.enabled
      ? {
          host: http.host,
          port: http.port,
          connectionsMax: http.connectionsMax,
          tls: speaksTls(http, hasTls) ? tls : undefined,
        }
      : undefined,
    webSocket,
    fix: fix.enabled
      ? {
          ...fixLogonSettings(fix),
          host: fix.host,
          port: fix.port,
          connectionsMax: fix.connectionsMax,
          tls: speaksTls(fix, hasTls) ? tls : undefined,
        }
      : undefined,
    operations: operations.enabled
      ? {
          host: operations.host,
          port: operations.port,
          tls: speaksTls(operations, hasTls) ? tls : undefined,
        }
      : undefined,
    cluster,
    access: accessSettingsOf(access),
    connectionsPerAddressMax: access.connectionsPerAddressMax,
    snapshots,
    disk: { keepLogBytes: disk.keepLog, warnFreeBelowBytes: disk.warnFreeBelow },
    segmentBytes: segmentMiB * MIB,
    backup,
    replayDirectory: replay?.directory,
    attestEvery,
  };
}

/** What holds without a configuration file. */
export function defaultConfiguration(): Configuration {
  return {
    ...defaultsOf(CONFIGURATION),
    venue: undefined,
    tls: undefined,
    cluster: undefined,
    backup: undefined,
    replay: undefined,
  };
}

/** Reads a configuration file. @throws ConfigError with a line for each thing to correct */
export function loadConfiguration(file: string): Configuration {
  let source: string;
  try {
    source = readSmallFile(file, FILE_BYTES_MAX);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const issue = { line: 0, column: 0, key: '', message: `cannot be read: ${reason}` };
    throw new ConfigError(file, [issue], { cause: error });
  }
  return parseConfiguration(file, source);
}

/** What is wrong with the text, in our words where the parser's need its manual. */
function yamlFault({ code, message, pos: [from] }: YAMLParseError, source: string): string {
  if (code === 'DUPLICATE_KEY') {
    const [key] = /^[^\s:]*/.exec(source.slice(from)) as RegExpExecArray;
    return `the key ${key} is there twice: remove one of them`;
  }
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here: a configuration is one document';
  return message;
}

/** Reads a configuration from its text; `file` is for messages. @throws ConfigError */
export function parseConfiguration(file: string, source: string): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false });
  const issues = new Issues(lines);
  const at = source.indexOf(NOT_UTF8);
  if (at >= 0) issues.add({ range: [at, at + 1, at + 1] }, '', 'is not UTF-8: save the file as UTF-8');
  for (const error of document.errors) {
    const [from, to] = error.pos;
    issues.add({ range: [from, to, to] }, '', yamlFault(error, source));
  }
  visit(document, {
    Alias: (_, node) => issues.add(node, '', 'anchors and aliases are not used here: write the value out'),
  });
  if (issues.found.length > 0) throw new ConfigError(file, issues.found);
  if (document.contents === null || isAlias(document.contents)) return defaultConfiguration();
  const written = object(CONFIGURATION).read(document.contents, '', issues);
  if (issues.found.length > 0 || written === undefined) throw new ConfigError(file, issues.found);
  const venue = written.venue === undefined ? undefined : compileVenue(written.venue, file, issues);
  if (venue !== undefined && written.demo.enabled === true) {
    issues.addAt(
      written.demo,
      'enabled',
      'the demo market brings its own venue: remove the venue section, or this',
    );
  }
  const { ouch, marketData, http, fix, operations } = written;
  for (const listener of [ouch, marketData, http, fix, operations]) {
    const fault = protectionFault(listener, written.tls !== undefined);
    if (fault !== undefined) issues.addAt(listener, fault.key, fault.message);
  }
  checkFix(fix, issues);
  if (!fix.allowPlaintext) {
    for (const session of openSessions(fix, written.tls)) issues.addAt(session, 'logon', OPEN_SESSION_FAULT);
  }
  if (issues.found.length > 0) throw new ConfigError(file, issues.found);
  const { cluster } = written;
  const directory = dirname(file);
  return {
    ...written,
    venue,
    tls: tlsSettings(written.tls, directory),
    cluster: cluster === undefined ? undefined : clusterSettings(cluster, directory),
    backup: backupSettings(written.backup, directory),
    replay: written.replay && { directory: resolve(directory, written.replay.directory) },
  };
}

function backupSettings(backup: Written['backup'], directory: string): BackupSettings | undefined {
  if (backup === undefined) return undefined;
  const { to, keyFile, everySeconds, snapshotEveryMinutes, keep } = backup;
  return {
    to,
    keyFile: keyFile === undefined ? undefined : resolve(directory, keyFile),
    everyMs: everySeconds * 1_000,
    snapshotEveryMs: snapshotEveryMinutes * 60_000,
    keep,
  };
}

function tlsSettings(tls: Written['tls'], directory: string): TlsSettings | undefined {
  if (tls === undefined) return undefined;
  const { certificate, key, clientCa, minimumVersion } = tls;
  return {
    certificate: resolve(directory, certificate),
    key: resolve(directory, key),
    clientCa: clientCa === undefined ? undefined : resolve(directory, clientCa),
    minimumVersion,
  };
}
