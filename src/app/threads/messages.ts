import type { MessagePort } from 'node:worker_threads';

import type { Static } from 'typebox';
import type { Backup, Snapshot, Verification } from '#codec/json/operate-json.ts';

import type { ComponentStatus } from '#domain/component-status.ts';

import type {
  ArchiveAnswerOf,
  ArchiveQuery,
  ArchiveQuestion,
  ArchiveRefusal,
  Asker,
} from '#domain/history.ts';
import type { FixLogonSettings } from '#gateways/fix/trading/fix-logons.ts';
import type { AccessSettings } from '#gateways/identity/access-control.ts';
import type { TlsSettings } from '#gateways/listener/tls-files.ts';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import type { DataPaths, DiskUsage } from '../disk/disk-usage.ts';
import type { Health, NodeStatus } from '../node-status.ts';

/** What the archive thread is started with. */
export interface ArchiveThreadData {
  readonly board: SharedArrayBuffer;
  /** By which the embedded log asks for the zeros of its next segment. */
  readonly zeros: SharedArrayBuffer;
  readonly paths: DataPaths;
  readonly logId: string;
  /** Snapshot to start from; undefined: the beginning of the log. */
  readonly snapshotPath: string | undefined;
  readonly snapshotEvery: number;
  readonly snapshotsKept: number;
  /** How long a stop waits for entries that are durable and not applied: the next start applies what is left. */
  readonly catchUpMsMax: number;
  /** Bytes of log to keep behind the newest snapshot; undefined: all of it. */
  readonly keepLogBytes: number | undefined;
  /** Free space below which to warn; undefined: a tenth of the volume. */
  readonly warnFreeBelowBytes: number | undefined;
  readonly nodeId: number;
  /** The log's last entry at the start; undefined: entries that this node had may still come from the cluster. */
  readonly endSequence: number | undefined;
  /** Which history of the log: 0 for the first one. */
  readonly line: number;
  /** undefined: the log is embedded. */
  readonly cluster: ClusterSettings | undefined;
}

/** Where and how a node backs up continuously. */
export interface BackupSettings {
  /** A directory or `s3://BUCKET/PREFIX`. */
  readonly to: string;
  /** undefined: backups are not encrypted. */
  readonly keyFile: string | undefined;
  readonly everyMs: number;
  readonly snapshotEveryMs: number;
  readonly keep: number;
}

/** What the backup thread is started with. */
export interface BackupThreadData {
  readonly board: SharedArrayBuffer;
  readonly dataDirectory: string;
  readonly epoch: number;
  readonly settings: BackupSettings;
}

/** What the thread is started with that verifies snapshots and backups. */
export interface CopiesThreadData {
  readonly dataDirectory: string;
  readonly logId: string;
  /** undefined: the node backs up nowhere. */
  readonly backup: Pick<BackupSettings, 'to' | 'keyFile'> | undefined;
}

/** What that thread is asked, one after the other. */
export type CopiesQuestion = { readonly id: number } & (
  | { readonly ask: 'snapshots' | 'backups' }
  | { readonly ask: 'verifySnapshot'; readonly sequence: number }
  | { readonly ask: 'verifyBackup'; readonly backupId: string }
);

/** What it found, by what it was asked. */
export type Found =
  | { readonly snapshots: Static<typeof Snapshot>[] }
  | {
      readonly backups:
        | { readonly target: string; readonly items: Static<typeof Backup>[]; readonly faults?: string[] }
        | undefined;
    }
  | { readonly verification: Static<typeof Verification> }
  /** There is nothing of that name to verify. */
  | { readonly isMissing: true };

export type CopiesAnswer = { readonly id: number } & (
  | { readonly found: Found }
  | { readonly refusal: { readonly code: 'backup-unavailable' | 'internal'; readonly message: string } }
);

/** What the market-data thread is started with. */
export interface MarketDataThreadData {
  readonly board: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  readonly snapshotPort: number;
  /** undefined: plain TCP. */
  readonly tls: TlsSettings | undefined;
  readonly connectionsPerAddressMax: number;
  /** To the archive thread, which answers with images. */
  readonly peer: MessagePort;
}

