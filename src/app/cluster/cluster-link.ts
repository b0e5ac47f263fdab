import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type KV, Kvm } from '@nats-io/kv';
import {
  type Authenticator,
  credsAuthenticator,
  type NatsConnection,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { isFramed } from '#codec/log/validate-entry.ts';
import type { LogFollower } from '#domain/ports.ts';
import type { LogLine } from '#log/file/data-directory.ts';
import type { LogId } from '#log/file/format.ts';
import { closeNats, connectNats } from '#log/jetstream/connection.ts';
import { JetStreamLog } from '#log/jetstream/jetstream-log.ts';
import {
  createLogStream,
  detachMirror,
  findLogStream,
  managerOf,
  originAnswers,
  recheckStream,
  untilTaken,
} from '#log/jetstream/log-stream.ts';
import { isMirror, type LogStreamOptions, type StreamLog } from '#log/jetstream/stream-config.ts';
import { ClusterError } from './cluster-error.ts';
import { type ClusterNode, ClusterNodes } from './cluster-nodes.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { detachFixStream, fixStreamOptions, mirrorFixStream } from './nats-fix-stream.ts';
import { SnapshotStore } from './snapshot-store.ts';

/** A node's connection to the servers of its cluster, and the log's stream there. */
export class ClusterLink implements StreamLog {
  declare readonly logId: string;
  declare readonly line: LogLine | undefined;
  declare readonly connection: NatsConnection;
  declare private readonly settings: ClusterSettings;

  private constructor(settings: ClusterSettings, connection: NatsConnection, { logId, line }: StreamLog) {
    this.settings = settings;
    this.connection = connection;
    this.logId = logId;
    this.line = line;
  }

  /**
   * Connects, finds the log's stream or makes it, and checks that it is safe.
   * @param begin of a stream that is made: by default of a new log
   * @throws StreamError when it is not; ClusterError when no server answers
   */
  static connect(
    settings: ClusterSettings,
    name: string,
    begin: StreamLog & { readonly firstSequence: number } = {
      logId: randomUUID(),
      line: undefined,
      firstSequence: 1,
    },
  ): Promise<ClusterLink> {
    const { logId, line, firstSequence } = begin;
    return ClusterLink.#open(settings, name, (connection) =>
      createLogStream(connection, streamOf(settings), settings.maxBytes, logId, firstSequence, line),
    );
  }

  /**
   * Connects for a node that has a copy of the log in `directory`: finds the stream, and checks that it is safe.
   * @throws StreamError when it is not, or is gone; ClusterError when no server answers
   */
  static find(settings: ClusterSettings, name: string, directory: string): Promise<ClusterLink> {
    return ClusterLink.#open(settings, name, (connection) =>
      findLogStream(connection, streamOf(settings), directory),
    );
  }

  /** Name of the log's stream. */
  get stream(): string {
    return this.settings.stream;
  }

  static async #open(
    settings: ClusterSettings,
    name: string,
    streamLog: (connection: NatsConnection) => Promise<StreamLog>,
  ): Promise<ClusterLink> {
    const connection = await connectCluster(settings, name);
    try {
      return new ClusterLink(settings, connection, await streamLog(connection));
    } catch (error) {
      await closeNats(connection);
      throw error;
    }
  }

  /** This node's end of the log. @throws StreamError, LogUnavailableError */
  openLog(options: {
    readonly directory: string;
    readonly logId: LogId;
    readonly follower: LogFollower;
    readonly scanFromSequence: number;
    readonly segmentBytes: number;
    readonly onForeign: (sequence: number, bytes: number) => void;
  }): Promise<JetStreamLog> {
    const stream = streamOf(this.settings);
    return JetStreamLog.open({ ...options, connection: this.connection, stream, isEntry: isFramed });
  }

  /** Whether the log follows that of another cluster: then nodes can only observe. @throws the client's error */
  async isMirror(): Promise<boolean> {
    const manager = await managerOf(this.connection);
    return isMirror(await manager.streams.info(this.settings.stream));
  }

  /** Has the FIX sessions of the cluster that this one mirrors followed, too. @throws StreamError, FixStoreError */
  async mirrorFixSessions(): Promise<void> {
    await mirrorFixStream(this.connection, fixStreamOptions(this.settings, this.logId));
  }

  /**
   * Makes the mirror a log of its own, behind the last entry that it has, and the mirror of the FIX sessions, where there is one, a stream of its own.
   * @param force also when the mirrored log answers
   * @throws ClusterError ORIGIN_ANSWERS; the client's error
   */
  async takeOver(force: boolean): Promise<void> {
    const { stream, mirrorOf } = this.settings;
    if (mirrorOf === undefined || !(await this.isMirror())) return;
    if (!force && (await originAnswers(this.connection, stream, mirrorOf))) {
      throw new ClusterError(
        'ORIGIN_ANSWERS',
        `the log in domain ${mirrorOf} answers: two logs of one venue would go apart from here. Stop its nodes and servers first; --force takes over all the same`,
      );
    }
    await detachMirror(this.connection, stream);
    await detachFixStream(this.connection, stream);
  }

  /** Asks once whether the stream is still the safe log that it was. @throws StreamError; the client's error when there is no answer */
  recheck(): Promise<void> {
    return recheckStream(this.connection, streamOf(this.settings), this);
  }

  /** First entry that the stream has. @throws the client's error */
  async firstSequence(): Promise<number> {
    const manager = await managerOf(this.connection);
    const { state } = await manager.streams.info(this.settings.stream);
    return Math.max(1, state.first_seq);
  }

  /** Last entry that the stream has. @throws the client's error */
  async lastSequence(): Promise<number> {
    const manager = await managerOf(this.connection);
    const { state } = await manager.streams.info(this.settings.stream);
    return state.last_seq;
  }

  /** The snapshots of the cluster. @throws the client's error */
  snapshots(): Promise<SnapshotStore> {
    const { stream, replicas } = this.settings;
    return untilTaken(() => SnapshotStore.open(this.connection, stream, replicas, this.logId));
  }

  /** The snapshots of the cluster that this one mirrors; undefined: it mirrors none. @throws the client's error */
  async originSnapshots(): Promise<SnapshotStore | undefined> {
    const { stream, mirrorOf } = this.settings;
    if (mirrorOf === undefined || !(await this.isMirror())) return undefined;
    return SnapshotStore.openIn(mirrorOf, this.connection, stream, this.logId);
  }

  /** The bucket in which nodes that are alike share out their numbers; made where there is none. @throws the client's error */
  numbers(): Promise<KV> {
    const { stream, replicas } = this.settings;
    return untilTaken(() => new Kvm(this.connection).create(`${stream}_NODES`, { replicas }));
  }

  /** Lets the other nodes ask this one how it is. */
  nodes(ownState: () => ClusterNode): ClusterNodes {
    return new ClusterNodes(this.connection, this.settings.stream, ownState);
  }

  close(): Promise<void> {
    return closeNats(this.connection);
  }
}

