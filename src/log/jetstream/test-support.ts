import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { NatsConnection } from '@nats-io/transport-node';
import type { LogFollower } from '#domain/ports.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { LogId } from '../file/format.ts';
import { connectNats } from './connection.ts';
import { JetStreamLog, type JetStreamLogOptions } from './jetstream-log.ts';
import { createLogStream } from './log-stream.ts';
import type { LogStreamOptions } from './stream-config.ts';

/** For tests: a stream, and the nodes' copies of it in a temporary directory. */
export class StreamFixture {
  declare readonly urls: readonly string[];
  declare readonly stream: LogStreamOptions;
  declare readonly logId: LogId;
  declare readonly directory: string;
  declare private readonly connections: NatsConnection[];

  private constructor(urls: readonly string[], stream: LogStreamOptions, logId: LogId) {
    this.urls = urls;
    this.stream = stream;
    this.logId = logId;
    this.directory = temporaryDirectory('stream');
    this.connections = [];
  }

  static async create(
    urls: readonly string[],
    replicas: 1 | 3 = 1,
    maxBytes = 256 * 1024 * 1024,
  ): Promise<StreamFixture> {
    const id = randomUUID();
    const fixture = new StreamFixture(urls, { name: `LOG-${id}`, replicas }, new LogId(id));
    const connection = await fixture.connect();
    await createLogStream(connection, fixture.stream, maxBytes, id);
    return fixture;
  }

  /** A connection of its own, to server `index` first, if it is given. Closed by `close`. */
  async connect(index = 0): Promise<NatsConnection> {
    const servers = [...this.urls.slice(index), ...this.urls.slice(0, index)];
    const connection = await connectNats({ servers, name: 'test', noRandomize: true });
    this.connections.push(connection);
    return connection;
  }

  /** Where the copy of a node is. */
  copyOf(node: string): string {
    return join(this.directory, node);
  }

  /** Opens the log of a node, without delivering anything. */
  async open(
    node: string,
    follower: LogFollower,
    options: Partial<JetStreamLogOptions> & { readonly server?: number } = {},
  ): Promise<JetStreamLog> {
    return JetStreamLog.open({
      connection: options.connection ?? (await this.connect(options.server)),
      stream: this.stream,
      directory: this.copyOf(node),
      logId: this.logId,
      follower,
      segmentBytes: 320 * 1024,
      ...options,
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.connections.map((connection) => connection.close()));
  }
}
