import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generatedDashboards, staleDashboards } from '../../monitoring/grafana/generate.ts';
import { MONITORING, readRules, recordedBy } from '../support/alert-rules.ts';
import { runTool, whyNoPrometheus } from '../support/prometheus.ts';
import { unknownIn } from '../support/promql.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Panel {
  readonly type: string;
  readonly title?: string;
  readonly description?: string;
  readonly datasource?: { readonly uid?: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource?: { readonly uid?: string } }[];
}

interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in.
const CHOSEN = '${datasource}';
const read = (file: string): string => readFileSync(join(MONITORING, 'grafana', file), 'utf8');
const dashboards: readonly (readonly [string, Dashboard])[] = [...generatedDashboards()].map(
  ([file, text]) => [file, JSON.parse(text) as Dashboard] as const,
);
/** What Grafana puts in for its variables. */
const filledIn = (expr: string): string =>
  expr.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*');
const expressions = dashboards.flatMap(([file, { panels }]) =>
  panels.flatMap(({ title, targets }) =>
    (targets ?? []).map(({ expr }) => ({ place: `${file}: ${title}`, expr: filledIn(expr) })),
  ),
);

test('the dashboards are current (npm run dashboards writes them)', () => {
  assert.deepEqual(staleDashboards(), []);
});

test('dashboards differ as soon as one character of a file does, or a file is missing', () => {
  for (const [file] of dashboards) {
    assert.deepEqual(
      staleDashboards((asked) => (asked === file ? read(asked).replace('"', "'") : read(asked))),
      [file],
    );
    assert.deepEqual(
      staleDashboards((asked) => (asked === file ? undefined : read(asked))),
      [file],
    );
  }
});

test('there are dashboards of the venue, latency, cluster, nodes and the objective, each with an id of its own', () => {
  assert.deepEqual(
    dashboards.map(([file, { uid }]) => [file, uid]),
    ['venue', 'latency', 'cluster', 'nodes', 'slo'].map((name) => [`${name}.json`, `hive-${name}`]),
  );
});

test('every panel has a title, a description and the chosen data source; latency has a heat map for each stage', () => {
  for (const [file, { panels }] of dashboards) {
    for (const { type, title, description, datasource, targets } of panels) {
      assert.ok(title, `${file}: a ${type} without a title`);
      if (type === 'row') continue;
      assert.ok(description, `${file}: ${title} has no description`);
      for (const source of [{ datasource }, ...(targets ?? [])]) assert.equal(source.datasource?.uid, CHOSEN);
      assert.ok(targets !== undefined && targets.length > 0, `${file}: ${title} asks nothing`);
    }
  }
  const [, latency] = dashboards[1];
  assert.equal(latency.panels.filter(({ type }) => type === 'heatmap').length, 4);
});

test('every metric and label of the dashboards is exported or recorded', () => {
  const recorded = recordedBy(readRules());
  const unknown = (expr: string): string[] => unknownIn(expr, recorded);
  assert.deepEqual(
    expressions.flatMap(({ place, expr }) => unknown(expr).map((what) => `${place}: ${what}`)),
    [],
  );
  assert.deepEqual(unknown('rate(hive_trade_total{symbol="X"}[5m])'), ['hive_trade_total is not exported']);
});

test('promtool: every expression of the dashboards is PromQL', {
  skip: whyNoPrometheus() ?? false,
}, async () => {
  const directory = temporaryDirectory('dashboards');
  const file = join(directory, 'rules.json');
  const check = (exprs: readonly string[]) => {
    const rules = exprs.map((expr, i) => ({ record: `panel:${i}`, expr }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
    return runTool('promtool', 'check', 'rules', file);
  };
  assert.ok(expressions.length > 100, `${expressions.length} expressions`);
  const all = await check(expressions.map(({ expr }) => expr));
  assert.ok(all.isGood, all.output);
  const broken = await check(['sum by (le) (rate(hive_gc_pause_seconds_bucket[5m])']);
  assert.ok(!broken.isGood, broken.output);
});
