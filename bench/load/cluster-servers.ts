import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { NatsServers } from '../../test/support/nats-cluster.ts';
import { type LoadedServer, startServer } from './processes.ts';
import { benchDirectory } from './servers.ts';
import { LOAD_PASSWORD } from './traffic.ts';
import type { VenueServerConfig } from './venue-server.ts';

const SIZE = 3;

/** Three nats-servers and three nodes on this machine. */
export class BenchCluster {
  declare readonly servers: NatsServers;
  /** By number minus one. */
  declare readonly nodes: LoadedServer[];
  declare private readonly directory: string;
  declare private readonly hasEdge: boolean;

  private constructor(servers: NatsServers, directory: string, hasEdge: boolean) {
    this.hasEdge = hasEdge;
    this.servers = servers;
    this.nodes = [];
    this.directory = directory;
  }

  /** @param accounts users of the venue @param hasEdge whether nodes have HTTP, WebSocket and FIX, too */
  static async start(syncAlways: boolean, accounts: number, hasEdge = false): Promise<BenchCluster> {
    const directory = join(benchDirectory(), `cluster-${process.pid}`);
    rmSync(directory, { recursive: true, force: true });
    const servers = await NatsServers.start({ count: SIZE, directory: join(directory, 'nats'), syncAlways });
    const cluster = new BenchCluster(servers, directory, hasEdge);
    for (let nodeId = 1; nodeId <= SIZE; nodeId++)
      await cluster.startNode(nodeId, nodeId === 1 ? accounts : 0);
    return cluster;
  }

  async startNode(nodeId: number, accounts = 0): Promise<void> {
    const config: VenueServerConfig = {
      dataDirectory: join(this.directory, `node-${nodeId}`),
      accounts,
      password: LOAD_PASSWORD,
      hasEdge: this.hasEdge,
      nodeId,
      clusterServers: this.servers.urls,
    };
    this.nodes[nodeId - 1] = await startServer(new URL('./venue-server.ts', import.meta.url), config);
  }

  get ports(): number[] {
    return this.nodes.map(({ port }) => port);
  }

  async close(): Promise<void> {
    for (const node of this.nodes) await node.kill();
    await this.servers.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
