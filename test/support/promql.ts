import { METRICS } from '#projections/metrics/catalogue.ts';

/** A metric that an expression names, with the labels by which it selects. */
export interface Selection {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** Exported by Prometheus and Alertmanager themselves. */
const FOREIGN = [
  'up',
  'scrape_duration_seconds',
  'ALERTS',
  'prometheus_notifications_errors_total',
  'alertmanager_notifications_failed_total',
];
/** Labels that every series has. */
const TARGET_LABELS = ['job', 'instance'];
const KEYWORDS = /^(and|or|unless|by|without|on|ignoring|group_left|group_right|offset|bool|inf|nan)$/i;
/** Strings, selectors' braces, lists of labels behind a keyword, ranges, offsets. */
const STRING = /"(?:[^"\\]|\\.)*"/g;
const LABEL_LIST = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g;
const RANGE = /\[[^\]]*\]|\boffset\s+\w+/g;
const NAME = /(?<![\w:.])([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{[^}]*\}|\()?/g;

/** The metrics of an expression. It must be valid: promtool says whether. */
export function selections(expression: string): Selection[] {
  const text = expression.replace(STRING, '""').replace(LABEL_LIST, ' ').replace(RANGE, ' ');
  const found: Selection[] = [];
  for (const [, metric, behind = ''] of text.matchAll(NAME)) {
    if (behind === '(' || KEYWORDS.test(metric)) continue;
    const labels = [...behind.matchAll(/([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label);
    found.push({ metric, labels });
  }
  return found;
}

/**
 * What an expression takes for granted and nobody exports, in words.
 * @param recorded names of recording rules
 */
export function unknownIn(expression: string, recorded: ReadonlySet<string>): string[] {
  return selections(expression).flatMap(({ metric, labels }) => {
    if (recorded.has(metric) || FOREIGN.includes(metric)) return [];
    const known = labelsOf(metric);
    if (known === undefined) return [`${metric} is not exported`];
    return labels
      .filter((label) => !known.includes(label) && !TARGET_LABELS.includes(label))
      .map((label) => `${metric} has no label ${label}`);
  });
}

function labelsOf(metric: string): readonly string[] | undefined {
  const catalogue: {
    readonly [name: string]: { readonly type: string; readonly labels: object } | undefined;
  } = METRICS;
  const plain = catalogue[metric];
  if (plain !== undefined) return plain.type === 'histogram' ? undefined : Object.keys(plain.labels);
  const [, base, suffix] = /^(.*)_(bucket|sum|count)$/.exec(metric) ?? [];
  const histogram = base === undefined ? undefined : catalogue[base];
  if (histogram?.type !== 'histogram') return undefined;
  return suffix === 'bucket' ? [...Object.keys(histogram.labels), 'le'] : Object.keys(histogram.labels);
}
