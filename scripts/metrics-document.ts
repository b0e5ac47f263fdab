import { METRICS, type Metric } from '#projections/metrics/catalogue.ts';

/** docs/operations/metrics.md. */
export function metricsDocument(): string {
  const metrics = Object.entries<Metric>(METRICS);
  const lines = [
    '<!-- Generated from src/projections/metrics/catalogue.ts by scripts/generate-docs.ts: do not edit. -->',
    '# Metrics',
    '',
    'What `/metrics` on the operations port says, in the text format of Prometheus. How it is measured is in',
    '[ADR 0023](../adr/0023-metrics.md). Metrics of scope `venue` follow from the log: every node says the same, so take the maximum',
    'over the nodes, not the sum. Those of scope `node` say something of one node. Counters begin at 0 when a node starts.',
    '',
    '| metric | type | scope | unit | labels | |',
    '|---|---|---|---|---|---|',
    ...metrics.map(([name, metric]) => {
      const only = metric.only === undefined ? '' : ' In a cluster only.';
      const labels = Object.keys(metric.labels).join(', ');
      return `| \`${name}\` | ${metric.type} | ${metric.scope} | ${metric.unit} | ${labels} | ${metric.help}.${only} |`;
    }),
    '',
    '## Values of labels',
    '',
    '| metric | label | values |',
    '|---|---|---|',
    ...metrics.flatMap(([name, { labels }]) =>
      Object.entries(labels).map(([label, values]) => `| \`${name}\` | ${label} | ${values} |`),
    ),
    '',
    '## Buckets of histograms',
    '',
    ...metrics.flatMap(([name, { buckets }]) =>
      buckets === undefined ? [] : [`- \`${name}\`: ${buckets.join(', ')} seconds`],
    ),
  ];
  return `${lines.join('\n')}\n`;
}