/** What the edge shares with the other threads. */
export interface EdgeRings {
  readonly board: SharedArrayBuffer;
  /** The event ring. */
  readonly ring: SharedArrayBuffer;
  /** The ring of commands to the order path. */
  readonly commands: SharedArrayBuffer;
  /** To the archive thread, which answers questions and gives images. */
  readonly peer: MessagePort;
}

/** What the edge thread is started with. */
export interface EdgeThreadData extends EdgeRings {
  readonly nodeId: number;
  /** The histograms of the order path's stages. */
  readonly stages: SharedArrayBuffer;
  /** Of HttpTimes. */
  readonly httpTimes: SharedArrayBuffer;
  /** From which the node's sessions are named: see NodeSessions. */
  readonly sessionNames: SharedArrayBuffer;
  readonly dataDirectory: string;
  readonly logDirectory: string;
  /** UUID of the log. */
  readonly logId: string;
  readonly reportDirectory: string;
  /** undefined: the node has a log of its own. */
  readonly cluster: ClusterSettings | undefined;
  readonly access: AccessSettings;
  /** undefined: the node backs up nowhere. */
  readonly backup: BackupSettings | undefined;
  /** Directory of recordings; undefined: the node does not replay. */
  readonly replayDirectory: string | undefined;
  readonly connectionsPerAddressMax: number;
  /** undefined: there is no such door. */
  readonly http: HttpSettings | undefined;
  readonly webSocket: WebSocketSettings;
  readonly fix: FixSettings | undefined;
}

/** How the WebSocket door serves. It listens where the HTTP door does. */
export interface WebSocketSettings {
  readonly flushMs: number;
  readonly accountsMs: number;
  readonly compression: boolean;
  readonly connectionsMax: number;
  readonly connectionsPerUserMax: number;
}

/** Where the FIX door listens, and whom it takes. */
export interface FixSettings extends FixLogonSettings {
  readonly host: string;
  readonly port: number;
  readonly connectionsMax: number;
  /** undefined: plain TCP. */
  readonly tls: TlsSettings | undefined;
}

/** Where the HTTP door listens. */
export interface HttpSettings {
  readonly host: string;
  readonly port: number;
  readonly connectionsMax: number;
  /** undefined: plain HTTP. */
  readonly tls: TlsSettings | undefined;
}

export type LogLevel = 'info' | 'warn' | 'error';

/** A line for the node's log. */
export interface LogMessage {
  readonly kind: 'log';
  readonly level: LogLevel;
  readonly fields: object;
  readonly message: string;
}

/** The thread's doors listen on these ports. */
export interface ReadyMessage {
  readonly kind: 'ready';
  readonly ports: { readonly [door: string]: number };
}

/** Asks the archive for the standing state as image events, at `sequence` or later. */
export interface ImageRequest {
  readonly kind: 'image';
  readonly sequence: number;
}

/** The image: event records, and the sequence after which it stands. */
export interface ImageAnswer {
  readonly kind: 'image';
  readonly sequence: number;
  readonly batches: readonly SharedArrayBuffer[];
}

/**
 * Asks the archive to write the displayed orders, as they stand after exactly entry `sequence`, into a new file as OrderRested
 * records by priority; unless it has gone beyond that entry.
 */
export interface OrdersRequest {
  readonly kind: 'orders';
  /** The asker's own, to tell answers apart. */
  readonly id: number;
  readonly sequence: number;
  readonly path: string;
}

/** The question `id` for them is withdrawn: it needs no reply. */
export interface OrdersWithdrawal {
  readonly kind: 'withdrawOrders';
  readonly id: number;
}

export interface OrdersReply {
  readonly kind: 'orders';
  readonly id: number;
  /** Whether the file is there. */
  readonly isWritten: boolean;
  /** Entry that the archive has come to. */
  readonly sequence: number;
  /** Why there will be none; undefined: the archive has gone beyond the entry. */
  readonly problem: string | undefined;
}

/** Asks the archive what it answers when it has applied the log up to `atSequence`; see ArchiveQuestions. */
export interface ArchiveRequest {
  readonly kind: 'query';
  /** The asker's own, to tell answers apart. */
  readonly id: number;
  readonly atSequence: number;
  readonly query: ArchiveQuery;
  /** Whose turn it takes. */
  readonly asker: Asker;
  /** Whether it may be answered before the archive has taken what else is durable. */
  readonly isEnough: boolean;
}

