import type { AccessSettings } from '#gateways/identity/access-control.ts';
import type { TlsSettings } from '#gateways/listener/tls-files.ts';
import type { ClusterSettings } from './cluster/cluster-settings.ts';
import type {
  BackupSettings,
  FixSettings,
  HttpSettings,
  OperationsSettings,
  WebSocketSettings,
} from './threads/messages.ts';

export interface NodeConfig {
  readonly dataDirectory: string;
  /** `auto`: one of those that the nodes of a cluster share out among themselves. */
  readonly nodeId: number | 'auto';
  /** Whether it is not ready before it is told that its venue is set up (RunningNode.onSetUp), though it serves: who starts it has users to add. */
  readonly awaitsSetUp?: boolean;
  readonly ouch: {
    readonly host: string;
    readonly port: number;
    readonly cancelOnDisconnect: boolean;
    /** undefined: plain TCP. */
    readonly tls: TlsSettings | undefined;
  };
  readonly marketData: {
    readonly host: string;
    readonly port: number;
    readonly snapshotPort: number;
    readonly tls: TlsSettings | undefined;
  };
  /** Where load balancers ask how the node is; undefined: nowhere. */
  readonly operations: OperationsSettings | undefined;
  /** The cluster that it is a node of; undefined: it has a log of its own. */
  readonly cluster: ClusterSettings | undefined;
  /** undefined: there is no such door. With neither there is no edge thread. */
  readonly http: HttpSettings | undefined;
  readonly webSocket: WebSocketSettings;
  readonly fix: FixSettings | undefined;
  readonly access: AccessSettings;
  /** Connections from one address that each port takes. */
  readonly connectionsPerAddressMax: number;
  readonly snapshots: { readonly everyEntries: number; readonly keep: number };
  readonly disk: {
    /** Bytes of log to keep behind the newest snapshot; undefined: all of it. */
    readonly keepLogBytes: number | undefined;
    /** Free space below which the node warns; undefined: a tenth of the volume. */
    readonly warnFreeBelowBytes: number | undefined;
  };
  /** Bytes of a log segment. */
  readonly segmentBytes: number;
  /** undefined: the node does not back up by itself. */
  readonly backup: BackupSettings | undefined;
  /** Directory of recordings that may be replayed in the venue; undefined: none may. */
  readonly replayDirectory: string | undefined;
  /** Entries between two attestations of the state hash; 0 none. */
  readonly attestEvery: number;
}

/** The configuration of a node that has its number. */
export type NumberedConfig = NodeConfig & { readonly nodeId: number };
