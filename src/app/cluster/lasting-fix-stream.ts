import type { NatsConnection } from '@nats-io/transport-node';
import type { FixStream, StreamRecord, StreamRecordKind } from '#gateways/fix/store/fix-stream.ts';
import { closeNats } from '#log/jetstream/connection.ts';
import { connectCluster } from './cluster-link.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { fixStreamOptions, NatsFixStream } from './nats-fix-stream.ts';

/** The stream, and the connection over which it is asked. */
interface OpenedStream {
  readonly connection: NatsConnection;
  readonly stream: NatsFixStream;
}

/** The FIX sessions of a cluster over a connection of their own. One that the servers closed for good is replaced with the next question, which rejects when they take no other. */
export class LastingFixStream implements FixStream {
  declare private readonly open: () => Promise<OpenedStream>;
  declare private opened: OpenedStream;
  declare private opening: Promise<OpenedStream> | undefined;
  declare private readonly claimListeners: ((sessionId: string) => void)[];
  declare private isClosed: boolean;

  private constructor(open: () => Promise<OpenedStream>, opened: OpenedStream) {
    this.open = open;
    this.opened = opened;
    this.opening = undefined;
    this.claimListeners = [];
    this.isClosed = false;
  }

  /**
   * @param name of the connection
   * @throws ClusterError, StreamError, FixStoreError
   */
  static async open(cluster: ClusterSettings, logId: string, name: string): Promise<LastingFixStream> {
    const open = async (): Promise<OpenedStream> => {
      const connection = await connectCluster(cluster, name);
      try {
        return { connection, stream: await NatsFixStream.open(connection, fixStreamOptions(cluster, logId)) };
      } catch (error) {
        await closeNats(connection);
        throw error;
      }
    };
    return new LastingFixStream(open, await open());
  }

  /** To be called when nothing is asked any more. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.opening?.catch(() => {});
    await closeNats(this.opened.connection);
  }

  async append(sessionId: string, kind: StreamRecordKind, bytes: Uint8Array): Promise<void> {
    const stream = await this.#stream();
    await stream.append(sessionId, kind, bytes);
  }

  async next(sessionId: string, sequence: number): Promise<StreamRecord | undefined> {
    const stream = await this.#stream();
    return stream.next(sessionId, sequence);
  }

  async last(sessionId: string): Promise<StreamRecord | undefined> {
    const stream = await this.#stream();
    return stream.last(sessionId);
  }

  async sessionIds(): Promise<readonly string[]> {
    const stream = await this.#stream();
    return stream.sessionIds();
  }

  announce(sessionId: string): void {
    const { connection, stream } = this.opened;
    // May be lost: whoever had the session sees the claim when it stores something.
    if (!connection.isClosed()) stream.announce(sessionId);
  }

  onAnnounced(onClaim: (sessionId: string) => void): void {
    this.claimListeners.push(onClaim);
    if (!this.opened.connection.isClosed()) this.opened.stream.onAnnounced(onClaim);
  }

  async #stream(): Promise<NatsFixStream> {
    if (this.isClosed || !this.opened.connection.isClosed()) return this.opened.stream;
    this.opening ??= this.#replace();
    const { stream } = await this.opening;
    return stream;
  }

  async #replace(): Promise<OpenedStream> {
    try {
      this.opened = await this.open();
      for (const onClaim of this.claimListeners) this.opened.stream.onAnnounced(onClaim);
      return this.opened;
    } finally {
      this.opening = undefined;
    }
  }
}
