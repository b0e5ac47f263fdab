import type { CumulativeCounts } from '#lib/latency-histogram.ts';
import { type LabelsOf, METRICS, type Metric, type MetricName } from './catalogue.ts';

/** Of what `text` returns. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = { readonly [label: string]: string | number };

/** A metric and what it says now. */
interface Family {
  readonly head: string;
  samples: string;
}

/** Names of one type. */
type NamesOf<Type extends Metric['type']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['type'] extends Type ? Name : never;
}[MetricName];
export type HistogramName = NamesOf<'histogram'>;
export type NumberName = NamesOf<'gauge' | 'counter'>;

/**
 * The metrics of the catalogue with their present samples, in Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/, version 0.0.4). Whoever knows figures writes them here when somebody
 * asks; nothing is counted here. Samples are text at once: an object for each of some 400, four times a minute for years, is work that orders
 * on the same processors wait for (bench/metrics.ts).
 */
export class MetricsRegistry {
  declare private readonly families: Map<string, Family>;

  /** @param isCluster whether the metrics of clusters are exported */
  constructor(isCluster: boolean) {
    this.families = new Map();
    for (const [name, { only, help, type }] of Object.entries<Metric>(METRICS)) {
      if (only === 'cluster' && !isCluster) continue;
      const head = `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
      this.families.set(name, { head, samples: '' });
    }
  }

  /** Forgets all samples. */
  clear(): void {
    for (const family of this.families.values()) family.samples = '';
  }

  /** A sample. A metric that this node does not export takes none; NaN is no sample. */
  set<Name extends NumberName>(name: Name, value: number, labels: LabelsOf<Name>): void {
    const family = this.families.get(name);
    if (family === undefined || Number.isNaN(value)) return;
    const pairs = labelPairs(labels);
    family.samples += `${name}${pairs === '' ? '' : `{${pairs}}`} ${numberText(value)}\n`;
  }

  /** A histogram of durations, by the bounds of the catalogue. */
  setHistogram<Name extends HistogramName>(
    name: Name,
    { counts, count, sumSeconds }: CumulativeCounts,
    labels: LabelsOf<Name>,
  ): void {
    const family = this.families.get(name);
    if (family === undefined) return;
    const pairs = labelPairs(labels);
    const bucket = `${name}_bucket{${pairs === '' ? '' : `${pairs},`}le="`;
    let text = '';
    for (const [i, le] of METRICS[name].buckets.entries()) text += `${bucket}${le}"} ${counts[i]}\n`;
    const suffix = pairs === '' ? '' : `{${pairs}}`;
    text += `${bucket}+Inf"} ${count}\n${name}_sum${suffix} ${sumSeconds}\n${name}_count${suffix} ${count}\n`;
    family.samples += text;
  }

  text(): string {
    let text = '';
    for (const { head, samples } of this.families.values()) text += `${head}${samples}\n`;
    return text;
  }
}

function labelPairs(labels: Labels): string {
  let pairs = '';
  for (const label of Object.keys(labels)) {
    const value = escaped(String(labels[label])).replaceAll('"', '\\"');
    pairs += `${pairs === '' ? '' : ','}${label}="${value}"`;
  }
  return pairs;
}

/** As in help, and in a label's value but for its quotes. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
