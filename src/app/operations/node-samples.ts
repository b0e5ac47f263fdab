import { cumulativeCounts, LATENCY_HISTOGRAM_BYTES } from '#lib/latency-histogram.ts';
import { METRICS } from '#projections/metrics/catalogue.ts';
import type { MetricsRegistry, NumberName } from '#projections/metrics/registry.ts';
import { STAGES } from '#replica/stage-times.ts';
import type { NodeStatus } from '../node-status.ts';
import type { Figure } from '../threads/thread-figures.ts';

/** States of a node, with those that only its health tells. */
const STATES = ['recovering', 'observing', 'serving', 'draining', 'cut-off', 'stopped'];
/** Words in which the rings of events count. */
const WORD_BYTES = 4;

/** Samples that are one figure of the threads each. */
const FIGURES: readonly (readonly [NumberName, { readonly [label: string]: string }, Figure, number])[] = [
  ['hive_connections', { door: 'market-data' }, 'marketDataClients', 1],
  ['hive_connections', { door: 'http' }, 'httpConnections', 1],
  ['hive_connections', { door: 'websocket' }, 'webSocketConnections', 1],
  ['hive_connections', { door: 'fix' }, 'fixConnections', 1],
  ['hive_sessions', { door: 'fix' }, 'fixSessions', 1],
  ['hive_sessions', { door: 'websocket' }, 'webSocketUsers', 1],
  ['hive_websocket_messages_total', {}, 'webSocketMessages', 1],
  ['hive_websocket_slow_total', {}, 'webSocketSlow', 1],
  ['hive_auth_failures_total', { door: 'edge' }, 'edgeAuthFailures', 1],
  ['hive_rate_limited_total', { door: 'edge' }, 'edgeRateLimited', 1],
  ['hive_auth_failures_total', { door: 'market-data' }, 'marketDataAuthFailures', 1],
  ['hive_rate_limited_total', { door: 'market-data' }, 'marketDataRateLimited', 1],
  ['hive_ring_lag_bytes', { thread: 'market-data' }, 'marketDataLagWords', WORD_BYTES],
  ['hive_ring_overruns_total', { thread: 'market-data' }, 'marketDataOverruns', 1],
  ['hive_ring_lag_bytes', { thread: 'edge' }, 'edgeLagWords', WORD_BYTES],
  ['hive_ring_overruns_total', { thread: 'edge' }, 'edgeOverruns', 1],
  ['hive_market_data_lag_bytes', {}, 'marketDataLagWords', WORD_BYTES],
  ['hive_market_data_gaps_total', {}, 'marketDataOverruns', 1],
  ['hive_market_data_failed', {}, 'marketDataFailed', 1],
  ['hive_backup_sequence', {}, 'backupSequence', 1],
  ['hive_backup_lag_seconds', {}, 'backupLagSeconds', 1],
  ['hive_backup_failures_total', {}, 'backupFailuresTotal', 1],
  ['hive_snapshots_damaged', {}, 'backupSnapshotsDamaged', 1],
  ['hive_checkpoint_sequence', {}, 'checkpointSequence', 1],
  ['hive_snapshot_timestamp_seconds', {}, 'snapshotSeconds', 1],
];

