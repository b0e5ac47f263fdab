/**
 * Every metric that a node exports, as data: the exporter, docs/operations/metrics.md, the alerts, the dashboards and their tests
 * read this one table. Names follow https://prometheus.io/docs/practices/naming/: base units, `_total` for counters.
 */
export interface Metric {
  readonly type: 'gauge' | 'counter' | 'histogram';
  /** `node`: says something of one node. `venue`: follows from the log, so every node says the same and a sum over nodes is wrong. */
  readonly scope: 'node' | 'venue';
  readonly unit: Unit;
  readonly help: string;
  /** Labels by name, each with its values. */
  readonly labels: { readonly [label: string]: string };
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
  /** Left out: exported by every node. `cluster`: not by a node with a log of its own. */
  readonly only?: 'cluster';
}

export type Unit =
  | 'seconds'
  | 'bytes'
  | 'ratio'
  | 'ticks'
  | 'entries'
  | 'timestamp'
  | 'state'
  | 'count'
  | 'amount';

/** Seconds; the order path's stages are told apart from 10 microseconds to 10 milliseconds, and what is slower roughly. */
export const STAGE_BUCKETS = [
  0.00001, 0.000015, 0.00002, 0.00003, 0.00004, 0.00005, 0.000065, 0.00008, 0.0001, 0.000125, 0.00015, 0.0002,
  0.00025, 0.0003, 0.0004, 0.0005, 0.00065, 0.0008, 0.001, 0.0015, 0.002, 0.003, 0.004, 0.005, 0.0065, 0.008,
  0.01, 0.025, 0.1, 1,
] as const;
const GC_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] as const;
const HTTP_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10] as const;
const FILL_BUCKETS = [0.0001, 0.001, 0.01, 0.1, 1, 5, 15, 60, 300, 900, 3_600] as const;

/** Threads of a node, as metrics name them. */
export const METRIC_THREADS = [
  'order-path',
  'archive',
  'market-data',
  'edge',
  'operations',
  'backup',
] as const;
export type MetricThread = (typeof METRIC_THREADS)[number];

const THREAD = { thread: METRIC_THREADS.join(', ') };
const DOOR = { door: 'ouch, market-data, http, websocket, fix' };
const SYMBOL = { symbol: 'of the instrument; at most 100 instruments, those that trade most' };
const ACCOUNT = { account: 'number of the account; at most 20, those that trade most' };

interface Details {
  readonly scope?: Metric['scope'];
  readonly labels?: Metric['labels'];
  readonly only?: 'cluster';
}

function gauge<const D extends Details>(unit: Unit, help: string, details?: D) {
  return metric('gauge', unit, help, details);
}

function counter<const D extends Details>(help: string, details?: D, unit: Unit = 'count') {
  return metric('counter', unit, help, details);
}

function histogram<const D extends Details>(buckets: readonly number[], help: string, details?: D) {
  return { ...metric('histogram', 'seconds', help, details), buckets };
}

function metric<T extends Metric['type'], const D extends Details>(
  type: T,
  unit: Unit,
  help: string,
  details?: D,
) {
  const labels = (details?.labels ?? {}) as D extends { labels: infer L } ? L : Record<never, string>;
  const { scope = 'node', only } = details ?? {};
  return { type, scope, unit, help, labels, ...(only === undefined ? {} : { only }) };
}

const CLUSTER = { only: 'cluster' } as const;
const VENUE = { scope: 'venue' } as const;

