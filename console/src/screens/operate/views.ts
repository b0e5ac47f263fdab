import type { Static } from 'typebox';
import type * as operate from '#codec/json/operate-json.ts';

/** What the API says of nodes, as its schemas have it. */
export type ClusterView = Static<typeof operate.Cluster>;
export type ClusterMessage = Static<typeof operate.ClusterMessage>;
export type NodeView = Static<typeof operate.ClusterNode>;
export type StreamView = Static<typeof operate.ClusterStream>;
export type FiguresView = Static<typeof operate.Figures>;
export type FiguresMessage = Static<typeof operate.FiguresMessage>;
export type StageView = Static<typeof operate.StageLatency>;
export type SnapshotView = Static<typeof operate.Snapshot>;
export type SnapshotsView = Static<typeof operate.Snapshots>;
export type BackupView = Static<typeof operate.Backup>;
export type BackupsView = Static<typeof operate.Backups>;
export type VerificationView = Static<typeof operate.Verification>;
