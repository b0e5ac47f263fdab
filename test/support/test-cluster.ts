import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeConfig } from '#app/node-config.ts';
import { NatsServers } from './nats-cluster.ts';
import { clusterSettings } from './node-config.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { type ChildNode, type ChildNodeOptions, endChild, startChildNode, statusOf } from './traders.ts';

/** Three nats-servers, and nodes that a test starts on them. */
export class Cluster {
  readonly servers: NatsServers;
  readonly directory: string;
  /** By node number minus one; undefined: not running. */
  readonly nodes: (ChildNode | undefined)[] = [];

  private constructor(servers: NatsServers, directory: string) {
    this.servers = servers;
    this.directory = directory;
  }

  static async start(t: TestContext): Promise<Cluster> {
    const directory = temporaryDirectory('cluster');
    const servers = await NatsServers.start({ count: 3, directory: join(directory, 'nats') });
    const cluster = new Cluster(servers, directory);
    t.after(async () => {
      await Promise.all(cluster.nodes.map((_, index) => cluster.kill(index + 1)));
      await servers.close();
    });
    return cluster;
  }

  pathOf(nodeId: number): string {
    return join(this.directory, `node-${nodeId}`);
  }

  /** @param different what else differs from the configuration of node-process.ts */
  async startNode(
    nodeId: number,
    observe = false,
    different: Partial<NodeConfig> = {},
    options: ChildNodeOptions = {},
  ): Promise<ChildNode> {
    const cluster = clusterSettings(this.servers.urls, { observe });
    const operations = { host: '127.0.0.1', port: 0, tls: undefined };
    const node = await startChildNode(
      this.pathOf(nodeId),
      { nodeId, cluster, operations, attestEvery: 50, ...different },
      options,
    );
    this.nodes[nodeId - 1] = node;
    return node;
  }

  async kill(nodeId: number): Promise<void> {
    const node = this.nodes[nodeId - 1];
    this.nodes[nodeId - 1] = undefined;
    if (node !== undefined) await endChild(node.child);
  }

  node(nodeId: number): ChildNode {
    const node = this.nodes[nodeId - 1];
    assert.ok(node !== undefined, `node ${nodeId} runs`);
    return node;
  }

  /** Waits until all nodes that run stand after the same entry; returns their state hashes. */
  async settled(): Promise<string[]> {
    for (;;) {
      const running = this.nodes.filter((node) => node !== undefined);
      const statuses = await Promise.all(running.map(statusOf));
      if (new Set(statuses.map(({ sequence }) => sequence)).size === 1) {
        return statuses.map(({ stateHash }) => stateHash);
      }
    }
  }
}

/** Asks until it is so. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}
