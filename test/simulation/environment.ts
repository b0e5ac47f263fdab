import { LogId } from '#log/file/format.ts';
import type { Checkers } from './checkers.ts';
import type { SimulatedFiles } from './files.ts';
import type { StreamWatcher } from './nats-connection.ts';
import type { SimulatedNetwork } from './network.ts';
import type { SimulatedObjects } from './objects.ts';
import type { VirtualScheduler } from './scheduler.ts';
import type { SimulatedStream } from './stream.ts';
import type { Trace } from './trace.ts';

/** Port of the OUCH door of every node. */
export const OUCH_PORT = 7_001;
/** Of every client. */
export const PASSWORD = 'secret';
export const LOG_ID = new LogId('00000000-0000-4000-8000-000000000001');
/** Of every core. */
export const CAPACITY = {
  ordersMax: 4_096,
  instrumentsMax: 8,
  accountsMax: 16,
  usersMax: 16,
  apiKeysMax: 8,
  sessionsMax: 1_024,
  assetsMax: 8,
  nodesMax: 32,
};

/** The machine of node `nodeId`. */
export function nodeHost(nodeId: number): string {
  return `10.0.0.${nodeId}`;
}

/** What is around a node or a client. */
export interface Environment extends StreamWatcher {
  readonly random: () => number;
  readonly scheduler: VirtualScheduler;
  readonly trace: Trace;
  readonly network: SimulatedNetwork;
  readonly files: SimulatedFiles;
  readonly stream: SimulatedStream;
  readonly objects: SimulatedObjects;
  readonly checkers: Checkers;
  readonly nodeCount: number;
  /** Whether a lost session cancels its user's orders, at every node. */
  readonly cancelsOnDisconnect: boolean;
  /** Newest entry that a client has a report of. */
  knownSequence: number;
  /** The node that runs at a place. */
  nodeIdAt(place: number): number;
  /** Of a new process. */
  nextSalt(): number;
}
