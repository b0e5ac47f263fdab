import { Registry } from 'prom-client';
import type { CumulativeCounts } from '#lib/latency-histogram.ts';
import { type LabelsOf, METRICS, type Metric, type MetricName } from './catalogue.ts';

interface Sample {
  readonly labels: { readonly [label: string]: string | number };
  readonly value: number;
  readonly metricName?: string;
}

/** Names of one type. */
type NamesOf<Type extends Metric['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];
export type HistogramName = NamesOf<'histogram'>;
export type NumberName = NamesOf<'gauge' | 'counter'>;

/**
 * The metrics of the catalogue with their present samples, in Prometheus' text format. Whoever knows figures writes them here when
 * somebody asks; nothing is counted here.
 */
export class MetricsRegistry {
  declare private readonly registry: Registry;
  declare private readonly samples: Map<string, Sample[]>;

  /** @param isCluster whether the metrics of clusters are exported */
  constructor(isCluster: boolean) {
    this.registry = new Registry();
    this.samples = new Map();
    for (const [name, metric] of Object.entries<Metric>(METRICS)) {
      if (metric.only === 'cluster' && !isCluster) continue;
      const samples: Sample[] = [];
      this.samples.set(name, samples);
      const { help, type } = metric;
      const exported = { name, help, type, get: async () => ({ name, help, type, values: samples }) };
      this.registry.registerMetric(exported as unknown as Parameters<Registry['registerMetric']>[0]);
    }
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Forgets all samples. */
  clear(): void {
    for (const samples of this.samples.values()) samples.length = 0;
  }

  /** A sample. A metric that this node does not export takes none; NaN is no sample. */
  set<Name extends NumberName>(name: Name, value: number, labels: LabelsOf<Name>): void {
    if (!Number.isNaN(value)) this.samples.get(name)?.push({ labels, value });
  }

  /** A histogram of durations, by the bounds of the catalogue. */
  setHistogram<Name extends HistogramName>(
    name: Name,
    counts: CumulativeCounts,
    labels: LabelsOf<Name>,
  ): void {
    const samples = this.samples.get(name);
    const { buckets } = METRICS[name];
    for (const [i, le] of buckets.entries())
      samples?.push({ metricName: `${name}_bucket`, labels: { ...labels, le }, value: counts.counts[i] });
    samples?.push({ metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: counts.count });
    samples?.push({ metricName: `${name}_sum`, labels, value: counts.sumSeconds });
    samples?.push({ metricName: `${name}_count`, labels, value: counts.count });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
