import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { OuchGateway } from '#gateways/ouch/ouch-gateway.ts';
import type { NodeStatus } from './node-status.ts';
import type {
  ComponentsMessage,
  ConnectRequest,
  EdgeThreadData,
  FromThread,
  MarketDataThreadData,
  StatusMessage,
  SuspendRequest,
} from './threads/messages.ts';
import type { NodeLogger, NodeThread, Threads } from './threads/threads.ts';

/** What the doors are made of. */
export interface DoorsOptions {
  readonly gateway: OuchGateway;
  readonly threads: Threads;
  readonly archive: NodeThread;
  readonly logger: NodeLogger;
  readonly marketData: Omit<MarketDataThreadData, 'peer'>;
  /** undefined: there is no edge. */
  readonly edge: { readonly file: URL; readonly data: Omit<EdgeThreadData, 'peer'> } | undefined;
  /** What the edge may ask. */
  readonly status: () => NodeStatus;
}

const MARKET_DATA_THREAD = new URL('./threads/market-data-thread.ts', import.meta.url);

/** The ports of a node, all of which open and close together: the order path's own, and those of the threads that serve. */
export class Doors {
  /** Of OUCH; 0 while it is closed. */
  declare ouchPort: number;
  /** Of the threads' doors, by name. */
  declare ports: { readonly [door: string]: number };
  declare private readonly options: DoorsOptions;
  declare private marketData: NodeThread | undefined;
  declare private edge: NodeThread | undefined;
  declare private suspension: string | undefined;

  constructor(options: DoorsOptions) {
    this.ouchPort = 0;
    this.ports = {};
    this.options = options;
    this.marketData = undefined;
    this.edge = undefined;
    this.suspension = undefined;
  }

  /** Begins what takes time and does not need the order path: it may go on while that recovers. */
  prepare(): void {
    const { threads, archive, marketData } = this.options;
    const peer = portOf(archive);
    const data: MarketDataThreadData = { ...marketData, peer };
    this.marketData = threads.start('market-data', MARKET_DATA_THREAD, data, [peer]);
  }

  /**
   * Opens all, the order path's first: the others take a core to start.
   * @param onOrders called when orders are taken
   */
  async open(onOrders: (port: number) => void): Promise<void> {
    const { gateway, threads, archive, edge, status } = this.options;
    if (this.marketData === undefined) this.prepare();
    this.ouchPort = (await gateway.listen()).port;
    onOrders(this.ouchPort);
    if (edge !== undefined) {
      const peer = portOf(archive);
      const data: EdgeThreadData = { ...edge.data, peer };
      const { worker } = (this.edge = threads.start('edge', edge.file, data, [peer]));
      worker.on('message', ({ kind }: FromThread) => {
        if (kind === 'askStatus')
          worker.postMessage({ kind: 'status', status: status() } satisfies StatusMessage);
      });
      if (this.suspension !== undefined) this.suspend(this.suspension);
    }
    this.ports = { ...(await this.marketData?.ready), ...(await this.edge?.ready) };
  }

  /** Sends the clients of order entry away with the reason and lets nobody in, until it is called with undefined. */
  suspend(reason: string | undefined): void {
    this.suspension = reason;
    this.options.gateway.suspend(reason);
    this.edge?.worker.postMessage({ kind: 'suspend', reason } satisfies SuspendRequest);
  }

  /** Tells the edge, where there is one. */
  tellEdge(message: ComponentsMessage): void {
    this.edge?.worker.postMessage(message);
  }

  /** Closes all, the edge first, so that its last commands still go through the order path. */
  async close(reason: string): Promise<void> {
    const { gateway, threads } = this.options;
    if (this.edge !== undefined) await threads.end(this.edge);
    this.edge = undefined;
    if (this.ouchPort !== 0) await gateway.close(reason);
    this.ouchPort = 0;
    if (this.marketData !== undefined) await threads.end(this.marketData);
    this.marketData = undefined;
    this.ports = {};
  }
}

/** A port of the archive thread for one more asker. */
export function portOf(archive: NodeThread): MessagePort {
  const { port1, port2 } = new MessageChannel();
  archive.worker.postMessage({ kind: 'connect', port: port1 } satisfies ConnectRequest, [port1]);
  return port2;
}
