import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, graph, heatmap, logGraph, NODE, row, stat } from './panels.ts';

const STAGES = [
  ['appended', 'From receiving a command until its turn is handed to the log'],
  ['durable', 'Until the log says that it is durable: the synchronous write, or the quorum of a cluster'],
  ['answered', 'From then until it is applied and its answers are with the operating system'],
  ['total', 'From receiving a command to its answer: the time to acknowledge'],
] as const;

const buckets = (stage: string) =>
  `sum by (le) (rate(hive_order_stage_seconds_bucket{stage="${stage}",${NODE}}[$__rate_interval]))`;
const quantile = (q: number, stage: string) => `histogram_quantile(${q}, ${buckets(stage)})`;

/** How long commands take, by stage: percentiles, a heat map for each stage, and what delays them. */
export function latencyDashboard(): DashboardBuilder {
  return dashboard(
    'latency',
    'Latency',
    'How long commands take on the order path, by stage',
    row(
      'P99 now',
      ...STAGES.map(([stage, description]) =>
        stat(
          stage,
          description,
          's',
          `max(hive:order_stage_seconds:p99{stage="${stage}",${NODE}})`,
          stage === 'appended' || stage === 'answered'
            ? { warning: 50e-6, critical: 100e-6 }
            : { warning: 5e-3, critical: 50e-3 },
        ),
      ),
      stat(
        'Event loop',
        "P99 of the delay of the order path's event loop",
        's',
        `max(hive_event_loop_delay_seconds{thread="order-path",quantile="0.99",${NODE}})`,
        { warning: 1e-3, critical: 5e-3 },
      ),
      stat(
        'Commands',
        'Of clients of these nodes, a second',
        'ops',
        `sum(rate(hive_order_stage_seconds_count{stage="total",${NODE}}[$__rate_interval]))`,
      ),
    ),
    row(
      'Percentiles',
      ...STAGES.map(([stage, description]) =>
        logGraph(
          stage,
          description,
          's',
          ...[0.5, 0.9, 0.99, 0.999].map((q) => ({ expr: quantile(q, stage), name: `P${q * 100}` })),
        ),
      ),
      logGraph('P99 by node', 'Of the whole way', 's', {
        expr: `hive:order_stage_seconds:p99{stage="total",${NODE}}`,
        name: '{{instance}}',
      }),
      logGraph('P99.9 by node', 'Of the whole way', 's', {
        expr: `hive:order_stage_seconds:p999{stage="total",${NODE}}`,
        name: '{{instance}}',
      }),
    ),
    row('Heat maps', ...STAGES.map(([stage, description]) => heatmap(stage, description, buckets(stage)))),
    row(
      'What delays',
      logGraph("Event loops' delay", 'The longest of the last second', 's', {
        expr: `hive_event_loop_delay_seconds{quantile="1",${NODE}}`,
        name: '{{instance}} {{thread}}',
      }),
      logGraph('Collecting garbage', 'P99 of the pauses', 's', {
        expr: `histogram_quantile(0.99, sum by (instance, thread, le) (rate(hive_gc_pause_seconds_bucket{${NODE}}[$__rate_interval])))`,
        name: '{{instance}} {{thread}}',
      }),
      graph('HTTP', 'From a request until its answer was written', 's', {
        expr: `histogram_quantile(0.99, sum by (instance, le) (rate(hive_http_request_seconds_bucket{${NODE}}[$__rate_interval])))`,
        name: '{{instance}} P99',
      }),
    ),
  );
}
