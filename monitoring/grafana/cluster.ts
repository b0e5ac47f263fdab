import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, graph, row, stat } from './panels.ts';

/** The log and who follows it: consensus, copies, archive, backups, audit. */
export function clusterDashboard(): DashboardBuilder {
  return dashboard(
    'cluster',
    'Cluster and log',
    'The log, its copies, the nodes that apply it, backups and audit',
  )
    .withRow(row('Now'))
    .withPanel(
      stat('Nodes that serve', 'Of all that answer', 'short', 'sum(hive_ready)', {
        warning: 3,
        critical: 2,
        isFalling: true,
      }),
    )
    .withPanel(
      stat('Quorum', '1 while a majority of the copies is current', 'short', 'max(hive_cluster_quorum)', {
        warning: 1,
        critical: 1,
        isFalling: true,
      }),
    )
    .withPanel(
      stat('Leader', '1 while the stream has one', 'short', 'max(hive_cluster_stream_leader)', {
        warning: 1,
        critical: 1,
        isFalling: true,
      }),
    )
    .withPanel(
      stat(
        'Different states',
        'Nodes that disagree with themselves or with the majority',
        'short',
        'sum(hive_archive_diverged) + (sum(hive_cluster_outvoted) or vector(0))',
        { warning: 1, critical: 1 },
      ),
    )
    .withPanel(
      stat('RPO', 'Age of the oldest entry that no backup has', 's', 'min(hive_backup_lag_seconds)', {
        warning: 2,
        critical: 10,
      }),
    )
    .withPanel(
      stat('Audit', 'Nodes on which the chain of checksums is broken', 'short', 'sum(hive_audit_broken)', {
        warning: 1,
        critical: 1,
      }),
    )
    .withRow(row('Log'))
    .withPanel(
      graph('Entries', 'Made durable and applied, a second', 'ops', {
        expr: 'rate(hive_log_durable_sequence{instance=~"$instance"}[$__rate_interval])',
        name: '{{instance}}',
      }),
    )
    .withPanel(
      graph(
        'Time to be durable',
        'The synchronous write, or the quorum',
        's',
        {
          expr: 'hive:order_stage_seconds:p50{stage="durable",instance=~"$instance"}',
          name: '{{instance}} P50',
        },
        {
          expr: 'hive:order_stage_seconds:p99{stage="durable",instance=~"$instance"}',
          name: '{{instance}} P99',
        },
      ),
    )
    .withPanel(
      graph(
        'Doubt',
        '1 while the fate of appended entries is unknown; how often, in 5 minutes',
        'short',
        { expr: 'hive_log_in_doubt{instance=~"$instance"}', name: '{{instance}} in doubt' },
        {
          expr: 'increase(hive_log_unknown_outcomes_total{instance=~"$instance"}[5m])',
          name: '{{instance}} times',
        },
      ),
    )
    .withPanel(
      graph('Entries kept', 'From the first that the log still has to the last', 'short', {
        expr: 'hive_log_durable_sequence{instance=~"$instance"} - hive_log_first_sequence{instance=~"$instance"}',
        name: '{{instance}}',
      }),
    )
    .withRow(row('Consensus'))
    .withPanel(
      graph('Nodes', 'By state, as the nodes see each other', 'short', {
        expr: 'max by (state) (hive_cluster_nodes)',
        name: '{{state}}',
      }),
    )
    .withPanel(
      graph('Copies', "What a server's copy of the stream lacks", 'short', {
        expr: 'max by (server) (hive_cluster_replica_lag_entries)',
        name: '{{server}}',
      }),
    )
    .withPanel(
      graph('Lag of nodes', 'Entries that a node has not applied yet', 'short', {
        expr: 'max by (node) (hive_cluster_node_lag_entries)',
        name: 'node {{node}}',
      }),
    )
    .withPanel(
      graph('Not attested', 'Entries since the newest state on which a majority agrees', 'short', {
        expr: 'hive_log_durable_sequence{instance=~"$instance"} - hive_cluster_agreed_sequence{instance=~"$instance"}',
        name: '{{instance}}',
      }),
    )
    .withPanel(
      graph('Node states', '1 for the state that a node is in', 'short', {
        expr: 'hive_node_state{instance=~"$instance"} > 0',
        name: '{{instance}} {{state}}',
      }),
    )
    .withPanel(
      graph('Builds', 'Nodes by version', 'short', {
        expr: 'count by (version, core_version) (hive_build_info)',
        name: '{{version}} core {{core_version}}',
      }),
    )
    .withRow(row('Archive and recovery'))
    .withPanel(
      graph('Archive', 'Durable entries that the shadow core has not applied', 'short', {
        expr: 'hive_archive_lag_entries{instance=~"$instance"}',
        name: '{{instance}}',
      }),
    )
    .withPanel(
      graph('Snapshot', 'Age of the newest', 's', {
        expr: 'time() - hive_snapshot_timestamp_seconds{instance=~"$instance"}',
        name: '{{instance}}',
      }),
    )
    .withPanel(
      graph(
        'Backup',
        'Age of the oldest entry that is not in the backup; tries that failed in 5 minutes',
        's',
        { expr: 'hive_backup_lag_seconds{instance=~"$instance"}', name: '{{instance}} lag' },
        {
          expr: 'increase(hive_backup_failures_total{instance=~"$instance"}[5m])',
          name: '{{instance}} failures',
        },
      ),
    )
    .withPanel(
      graph(
        'Restore drill',
        'What the last one measured',
        's',
        { expr: 'max(hive_drill_rto_seconds)', name: 'RTO' },
        { expr: 'max(hive_drill_rpo_seconds)', name: 'RPO' },
      ),
    )
    .withPanel(
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
    )
    .withPanel(
      graph('Not verified', 'Durable entries that the audit has not read back', 'short', {
        expr: 'hive_log_durable_sequence{instance=~"$instance"} - hive_audit_verified_sequence{instance=~"$instance"}',
        name: '{{instance}}',
      }),
    );
}