export interface ArchiveAnswer {
  readonly kind: 'answer';
  readonly id: number;
  /** Last entry of the log that the answer has seen. */
  readonly sequence: number;
  /** First entry from which on history lacks nothing. */
  readonly completeFrom: number;
  readonly result: ArchiveAnswerOf<ArchiveQuestion>;
}

/** A question that gets no answer. */
export interface ArchiveRefusalMessage {
  readonly kind: 'refusal';
  readonly id: number;
  /** Last entry that the archive had applied. */
  readonly sequence: number;
  readonly code: ArchiveRefusal;
  readonly message: string;
}

/** What the archive's port takes, and what comes from it. */
export type ToArchive = ImageRequest | OrdersRequest | OrdersWithdrawal | ArchiveRequest;
export type FromArchive = ImageAnswer | OrdersReply | ArchiveAnswer | ArchiveRefusalMessage;

/** Gives the archive one more port for images and questions. */
export interface ConnectRequest {
  readonly kind: 'connect';
  readonly port: MessagePort;
}

export interface SnapshotRequest {
  readonly kind: 'snapshot';
}

/** The node's clients are to go to another one; undefined: they may come again. */
export interface SuspendRequest {
  readonly kind: 'suspend';
  readonly reason: string | undefined;
}

export interface CloseRequest {
  readonly kind: 'close';
}

/** How the parts of the venue are: for the archive, which records it, and the edge, which shows it. */
export interface ComponentsMessage {
  readonly kind: 'components';
  readonly components: readonly ComponentStatus[];
  /** When that was so, in milliseconds since the Unix epoch. */
  readonly wallMs: number;
}

/** The archive asks the order path, which owns the log, to forget entries that the snapshots make dispensable. */
export interface TruncateMessage {
  readonly kind: 'truncate';
  readonly beforeSequence: number;
}

/** The archive asks the order path to have the cluster's stream forget what the snapshots in its store make dispensable. */
export interface PurgeMessage {
  readonly kind: 'purge';
  readonly beforeSequence: number;
}

/** What the archive has measured. */
export interface DiskMessage {
  readonly kind: 'disk';
  readonly usage: DiskUsage;
}

/** What the archive has seen that is not safe about the cluster's stream; undefined: nothing any more. */
export interface StreamMessage {
  readonly kind: 'stream';
  readonly problem: string | undefined;
}

/** The edge asks how the node is; the answer is a StatusMessage. */
export interface StatusRequest {
  readonly kind: 'askStatus';
}

export interface StatusMessage {
  readonly kind: 'status';
  readonly status: NodeStatus;
}

/** How the node is: for the operations thread, once a second and when its health changes. */
export interface NodeMessage {
  readonly kind: 'node';
  readonly status: NodeStatus;
  readonly health: Health;
  /** Threads that were started and not told to end: whether they run. */
  readonly up: { readonly [thread: string]: boolean };
}

/** The events can be followed from now on. */
export interface FollowRequest {
  readonly kind: 'follow';
  /** To the archive thread, which answers with images. */
  readonly peer: MessagePort;
}

/** Where the operations port listens. */
export interface OperationsSettings {
  readonly host: string;
  readonly port: number;
  /** undefined: plain HTTP. */
  readonly tls: TlsSettings | undefined;
}

/** What the operations thread is started with. */
export interface OperationsThreadData extends OperationsSettings {
  readonly nodeId: number;
  readonly board: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  /** The histograms of the order path's stages. */
  readonly stages: SharedArrayBuffer;
  /** Of HttpTimes. */
  readonly httpTimes: SharedArrayBuffer;
  /** undefined: the log is embedded. */
  readonly cluster: ClusterSettings | undefined;
  readonly dataDirectory: string;
  /** Doors that speak TLS, by name: the files of their certificates. */
  readonly certificates: { readonly [door: string]: string };
}

export type ToThread =
  | SnapshotRequest
  | SuspendRequest
  | CloseRequest
  | ConnectRequest
  | StatusMessage
  | ComponentsMessage
  | NodeMessage
  | FollowRequest;
export type FromThread =
  | LogMessage
  | ReadyMessage
  | TruncateMessage
  | PurgeMessage
  | DiskMessage
  | StreamMessage
  | StatusRequest;
