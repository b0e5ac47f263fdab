import type { JetStreamLogStatus } from '#log/jetstream/jetstream-log.ts';
import type { Peer } from '#replica/peers.ts';
import type { DiskUsage } from './disk/disk-usage.ts';

/**
 * `recovering`: it applies what it missed. `observing`: it applies, and serves nobody. `serving`: its doors are open. `stopped`: it has
 * ended for good, `reason` says why.
 */
export type NodeState = 'recovering' | 'observing' | 'serving' | 'stopped';

/** How a node of a cluster stands to the others. */
export interface ClusterStatus {
  readonly stream: string;
  /** What is not safe about the stream, by the setting's name, since it was changed while this node runs; undefined: nothing. */
  readonly problem: string | undefined;
  readonly log: JetStreamLogStatus;
  /** Nodes that have appended to the log since this node began to follow it, itself included. */
  readonly peers: readonly (Peer & { readonly isSilent: boolean })[];
  /** Newest entry of which a majority of the living attested that their state is this node's; 0: none yet. */
  readonly agreedSequence: number;
  /** Most of the living have another state than this node. */
  readonly isOutvoted: boolean;
}

/** Who is logged on at a door, and who was refused. */
export interface DoorLogins {
  readonly sessions: number;
  readonly authFailures: number;
  /** There were too many. */
  readonly rateLimited: number;
}

/** Whether to send a node clients. */
export interface Health {
  /** What it is doing, in a word or two. */
  readonly state: string;
  readonly isReady: boolean;
  /** What somebody should look at soon; undefined: nothing. */
  readonly warning: string | undefined;
}

export interface NodeStatus {
  readonly nodeId: number;
  readonly epoch: number;
  readonly state: NodeState;
  /** Why it stopped taking orders. */
  readonly reason: string | undefined;
  /** Why the log may be about to stop; undefined: nothing says so. */
  readonly logProblem: string | undefined;
  /** First entry that the log still has. */
  readonly firstSequence: number;
  /** Last entry that is durable and applied. */
  readonly sequence: number;
  readonly stateHash: string;
  /** Version of the rules that the core follows. */
  readonly coreVersion: number;
  readonly archivedSequence: number;
  readonly snapshotSequence: number;
  /** First entry after which the order path and the archive disagreed; 0 never. */
  readonly divergedSequence: number;
  /** Log time minus the wall clock, in milliseconds to three decimals; 0 within what can be measured. */
  readonly logTimeOffsetMs: number;
  /** Jumps of the wall clock since the start of the node, forward and back. */
  readonly wallClockJumps: number;
  readonly openOrders: number;
  readonly ouchConnections: number;
  /** Of the OUCH door, since the start of the node. */
  readonly ouchLogins: DoorLogins;
  readonly uptimeSeconds: number;
  readonly rssBytes: number;
  /** Delay of the order path's event loop in the last second, in microseconds. */
  readonly loopDelayUsP99: number;
  /** Time of the order path's thread in the last second in which it did not wait for something to do. */
  readonly loopBusyPercent: number;
  /** At most seconds old; undefined until it was measured. */
  readonly disk: DiskUsage | undefined;
  /** undefined: the log is embedded. */
  readonly cluster: ClusterStatus | undefined;
  /** Figures of the other threads. */
  readonly threads: { readonly [name: string]: number };
}