export const METRICS = {
  // Health
  hive_build_info: gauge(
    'state',
    '1, with the versions of the build and of the rules that the core follows',
    {
      labels: { version: 'of the build', core_version: 'of the core' },
    },
  ),
  hive_node_state: gauge('state', '1 for the state that the node is in, 0 for the others', {
    labels: { state: 'recovering, observing, serving, draining, cut-off, stopped' },
  }),
  hive_ready: gauge('state', '1 while clients are served here: what /readyz answers'),
  hive_uptime_seconds: gauge('seconds', 'Since the node was started'),
  hive_thread_up: gauge('state', '1 while the thread runs, 0 when it has died', { labels: THREAD }),

  // Log
  hive_log_durable_sequence: gauge('entries', 'Last entry of the log that is durable and applied here'),
  hive_log_first_sequence: gauge('entries', 'First entry that the log still has'),
  hive_log_in_doubt: gauge(
    'state',
    '1 while the fate of appended entries is unknown, so that the log takes none',
  ),
  hive_log_unknown_outcomes_total: counter('How often entries were in doubt, since the start of the node'),
  hive_log_foreign_messages_total: counter(
    "Messages of the log's stream that are no entry and change nothing, as they came since the start of the node",
  ),
  hive_archive_sequence: gauge('entries', 'Last entry that the archive has applied to its own core'),
  hive_archive_lag_entries: gauge('entries', 'Durable entries that the archive has not applied yet'),
  hive_archive_diverged: gauge(
    'state',
    "1 once the archive's core and the order path's have different states",
  ),
  hive_snapshot_sequence: gauge(
    'entries',
    'Entry after which the newest snapshot was taken; 0: there is none',
  ),
  hive_snapshot_timestamp_seconds: gauge(
    'timestamp',
    'When the newest snapshot was written; absent: there is none',
  ),

  // Cluster
  hive_cluster_nodes: gauge('count', 'Nodes of the cluster, by state', {
    ...CLUSTER,
    labels: { state: 'recovering, observing, serving, stopped, silent' },
  }),
  hive_cluster_quorum: gauge('state', "1 while most copies of the log's stream are current", CLUSTER),
  hive_cluster_stream_leader: gauge('state', "1 while the log's stream has a leader", CLUSTER),
  hive_cluster_replica_lag_entries: gauge('entries', "What a server's copy of the stream lacks", {
    ...CLUSTER,
    labels: { server: 'name of the nats-server' },
  }),
  hive_cluster_node_lag_entries: gauge('entries', 'Entries of the stream that a node has not applied yet', {
    ...CLUSTER,
    labels: { node: 'number of the node' },
  }),
  hive_cluster_mirror_lag_entries: gauge(
    'entries',
    "What this cluster's copy lacks of what it mirrors of another region; absent: it mirrors nothing",
    { ...CLUSTER, labels: { stream: 'log, fix (records of the FIX sessions)' } },
  ),
  hive_cluster_mirror_silent_seconds: gauge(
    'seconds',
    'Since the mirrored stream of the other region was heard, infinite when it was not yet; absent: this cluster mirrors nothing',
    { ...CLUSTER, labels: { stream: 'log, fix' } },
  ),
  hive_cluster_agreed_sequence: gauge(
    'entries',
    "Newest entry of which a majority attested this node's state; 0: none yet",
    CLUSTER,
  ),
  hive_cluster_outvoted: gauge('state', "1 once a majority has another state than this node's", CLUSTER),

  // Order path
  hive_order_stage_seconds: histogram(
    STAGE_BUCKETS,
    'How long commands of this node take: appended (received until handed to the log), durable (the synchronous write, or the quorum), answered (applied and sent), total (time to acknowledge). The sum is accurate to 3.2 %',
    { labels: { stage: 'appended, durable, answered, total' } },
  ),
  hive_orders_total: counter('What happened to orders', {
    ...VENUE,
    labels: { event: 'accepted, replaced, canceled, expired, triggered' },
  }),
  hive_trades_total: counter('Trades', { ...VENUE, labels: SYMBOL }),
  hive_traded_value_total: counter(
    'Value of trades, in units of the quote asset',
    { ...VENUE, labels: SYMBOL },
    'amount',
  ),
  hive_rejects_total: counter('Commands that the core refused', {
    ...VENUE,
    labels: { code: 'of docs/rejects.md, by name' },
  }),
  hive_reports_total: counter('Reports to users', VENUE),
  hive_open_orders: gauge('count', 'Orders that are open', VENUE),

  // Doors
  hive_connections: gauge('count', 'Open connections', { labels: DOOR }),
  hive_sessions: gauge('count', 'Users who are logged on', { labels: { door: 'ouch, fix, websocket' } }),
  hive_http_requests_total: counter('Requests to the HTTP door that were answered', {
    labels: { status: '1xx, 2xx, 3xx, 4xx, 5xx' },
  }),
  hive_http_request_seconds: histogram(HTTP_BUCKETS, 'From a request of HTTP until its answer was written'),
  hive_websocket_messages_total: counter('Messages that clients of the WebSocket sent'),
  hive_websocket_slow_total: counter('Clients of the WebSocket that read too slowly and were sent away'),
  hive_auth_failures_total: counter('Logins, tokens and keys that were refused', {
    labels: { door: 'ouch, market-data, edge (HTTP, WebSocket, FIX)' },
  }),
  hive_rate_limited_total: counter('Requests and logins that were refused because there were too many', {
    labels: { door: 'ouch, market-data, edge (HTTP, WebSocket, FIX)' },
  }),
  hive_certificate_expiry_timestamp_seconds: gauge('timestamp', "When the door's certificate ends", {
    labels: { door: 'ouch, market-data, http, fix, operations' },
  }),

  // Process
  process_cpu_seconds_total: counter('Processor time of all threads', undefined, 'seconds'),
  process_resident_memory_bytes: gauge('bytes', 'Resident memory'),
  process_start_time_seconds: gauge('timestamp', 'When the process was started'),
  process_open_fds: gauge('count', 'Open file descriptors'),
  process_max_fds: gauge('count', 'File descriptors that the process may open'),
  hive_event_loop_delay_seconds: gauge('seconds', "Delay of the thread's event loop in the last second", {
    labels: { ...THREAD, quantile: '0.5, 0.99, 1' },
  }),
  hive_gc_pause_seconds: histogram(GC_BUCKETS, 'Pauses for collecting garbage', { labels: THREAD }),
  hive_heap_bytes: gauge('bytes', "Used heap of the thread's JavaScript objects", { labels: THREAD }),
  hive_memory_limit_bytes: gauge(
    'bytes',
    'What the process may use: of its control group, or of the machine',
  ),
  hive_ring_lag_bytes: gauge('bytes', 'Events that the thread has still to read from the ring', {
    labels: { thread: 'market-data, edge, operations' },
  }),
  hive_ring_overruns_total: counter('How often the ring of events has overtaken the thread', {
    labels: { thread: 'market-data, edge, operations' },
  }),

  // Disk
  hive_disk_free_bytes: gauge('bytes', 'What the node may still write to the volume of its data directory'),
  hive_disk_size_bytes: gauge('bytes', 'Size of that volume'),
  hive_data_bytes: gauge('bytes', 'What is stored in the data directory', {
    labels: { kind: 'log, snapshots, reports, history, market-data' },
  }),

  // Recovery
  hive_backup_configured: gauge('state', '1 when the node backs up continuously'),
  hive_backup_timestamp_seconds: gauge(
    'timestamp',
    'When the continuous backup was complete last; absent: never',
  ),
  hive_backup_sequence: gauge('entries', 'Last entry of the log that is in the backup'),
  hive_backup_lag_seconds: gauge('seconds', 'Age of the oldest entry that is not in the backup: the RPO now'),
  hive_backup_failures_total: counter(
    'Attempts to send to the target of the backups that failed, since the start of the node',
  ),
  hive_snapshots_damaged: gauge(
    'count',
    'Snapshots on the disk that the continuous backup found damaged, and left out',
  ),
  hive_drill_timestamp_seconds: gauge('timestamp', 'When recovery was drilled last; absent: never'),
  hive_drill_rto_seconds: gauge('seconds', 'How long the last drill took to serve again'),
  hive_drill_rpo_seconds: gauge('seconds', 'How much the last drill lost'),
  hive_drill_ok: gauge('state', '1 when the last drill passed and had a backup of the venue to restore'),

  // Clock
  hive_clock_offset_seconds: gauge(
    'seconds',
    'Wall clock minus true time as the time service estimates it; absent: nothing here says',
  ),
  hive_clock_max_error_seconds: gauge(
    'seconds',
    'Bound on the error of the wall clock; absent: nothing here says',
  ),
  hive_clock_synchronised: gauge(
    'state',
    '1 while the wall clock is synchronised; 0: it is not, or nothing here says',
  ),
  hive_log_time_offset_seconds: gauge('seconds', 'Log time minus wall clock'),
  hive_clock_jumps_total: counter('Jumps of the wall clock since the start of the node'),

  // Market
  hive_market_data_lag_bytes: gauge('bytes', 'Events that the market-data feed has not published yet'),
  hive_market_data_gaps_total: counter(
    'New beginnings of the market-data feed: clients take a snapshot anew',
  ),
  hive_market_data_failed: gauge('state', '1 once the market-data feed has failed'),
  hive_book_spread_ticks: gauge('ticks', 'Best ask minus best bid; absent: a side is empty', {
    ...VENUE,
    labels: SYMBOL,
  }),
  hive_instrument_phase: gauge('state', '1 for the phase that the instrument is in', {
    ...VENUE,
    labels: {
      ...SYMBOL,
      phase: 'Closed, PreOpen, OpeningAuction, Continuous, VolatilityAuction, Halted, ClosingAuction',
    },
  }),
  hive_kill_switch: gauge('count', 'Kill switches that are on', {
    ...VENUE,
    labels: { scope: 'venue, instrument, account, user' },
  }),

  // Business
  hive_pnl_realised: gauge(
    'amount',
    'Profit realised by trading, before fees, in units of the asset: of margined contracts since the account was opened, of spot since the operations thread began to follow; account "venue": fees that the venue took since then',
    { ...VENUE, labels: { ...ACCOUNT, asset: 'symbol of the asset' } },
  ),
  hive_pnl_unrealised: gauge(
    'amount',
    'Profit of what is held, at the middle of the book or the last price',
    {
      ...VENUE,
      labels: { ...ACCOUNT, asset: 'symbol of the asset' },
    },
  ),
  hive_pnl_anomaly_score: gauge(
    'ratio',
    "How unusual the account's newest change of profit is: distance from the median in robust standard deviations (docs/operations/pnl-anomalies.md)",
    { ...VENUE, labels: ACCOUNT },
  ),
  hive_limit_use_ratio: gauge('ratio', 'Share of a limit that is used: the 20 highest, every 5 seconds', {
    ...VENUE,
    labels: {
      account: 'number of the account',
      limit: 'open_orders, messages_per_second, position, open_value, margin',
    },
  }),
  hive_order_numbers_used_ratio: gauge(
    'ratio',
    'Share of its order numbers (2^31 - 1, which no user gets again) that the user who has used most has used',
    { ...VENUE, labels: { user: 'number of that user' } },
  ),
  hive_uncovered_losses: gauge(
    'amount',
    'What customers owe, in units of the asset: losses beyond their balances, and what their open spot orders hold beyond them (docs/risk.md), every 5 seconds',
    { ...VENUE, labels: { asset: 'symbol of the asset' } },
  ),
  hive_order_to_trade_ratio: gauge(
    'ratio',
    'Orders, replacements and cancels (of a mass cancel each order) for each trade, in the last 5 minutes',
    {
      ...VENUE,
      labels: ACCOUNT,
    },
  ),
  hive_effective_spread_ticks: gauge(
    'ticks',
    'Twice the distance of trades from the middle of the book when their taker came, by quantity, in the last 5 minutes',
    { ...VENUE, labels: SYMBOL },
  ),
  hive_realised_spread_ticks: gauge(
    'ticks',
    'Twice the distance of trades from the middle of the book 5 seconds later, by quantity, in the last 5 minutes',
    { ...VENUE, labels: SYMBOL },
  ),
  hive_price_improvement_ticks: gauge(
    'ticks',
    "How much better than the taker's limit trades were, by quantity, in the last 5 minutes",
    { ...VENUE, labels: SYMBOL },
  ),
  hive_fill_ratio: gauge(
    'ratio',
    'Quantity traded for each quantity ordered (by a replace that loses its place what is left), in the last 5 minutes',
    {
      ...VENUE,
      labels: SYMBOL,
    },
  ),
  hive_time_to_fill_seconds: histogram(FILL_BUCKETS, 'From accepting an order until all of it had traded', {
    ...VENUE,
    labels: SYMBOL,
  }),
  hive_market_timing_offset_seconds: gauge(
    'seconds',
    'How late the newest planned end of a phase was: log time minus the planned time',
    { ...VENUE, labels: SYMBOL },
  ),

  // Audit
  hive_audit_verified_sequence: gauge(
    'entries',
    'Last entry that was read back from its file, with its checksum, and replayed to the same state',
  ),
  hive_audit_broken: gauge(
    'state',
    '1 once the log was found damaged, replays to another state, or is not what the node signed',
  ),
  hive_checkpoint_sequence: gauge(
    'entries',
    'Last entry of which the node has signed a checkpoint of the log; 0: none',
  ),
} as const satisfies { readonly [name: string]: Metric };

export type MetricName = keyof typeof METRICS;

/** Labels that a sample of the metric needs. */
export type LabelsOf<Name extends MetricName> = {
  readonly [label in keyof (typeof METRICS)[Name]['labels']]: string;
};