/** What a node says of itself. @param state of its health */
export function addStatus(
  registry: MetricsRegistry,
  status: NodeStatus,
  state: string,
  isReady: boolean,
  version: string,
): void {
  const { sequence, archivedSequence, divergedSequence, threads: figures, ouchLogins: ouch } = status;
  registry.set('hive_build_info', 1, { version, core_version: String(status.coreVersion) });
  const current = state === 'cut off' ? 'cut-off' : state;
  for (const name of STATES) registry.set('hive_node_state', name === current ? 1 : 0, { state: name });
  registry.set('hive_ready', isReady ? 1 : 0, {});
  registry.set('hive_uptime_seconds', status.uptimeSeconds, {});
  registry.set('hive_log_durable_sequence', sequence, {});
  registry.set('hive_log_first_sequence', status.firstSequence, {});
  registry.set('hive_log_in_doubt', status.cluster?.log.isInDoubt === true ? 1 : 0, {});
  registry.set('hive_log_unknown_outcomes_total', status.cluster?.log.doubts ?? 0, {});
  registry.set('hive_log_foreign_messages_total', status.cluster?.log.foreign ?? 0, {});
  registry.set('hive_archive_sequence', archivedSequence, {});
  registry.set('hive_archive_lag_entries', Math.max(0, sequence - archivedSequence), {});
  registry.set('hive_archive_diverged', divergedSequence === 0 ? 0 : 1, {});
  registry.set('hive_snapshot_sequence', status.snapshotSequence, {});
  registry.set('hive_open_orders', status.openOrders, {});
  registry.set('hive_connections', status.ouchConnections, { door: 'ouch' });
  registry.set('hive_sessions', ouch.sessions, { door: 'ouch' });
  registry.set('hive_auth_failures_total', ouch.authFailures, { door: 'ouch' });
  registry.set('hive_rate_limited_total', ouch.rateLimited, { door: 'ouch' });
  registry.set('hive_log_time_offset_seconds', status.logTimeOffsetMs / 1e3, {});
  registry.set('hive_clock_jumps_total', status.wallClockJumps, {});
  // The archive reads every entry back from its file, checks it, and replays it: the audit is how far it is.
  const isDamaged = figures['archiveDamage'] === 1 || divergedSequence !== 0;
  registry.set('hive_audit_verified_sequence', isDamaged ? Number.NaN : archivedSequence, {});
  registry.set('hive_audit_broken', isDamaged || figures['checkpointsBroken'] === 1 ? 1 : 0, {});
  addFigures(registry, figures);
  addDisk(registry, status);
  addCluster(registry, status);
}

function addFigures(registry: MetricsRegistry, figures: NodeStatus['threads']): void {
  for (const [name, labels, figure, factor] of FIGURES)
    registry.set(name, (figures[figure] ?? Number.NaN) * factor, labels as Record<never, string>);
  const ageSeconds = figures['backupAgeSeconds'];
  registry.set('hive_backup_configured', ageSeconds === undefined ? 0 : 1, {});
  if (ageSeconds !== undefined && ageSeconds >= 0)
    registry.set('hive_backup_timestamp_seconds', Date.now() / 1e3 - ageSeconds, {});
}

function addDisk(registry: MetricsRegistry, { disk }: NodeStatus): void {
  if (disk === undefined) return;
  registry.set('hive_disk_free_bytes', disk.freeBytes, {});
  registry.set('hive_disk_size_bytes', disk.volumeBytes, {});
  const kinds = {
    log: disk.logBytes,
    snapshots: disk.snapshotBytes,
    reports: disk.reportBytes,
    history: disk.historyBytes,
    'market-data': disk.marketDataBytes,
  };
  for (const [kind, bytes] of Object.entries(kinds)) registry.set('hive_data_bytes', bytes, { kind });
}

function addCluster(registry: MetricsRegistry, { cluster }: NodeStatus): void {
  if (cluster === undefined) return;
  registry.set('hive_cluster_agreed_sequence', cluster.agreedSequence, {});
  registry.set('hive_cluster_outvoted', cluster.isOutvoted ? 1 : 0, {});
}

/** How long the stages of the order path take. @param memory of the StageTimes */
export function addStages(registry: MetricsRegistry, memory: SharedArrayBuffer): void {
  const { buckets } = METRICS.hive_order_stage_seconds;
  for (const [i, stage] of STAGES.entries())
    registry.setHistogram(
      'hive_order_stage_seconds',
      cumulativeCounts(memory, i * LATENCY_HISTOGRAM_BYTES, buckets),
      { stage },
    );
}
