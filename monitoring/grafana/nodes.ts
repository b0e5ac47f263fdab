import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { dashboard, graph, logGraph, NODE, row } from './panels.ts';

/** Nodes as machines: processor, memory, disk, threads, clock, and the doors. */
export function nodesDashboard(): DashboardBuilder {
  return dashboard(
    'nodes',
    'Nodes',
    'Processor, memory, disk, threads, clock and doors of each node',
    row(
      'Process',
      graph('Processor', 'Cores in use, all threads', 'short', {
        expr: `rate(process_cpu_seconds_total{job="hive",${NODE}}[$__rate_interval])`,
        name: '{{instance}}',
      }),
      graph(
        'Memory',
        'Resident, and what the process may use',
        'bytes',
        { expr: `process_resident_memory_bytes{job="hive",${NODE}}`, name: '{{instance}}' },
        { expr: `hive_memory_limit_bytes{${NODE}}`, name: '{{instance}} limit' },
      ),
      graph('Heap', "Of the threads' JavaScript objects", 'bytes', {
        expr: `hive_heap_bytes{${NODE}}`,
        name: '{{instance}} {{thread}}',
      }),
      graph('File descriptors', 'Share of those that the process may open', 'percentunit', {
        expr: `process_open_fds{job="hive",${NODE}} / process_max_fds{job="hive",${NODE}}`,
        name: '{{instance}}',
      }),
      graph('Uptime', 'Since the start', 's', { expr: `hive_uptime_seconds{${NODE}}`, name: '{{instance}}' }),
      graph('Scrapes', 'How long a node takes to answer Prometheus', 's', {
        expr: `scrape_duration_seconds{job="hive",${NODE}}`,
        name: '{{instance}}',
      }),
    ),
    row(
      'Threads',
      graph('Threads that have died', 'A restart brings them back', 'short', {
        expr: `hive_thread_up{${NODE}} == 0`,
        name: '{{instance}} {{thread}}',
      }),
      graph(
        'Lag in the ring of events',
        'What a thread has still to read, of 16 MiB',
        'bytes',
        { expr: `hive_ring_lag_bytes{${NODE}}`, name: '{{instance}} {{thread}}' },
        { expr: `hive_market_data_lag_bytes{${NODE}}`, name: '{{instance}} feed' },
      ),
      graph(
        'New beginnings',
        'Threads that the ring has overtaken, and gaps of the market-data feed, in 5 minutes',
        'short',
        { expr: `increase(hive_ring_overruns_total{${NODE}}[5m])`, name: '{{instance}} {{thread}}' },
        { expr: `increase(hive_market_data_gaps_total{${NODE}}[5m])`, name: '{{instance}} feed' },
      ),
      logGraph("Event loops' delay", 'P99 of the last second', 's', {
        expr: `hive_event_loop_delay_seconds{quantile="0.99",${NODE}}`,
        name: '{{instance}} {{thread}}',
      }),
      graph('Time for collecting garbage', 'Share of the time of a thread', 'percentunit', {
        expr: `rate(hive_gc_pause_seconds_sum{${NODE}}[$__rate_interval])`,
        name: '{{instance}} {{thread}}',
      }),
    ),
    row(
      'Disk',
      graph('Free', 'Share of the volume', 'percentunit', {
        expr: `hive_disk_free_bytes{${NODE}} / hive_disk_size_bytes{${NODE}}`,
        name: '{{instance}}',
      }),
      graph('Data', 'By kind', 'bytes', {
        expr: `sum by (instance, kind) (hive_data_bytes{${NODE}})`,
        name: '{{instance}} {{kind}}',
      }),
      graph('Until it is full', 'At the pace of the last hour', 's', {
        expr: `hive_disk_free_bytes{${NODE}} / (deriv(hive_disk_free_bytes{${NODE}}[1h]) * -1 > 0)`,
        name: '{{instance}}',
      }),
    ),
    row(
      'Clock',
      graph(
        'Offset',
        'Of the clock from true time, as its time service estimates it, and the bound on its error',
        's',
        { expr: `hive_clock_offset_seconds{${NODE}}`, name: '{{instance}}' },
        { expr: `hive_clock_max_error_seconds{${NODE}}`, name: '{{instance}} at most' },
      ),
      graph('Synchronised', '1 while the kernel says so', 'short', {
        expr: `hive_clock_synchronised{${NODE}}`,
        name: '{{instance}}',
      }),
      graph(
        'Log time',
        'Log time minus wall clock; jumps of the wall clock',
        's',
        { expr: `hive_log_time_offset_seconds{${NODE}}`, name: '{{instance}}' },
        { expr: `increase(hive_clock_jumps_total{${NODE}}[5m])`, name: '{{instance}} jumps' },
      ),
    ),
    row(
      'Doors',
      graph('Connections', 'By door', 'short', {
        expr: `sum by (door) (hive_connections{${NODE}})`,
        name: '{{door}}',
      }),
      graph('Sessions', 'Users who are logged on', 'short', {
        expr: `sum by (door) (hive_sessions{${NODE}})`,
        name: '{{door}}',
      }),
      graph('HTTP requests', 'By status, a second', 'reqps', {
        expr: `sum by (status) (rate(hive_http_requests_total{${NODE}}[$__rate_interval]))`,
        name: '{{status}}',
      }),
      graph(
        'WebSocket',
        'Messages of clients a second, and clients that were sent away in 5 minutes',
        'short',
        {
          expr: `rate(hive_websocket_messages_total{${NODE}}[$__rate_interval])`,
          name: '{{instance}} messages/s',
        },
        { expr: `increase(hive_websocket_slow_total{${NODE}}[5m])`, name: '{{instance}} sent away' },
      ),
      graph(
        'Refused at the door',
        'Logins that failed, and requests that were too many, a second',
        'ops',
        {
          expr: `sum by (door) (rate(hive_auth_failures_total{${NODE}}[$__rate_interval]))`,
          name: '{{door}} logins',
        },
        {
          expr: `sum by (door) (rate(hive_rate_limited_total{${NODE}}[$__rate_interval]))`,
          name: '{{door}} too many',
        },
      ),
      graph('Certificates', 'Until they expire', 's', {
        expr: `min by (instance, door) (hive_certificate_expiry_timestamp_seconds{${NODE}}) - time()`,
        name: '{{instance}} {{door}}',
      }),
    ),
  );
}
