import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpTimes } from '#gateways/rest/http-times.ts';
import { cumulativeCounts } from '#lib/latency-histogram.ts';
import { METRICS, type MetricThread } from '#projections/metrics/catalogue.ts';
import { MetricsRegistry } from '#projections/metrics/registry.ts';
import type { ClusterView } from '../cluster/cluster-nodes.ts';
import type { NodeMessage } from '../threads/messages.ts';
import { HIVE_VERSION } from '../version.ts';
import { certificateExpiry } from './certificates.ts';
import type { ClockReading } from './clock-source.ts';
import { addStages, addStatus } from './node-samples.ts';
import { addProcess, addVitals } from './process-samples.ts';

/** Who adds samples when the metrics are asked for. */
export interface SampleSource {
  addSamples(registry: MetricsRegistry): void;
}

export interface MetricsExporterOptions {
  readonly stages: SharedArrayBuffer;
  readonly vitals: SharedArrayBuffer;
  readonly httpTimes: HttpTimes;
  readonly dataDirectory: string;
  /** Doors that speak TLS: files of their certificates. */
  readonly certificates: { readonly [door: string]: string };
  /** What of the metrics only the owner knows. */
  readonly sources: readonly SampleSource[];
  readonly isCluster: boolean;
}

/** Writes all metrics of the catalogue when they are asked for, from what the threads have put in shared memory or said last. */
export class MetricsExporter {
  /** What the node said of itself last. */
  declare node: NodeMessage | undefined;
  /** What was measured last. */
  declare clock: ClockReading | undefined;
  /** As seen last; undefined: there is no cluster, or its servers do not answer. */
  declare cluster: ClusterView | undefined;
  declare private readonly options: MetricsExporterOptions;
  declare private readonly registry: MetricsRegistry;

  constructor(options: MetricsExporterOptions) {
    this.node = undefined;
    this.clock = undefined;
    this.cluster = undefined;
    this.options = options;
    this.registry = new MetricsRegistry(options.isCluster);
  }

  expose(): string {
    const { registry, options, node } = this;
    registry.clear();
    addProcess(registry);
    addVitals(registry, options.vitals);
    addStages(registry, options.stages);
    this.#addHttp();
    this.#addClock();
    this.#addCluster();
    this.#addCertificates();
    this.#addDrill();
    if (node !== undefined) {
      const { status, health, up } = node;
      addStatus(registry, status, health.state, health.isReady, HIVE_VERSION);
      registry.set('hive_thread_up', 1, { thread: 'order-path' });
      for (const [thread, isUp] of Object.entries(up))
        registry.set('hive_thread_up', isUp ? 1 : 0, { thread: thread as MetricThread });
    }
    for (const source of options.sources) source.addSamples(registry);
    return registry.text();
  }

  #addHttp(): void {
    const { httpTimes } = this.options;
    for (let statusClass = 1; statusClass <= 5; statusClass++)
      this.registry.set('hive_http_requests_total', httpTimes.count(statusClass), {
        status: `${statusClass}xx`,
      });
    const { memory, offset } = httpTimes.place;
    const { buckets } = METRICS.hive_http_request_seconds;
    this.registry.setHistogram('hive_http_request_seconds', cumulativeCounts(memory, offset, buckets), {});
  }

  #addClock(): void {
    const { clock, registry } = this;
    if (clock === undefined) return;
    registry.set('hive_clock_offset_seconds', clock.offsetSeconds ?? Number.NaN, {});
    registry.set('hive_clock_max_error_seconds', clock.maxErrorSeconds ?? Number.NaN, {});
    registry.set('hive_clock_synchronised', clock.isSynchronised ? 1 : 0, {});
  }

  #addCluster(): void {
    const { cluster, registry, node } = this;
    if (!this.options.isCluster) return;
    registry.set('hive_cluster_quorum', cluster?.hasQuorum === true ? 1 : 0, {});
    const leader = cluster?.replicas.find(({ isLeader }) => isLeader)?.server ?? '';
    registry.set('hive_cluster_stream_leader', leader === '' ? 0 : 1, {});
    for (const { server, lagEntries } of cluster?.replicas ?? [])
      if (server !== '') registry.set('hive_cluster_replica_lag_entries', lagEntries, { server });
    for (const [stream, mirror] of Object.entries({ log: cluster?.mirror, fix: cluster?.fixMirror })) {
      if (mirror === undefined) continue;
      registry.set('hive_cluster_mirror_lag_entries', mirror.lagEntries, { stream });
      const silentSeconds = (mirror.silentMs ?? Number.POSITIVE_INFINITY) / 1_000;
      registry.set('hive_cluster_mirror_silent_seconds', silentSeconds, { stream });
    }
    const states = new Map(['recovering', 'observing', 'serving', 'stopped', 'silent'].map((s) => [s, 0]));
    // A second process with a number stops the first, which goes on answering.
    const applied = new Map<number, number>();
    for (const { nodeId, state, sequence } of cluster?.nodes ?? []) {
      states.set(state, (states.get(state) ?? 0) + 1);
      applied.set(nodeId, Math.max(applied.get(nodeId) ?? 0, sequence));
    }
    for (const [nodeId, sequence] of applied) {
      const lagEntries = Math.max(0, (cluster?.lastSequence ?? 0) - sequence);
      registry.set('hive_cluster_node_lag_entries', lagEntries, { node: String(nodeId) });
    }
    const silent = (node?.status.cluster?.peers ?? []).filter(
      ({ nodeId, isSilent }) => isSilent && !applied.has(nodeId),
    );
    states.set('silent', silent.length);
    for (const [state, nodes] of states) registry.set('hive_cluster_nodes', nodes, { state });
  }

  #addCertificates(): void {
    for (const [door, file] of Object.entries(this.options.certificates)) {
      let seconds = Number.NaN;
      try {
        seconds = certificateExpiry(file);
      } catch (error) {
        // A file that is no certificate serves no longer than one that has ended. Where no file can be opened any more this one says nothing.
        if ((error as NodeJS.ErrnoException).code !== 'EMFILE') seconds = 0;
      }
      this.registry.set('hive_certificate_expiry_timestamp_seconds', seconds, { door });
    }
  }

  #addDrill(): void {
    const drill = readDrill(join(this.options.dataDirectory, 'drill.json'));
    if (drill === undefined) return;
    this.registry.set('hive_drill_timestamp_seconds', drill.atSeconds, {});
    this.registry.set('hive_drill_rto_seconds', drill.rtoSeconds, {});
    this.registry.set('hive_drill_rpo_seconds', drill.rpoSeconds, {});
    // A drill that found no backup shows nothing of the venue's.
    this.registry.set('hive_drill_ok', drill.passed && drill.source !== null ? 1 : 0, {});
  }
}

interface DrillResult {
  readonly passed: boolean;
  readonly source: object | null;
  readonly rtoSeconds: number;
  readonly rpoSeconds: number;
}

/** What `hive drill` printed last and somebody put there, and when; undefined: nothing is there, or it cannot be read. */
function readDrill(path: string): (DrillResult & { readonly atSeconds: number }) | undefined {
  try {
    const result = JSON.parse(readFileSync(path, 'utf8')) as DrillResult;
    return { ...result, atSeconds: statSync(path).mtimeMs / 1e3 };
  } catch {
    return undefined;
  }
}