function streamOf({ stream: name, replicas, mirrorOf }: ClusterSettings): LogStreamOptions {
  return { name, replicas, ...(mirrorOf === undefined ? {} : { mirrorOf }) };
}

/** A connection to the servers of a cluster, as `name`. @throws ClusterError */
export async function connectCluster(settings: ClusterSettings, name: string): Promise<NatsConnection> {
  const { servers, tls } = settings;
  try {
    const authenticator = authenticatorOf(settings);
    return await connectNats({
      servers: [...servers],
      name,
      ...(authenticator === undefined ? {} : { authenticator }),
      ...(tls === undefined
        ? {}
        : {
            tls: {
              caFile: tls.ca,
              ...(tls.certificate === undefined ? {} : { certFile: tls.certificate }),
              ...(tls.key === undefined ? {} : { keyFile: tls.key }),
            },
          }),
    });
  } catch (error) {
    throw new ClusterError(
      'NO_SERVER',
      `no nats-server of ${servers.join(', ')} takes this node (${(error as Error).message}): see that they run, and that cluster.user, cluster.credentialsFile and cluster.tls are what they ask for`,
      { cause: error },
    );
  }
}

/** Reads the files at each connection, so that they can be replaced while the node runs; the TLS files are read so by the client. */
function authenticatorOf({
  credentialsFile,
  user,
  passwordFile,
}: ClusterSettings): Authenticator | undefined {
  if (credentialsFile !== undefined) return credsAuthenticator(() => readFileSync(credentialsFile));
  if (user === undefined) return undefined;
  if (passwordFile === undefined) return usernamePasswordAuthenticator(user);
  return usernamePasswordAuthenticator(user, () => readFileSync(passwordFile, 'utf8').split(/\r?\n/, 1)[0]);
}
