import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { credsAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import type { LogFollower } from '#domain/ports.ts';
import type { LogId } from '#log/file/format.ts';
import { connectNats } from '#log/jetstream/connection.ts';
import { JetStreamLog } from '#log/jetstream/jetstream-log.ts';
import { createLogStream, managerOf } from '#log/jetstream/log-stream.ts';
import { type ClusterNode, ClusterNodes } from './cluster-nodes.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { SnapshotStore } from './snapshot-store.ts';

/** A node's connection to the servers of its cluster, and the log's stream there. */
export class ClusterLink {
  /** UUID of the cluster's log. */
  declare readonly logId: string;
  declare readonly connection: NatsConnection;
  declare private readonly settings: ClusterSettings;

  private constructor(settings: ClusterSettings, connection: NatsConnection, logId: string) {
    this.settings = settings;
    this.connection = connection;
    this.logId = logId;
  }

  /**
   * Connects, finds the log's stream or makes it, and checks that it is safe.
   * @param begin of a stream that is made: by default of a new log
   * @throws StreamError when it is not; ClusterError when no server answers
   */
  static async connect(
    settings: ClusterSettings,
    name: string,
    begin: { readonly logId: string; readonly firstSequence: number } = {
      logId: randomUUID(),
      firstSequence: 1,
    },
  ): Promise<ClusterLink> {
    const { stream, replicas, maxBytes } = settings;
    const { logId, firstSequence } = begin;
    const connection = await connectTo(settings, name);
    try {
      const found = await createLogStream(
        connection,
        { name: stream, replicas },
        maxBytes,
        logId,
        firstSequence,
      );
      return new ClusterLink(settings, connection, found.logId);
    } catch (error) {
      await connection.close();
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
  }): Promise<JetStreamLog> {
    const { stream: name, replicas } = this.settings;
    return JetStreamLog.open({ ...options, connection: this.connection, stream: { name, replicas } });
  }

  /** First entry that the stream has. @throws the client's error */
  async firstSequence(): Promise<number> {
    const manager = await managerOf(this.connection);
    const { state } = await manager.streams.info(this.settings.stream);
    return Math.max(1, state.first_seq);
  }

  /** The snapshots of the cluster. @throws the client's error */
  snapshots(): Promise<SnapshotStore> {
    const { stream, replicas } = this.settings;
    return SnapshotStore.open(this.connection, stream, replicas, this.logId);
  }

  /** Lets the other nodes ask this one how it is. */
  nodes(ownState: () => ClusterNode): ClusterNodes {
    return new ClusterNodes(this.connection, this.settings.stream, ownState);
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}

/** `NO_SERVER`: none could be reached. `NO_SNAPSHOT`: the cluster has nothing from which this node could begin. `EXISTS`: it has a log already. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  declare readonly code: 'NO_SERVER' | 'NO_SNAPSHOT' | 'EXISTS';

  constructor(code: ClusterError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** @throws ClusterError */
async function connectTo(settings: ClusterSettings, name: string): Promise<NatsConnection> {
  const { servers, credentialsFile, user, passwordFile, tls } = settings;
  try {
    return await connectNats({
      servers: [...servers],
      name,
      ...(credentialsFile === undefined
        ? {}
        : { authenticator: credsAuthenticator(readFileSync(credentialsFile)) }),
      ...(user === undefined ? {} : { user }),
      ...(passwordFile === undefined
        ? {}
        : { pass: readFileSync(passwordFile, 'utf8').split(/\r?\n/, 1)[0] }),
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
