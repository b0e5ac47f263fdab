import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, graph, maxBy, NODE, RED_BELOW_1, RED_FROM_1, row, stat } from './panels.ts';

/** The log and who follows it: consensus, copies, archive, backups, audit. */
export function clusterDashboard(): DashboardBuilder {
  return dashboard(
    'cluster',
    'Cluster and log',
    'The log, its copies, the nodes that apply it, backups and audit',
    row(
      'Now',
      stat('Nodes that serve', 'Of all that answer', 'short', 'sum(hive_ready)', {
        warning: 3,
        critical: 2,
        isFalling: true,
      }),
      stat(
        'Quorum',
        '1 while a majority of the copies is current',
        'short',
        'max(hive_cluster_quorum)',
        RED_BELOW_1,
      ),
      stat('Leader', '1 while the stream has one', 'short', 'max(hive_cluster_stream_leader)', RED_BELOW_1),
      stat(
        'Different states',
        'Nodes that disagree with themselves or with the majority',
        'short',
        'sum(hive_archive_diverged) + (sum(hive_cluster_outvoted) or vector(0))',
        RED_FROM_1,
      ),
      stat('RPO', 'Age of the oldest entry that no backup has', 's', 'min(hive_backup_lag_seconds)', {
        warning: 2,
        critical: 10,
      }),
      stat(
        'Audit',
        'Nodes whose log is damaged, or replays to another state',
        'short',
        'sum(hive_audit_broken)',
        RED_FROM_1,
      ),
    ),
    row(
      'Log',
      graph('Entries', 'Made durable and applied, a second', 'ops', {
        expr: `rate(hive_log_durable_sequence{${NODE}}[$__rate_interval])`,
        name: '{{instance}}',
      }),
      graph(
        'Time to be durable',
        'The synchronous write, or the quorum',
        's',
        {
          expr: `hive:order_stage_seconds:p50{stage="durable",${NODE}}`,
          name: '{{instance}} P50',
        },
        {
          expr: `hive:order_stage_seconds:p99{stage="durable",${NODE}}`,
          name: '{{instance}} P99',
        },
      ),
      graph(
        'Doubt',
        '1 while the fate of appended entries is unknown; how often, in 5 minutes',
        'short',
        { expr: `hive_log_in_doubt{${NODE}}`, name: '{{instance}} in doubt' },
        {
          expr: `increase(hive_log_unknown_outcomes_total{${NODE}}[5m])`,
          name: '{{instance}} times',
        },
      ),
      graph('Entries kept', 'From the first that the log still has to the last', 'short', {
        expr: `hive_log_durable_sequence{${NODE}} - hive_log_first_sequence{${NODE}}`,
        name: '{{instance}}',
      }),
    ),
    row(
      'Consensus',
      graph('Nodes', 'By state, as the nodes see each other', 'short', maxBy('state', 'hive_cluster_nodes')),
      graph(
        'Copies',
        "What a server's copy of the stream lacks",
        'short',
        maxBy('server', 'hive_cluster_replica_lag_entries'),
      ),
      graph('Lag of nodes', 'Entries that a node has not applied yet', 'short', {
        expr: 'max by (node) (hive_cluster_node_lag_entries)',
        name: 'node {{node}}',
      }),
      graph('Not attested', 'Entries since the newest state on which a majority agrees', 'short', {
        expr: `hive_log_durable_sequence{${NODE}} - hive_cluster_agreed_sequence{${NODE}}`,
        name: '{{instance}}',
      }),
      graph('Node states', '1 for the state that a node is in', 'short', {
        expr: `hive_node_state{${NODE}} > 0`,
        name: '{{instance}} {{state}}',
      }),
      graph('Builds', 'Nodes by version', 'short', {
        expr: 'count by (version, core_version) (hive_build_info)',
        name: '{{version}} core {{core_version}}',
      }),
    ),
    row(
      'Archive and recovery',
      graph('Archive', 'Durable entries that the shadow core has not applied', 'short', {
        expr: `hive_archive_lag_entries{${NODE}}`,
        name: '{{instance}}',
      }),
      graph('Snapshot', 'Age of the newest', 's', {
        expr: `time() - hive_snapshot_timestamp_seconds{${NODE}}`,
        name: '{{instance}}',
      }),
      graph(
        'Backup',
        'Age of the oldest entry that is not in the backup; tries that failed in 5 minutes',
        's',
        { expr: `hive_backup_lag_seconds{${NODE}}`, name: '{{instance}} lag' },
        {
          expr: `increase(hive_backup_failures_total{${NODE}}[5m])`,
          name: '{{instance}} failures',
        },
      ),
      graph(
        'Restore drill',
        'What the last one measured',
        's',
        { expr: 'max(hive_drill_rto_seconds)', name: 'RTO' },
        { expr: 'max(hive_drill_rpo_seconds)', name: 'RPO' },
      ),
      stat(
        'Age of the drill',
        'Since recovery was tried last',
        's',
        'time() - max(hive_drill_timestamp_seconds)',
        {
          warning: 86_400 * 7,
          critical: 86_400 * 8,
        },
      ),
      graph('Not verified', 'Durable entries that the audit has not read back', 'short', {
        expr: `hive_log_durable_sequence{${NODE}} - hive_audit_verified_sequence{${NODE}}`,
        name: '{{instance}}',
      }),
    ),
  );
}
