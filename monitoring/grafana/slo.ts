import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, graph, RED_BELOW_1, RED_FROM_1, row, stat } from './panels.ts';

/** Share of errors that the objective allows: 99.99 % over 30 days. */
const BUDGET = 0.0001;
const WINDOWS = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];

/** The objective: how much of the error budget is left, and how fast it burns. */
export function sloDashboard(): DashboardBuilder {
  return dashboard(
    'slo',
    'Objective',
    'Availability of 99.99 %: the error budget and how fast it burns',
    row(
      'Budget of 30 days',
      stat('Availability', 'Over 30 days', 'percentunit', '1 - hive:errors:ratio30d', {
        warning: 0.99995,
        critical: 0.9999,
        isFalling: true,
      }).decimals(4),
      stat('Budget left', 'Share of it', 'percentunit', `1 - hive:errors:ratio30d / ${BUDGET}`, {
        warning: 0.5,
        critical: 0,
        isFalling: true,
      }),
      stat(
        'Budget left',
        'As time without any service',
        's',
        `(${BUDGET} - hive:errors:ratio30d) * 30 * 86400`,
        {
          warning: 120,
          critical: 0,
          isFalling: true,
        },
      ),
      stat(
        'Burn rate',
        'Of the last hour: 1 uses the budget up in 30 days',
        'short',
        `hive:errors:ratio1h / ${BUDGET}`,
        {
          warning: 1,
          critical: 14.4,
        },
      ),
      stat('Down', '1 while nobody is served', 'short', 'hive:venue_down', { warning: 0.3, critical: 1 }),
      stat(
        'Alerts',
        'Critical ones that fire',
        'short',
        'count(ALERTS{alertstate="firing",severity="critical"}) or vector(0)',
        RED_FROM_1,
      ),
    ),
    row(
      'Burning',
      graph(
        'Burn rates',
        'Alerts: 14.4 (1h and 5m), 6 (6h and 30m), 3 (1d and 2h), 1 (3d and 6h)',
        'short',
        ...WINDOWS.map((window) => ({ expr: `hive:errors:ratio${window} / ${BUDGET}`, name: window })),
      ),
      graph(
        'Requests and failures',
        'A second: orders and HTTP requests, and those that the venue itself failed',
        'ops',
        { expr: 'hive:requests:rate5m', name: 'requests' },
        { expr: 'hive:failures:rate5m', name: 'failures' },
      ),
      graph('Alerts', 'That fire', 'short', {
        expr: 'count by (alertname, severity) (ALERTS{alertstate="firing",alertname!="HiveWatchdog"})',
        name: '{{severity}} {{alertname}}',
      }),
    ),
    row(
      'Other objectives',
      stat('RTO of the last drill', 'At most 30 s', 's', 'max(hive_drill_rto_seconds)', {
        warning: 15,
        critical: 30,
      }),
      stat('RPO of the last drill', 'At most 2 s', 's', 'max(hive_drill_rpo_seconds)', {
        warning: 1,
        critical: 2,
      }),
      stat('Drill', '1: the last one passed', 'short', 'min(hive_drill_ok)', RED_BELOW_1),
      stat('RPO now', 'Age of the oldest entry that no backup has', 's', 'min(hive_backup_lag_seconds)', {
        warning: 2,
        critical: 10,
      }),
      stat('Backup', 'Age of the newest', 's', 'time() - max(hive_backup_timestamp_seconds)', {
        warning: 1_800,
        critical: 3_600,
      }),
      stat(
        'P99 in the venue',
        'The slower of the stages appended and answered',
        's',
        'max(hive:order_stage_seconds:p99{stage=~"appended|answered"})',
        { warning: 50e-6, critical: 100e-6 },
      ),
    ),
  );
}
