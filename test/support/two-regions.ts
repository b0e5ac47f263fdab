import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { NodeConfig } from '#app/node-config.ts';
import { freePorts } from './free-ports.ts';
import { NatsServers } from './nats-cluster.ts';
import { clusterSettings } from './node-config.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { type ChildNode, endChild, startChildNode } from './traders.ts';

/** Two clusters of one nats-server each, connected as docs/cluster.md has it: domain `second` can mirror domain `first`. */
export class TwoRegions {
  readonly first: NatsServers;
  readonly second: NatsServers;
  readonly #nodes: ChildNode[] = [];
  readonly #directory: string;

  private constructor(directory: string, first: NatsServers, second: NatsServers) {
    this.#directory = directory;
    this.first = first;
    this.second = second;
  }

  static async start(t: TestContext): Promise<TwoRegions> {
    const directory = temporaryDirectory('mirror');
    const [leafPort] = await freePorts(1);
    const first = await NatsServers.start({
      count: 1,
      directory: join(directory, 'a'),
      domain: 'first',
      configuration: [`leafnodes { listen: 127.0.0.1:${leafPort} }`],
    });
    // Each region's entries and FIX sessions stay there: what goes from one to the other is the mirrors'.
    const subjects = '["HIVE.entries", "HIVE_FIX.>", "HIVE_FIX_CLAIMS"]';
    const apart = `deny_imports: ${subjects}, deny_exports: ${subjects}`;
    const second = await NatsServers.start({
      count: 1,
      directory: join(directory, 'b'),
      domain: 'second',
      configuration: [`leafnodes { remotes: [ { url: "nats://127.0.0.1:${leafPort}", ${apart} } ] }`],
    });
    const regions = new TwoRegions(directory, first, second);
    t.after(() => regions.#close());
    return regions;
  }

  /** A node of a region; those of the second mirror the first. */
  async startNode(
    nodeId: number,
    region: 'first' | 'second',
    different: Partial<NodeConfig> = {},
  ): Promise<ChildNode> {
    const cluster = clusterSettings(this[region].urls, {
      replicas: 1,
      maxBytes: 2 ** 28,
      mirrorOf: region === 'second' ? 'first' : undefined,
    });
    const directory = join(this.#directory, `node-${nodeId}`);
    const node = await startChildNode(directory, { nodeId, cluster, attestEvery: 50, ...different });
    this.#nodes.push(node);
    return node;
  }

  /** Loses the first region: this node, which is all that it has, and its server. */
  async loseFirst({ child }: ChildNode): Promise<void> {
    await endChild(child);
    await this.first.close();
  }

  async #close(): Promise<void> {
    await Promise.all(this.#nodes.map(({ child }) => endChild(child)));
    await Promise.all([this.first.close(), this.second.close()]);
  }
}

/** What a node says of an order: why not, or its ports. */
export interface Answer {
  readonly error?: string;
  readonly ouchPort?: number;
  readonly edgePorts?: ChildNode['edgePorts'];
}

/** Gives an order to a node's process. */
export async function ask(node: ChildNode, order: 'promote' | 'takeOver'): Promise<Answer> {
  node.child.send(order);
  const [answer] = (await once(node.child, 'message')) as [Answer];
  return answer;
}
