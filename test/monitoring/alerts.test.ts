import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  type AlertRule,
  alertsOf,
  RULE_TESTS_FILE,
  RULES_FILE,
  type RuleFile,
  type RuleTestFile,
  readRules,
  recordedBy,
} from '../support/alert-rules.ts';
import { runTool, whyNoPrometheus } from '../support/prometheus.ts';
import { selections, unknownIn } from '../support/promql.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const RUNBOOKS = 'https://github.com/hive-mind/hive-mind/blob/main/docs/operations/runbooks.md#';
const SEVERITIES = ['critical', 'warning', 'info'];
const TEAMS = ['platform', 'trading', 'risk', 'security', 'compliance'];
const noPrometheus = whyNoPrometheus() ?? false;
const ruleTests = parse(readFileSync(RULE_TESTS_FILE, 'utf8')) as RuleTestFile;

/** Why an alert is not fit to wake anybody. */
function faultsOf({ alert, labels, annotations, ...rule }: AlertRule): string[] {
  const checks: [boolean, string][] = [
    [/^Hive[A-Z][A-Za-z0-9]+$/.test(alert), 'its name is not HiveSomething'],
    [/^\d+[smh]$/.test(rule.for ?? ''), 'no "for"'],
    [SEVERITIES.includes(labels?.severity ?? ''), `no severity of ${SEVERITIES}`],
    [TEAMS.includes(labels?.team ?? ''), `no team of ${TEAMS}`],
    [(annotations?.summary ?? '') !== '', 'no summary'],
    [(annotations?.description ?? '') !== '', 'no description'],
    [annotations?.runbook_url === `${RUNBOOKS}${alert.toLowerCase()}`, 'runbook_url is not its section'],
  ];
  return checks.filter(([isGood]) => !isGood).map(([, fault]) => `${alert}: ${fault}`);
}

/** Alerts of which no unit test shows that they fire, or none that they do not. */
function untested(rules: RuleFile, { tests }: RuleTestFile): string[] {
  const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
  return alertsOf(rules).flatMap(({ alert }) => {
    const own = cases.filter(({ alertname }) => alertname === alert);
    const fires = own.some(({ exp_alerts }) => exp_alerts.length > 0);
    const rests = own.some(({ exp_alerts }) => exp_alerts.length === 0);
    return [
      ...(fires ? [] : [`${alert} is not shown to fire`]),
      ...(rests ? [] : [`${alert} is not shown to rest`]),
    ];
  });
}

/** Rules that read what another group records, or what their own records only behind them. */
function readBeforeRecorded(rules: RuleFile): string[] {
  const everywhere = recordedBy(rules);
  return rules.groups.flatMap(({ name, rules: own }) => {
    const here = new Set<string>();
    return own.flatMap((rule) => {
      const early = selections(rule.expr)
        .filter(({ metric }) => everywhere.has(metric) && !here.has(metric))
        .map(({ metric }) => `${name}: ${metric}`);
      if ('record' in rule) here.add(rule.record);
      return early;
    });
  });
}

function unknownMetrics(rules: RuleFile): string[] {
  const recorded = recordedBy(rules);
  return rules.groups.flatMap(({ rules: own }) => own.flatMap(({ expr }) => unknownIn(expr, recorded)));
}

test('every alert has severity, team, for, summary, description and runbook, and its name once', () => {
  const alerts = alertsOf(readRules());
  assert.ok(alerts.length >= 25, `${alerts.length} alerts`);
  assert.deepEqual(alerts.flatMap(faultsOf), []);
  assert.equal(new Set(alerts.map(({ alert }) => alert)).size, alerts.length);
});

test('descriptions have values: of the expression or of its labels, but where there is one thing to say', () => {
  const plain = alertsOf(readRules()).filter(
    ({ annotations }) => !annotations?.description?.includes('{{ $'),
  );
  assert.deepEqual(plain.map(({ alert }) => alert).sort(), [
    'HiveBackupOff',
    'HiveMetricsAbsent',
    'HiveNoQuorum',
    'HiveNoStreamLeader',
    'HiveOrderFlowStopped',
    'HiveVenueDown',
    'HiveWatchdog',
  ]);
});

test('faultsOf: each missing part is named', () => {
  const good = alertsOf(readRules())[0];
  const url = { ...good.annotations, runbook_url: `${RUNBOOKS}elsewhere` };
  assert.deepEqual(
    [
      { ...good, labels: { team: 'platform' } },
      { ...good, annotations: url },
      { alert: 'hiveTypo', expr: '1' },
    ].map((rule) => faultsOf(rule).length),
    [1, 1, 7],
  );
});

test('every metric and label of the rules is exported', () => {
  assert.deepEqual(unknownMetrics(readRules()), []);
});

test('unknownMetrics: a typo in a metric or in a label is found', () => {
  const rules = { groups: [{ name: 'g', interval: '5s', rules: [{ record: 'a:b', expr: '' }] }] };
  const withExpr = (expr: string): RuleFile => ({
    groups: [{ ...rules.groups[0], rules: [...rules.groups[0].rules, { alert: 'HiveX', expr }] }],
  });
  assert.deepEqual(
    [
      'hive_redy == 0',
      'sum by (door) (rate(hive_auth_failures_total{dor="ouch",job="hive"}[5m])) > 1 unless on (job) a:b',
      'histogram_quantile(0.9, hive_order_stage_seconds_bucket{stage="a b",le="+Inf"}) > avg_over_time(up[1h] offset 5m)',
      'hive_order_stage_seconds > 1',
    ].map((expr) => unknownMetrics(withExpr(expr))),
    [
      ['hive_redy is not exported'],
      ['hive_auth_failures_total has no label dor'],
      [],
      ['hive_order_stage_seconds is not exported'],
    ],
  );
});

test('rules read what is recorded before them in their own group', () => {
  assert.deepEqual(readBeforeRecorded(readRules()), []);
});

test('readBeforeRecorded: another group, or a later rule, is found', () => {
  const { groups } = readRules();
  const [first, ...others] = groups;
  const alone = { name: 'alone', interval: '5s', rules: [{ alert: 'HiveX', expr: 'hive:venue_down > 0' }] };
  assert.deepEqual(readBeforeRecorded({ groups: [...groups, alone] }), ['alone: hive:venue_down']);
  assert.notDeepEqual(
    readBeforeRecorded({ groups: [{ ...first, rules: [...first.rules].reverse() }, ...others] }),
    [],
  );
});

test('every alert has a unit test in which it fires and one in which it does not', () => {
  assert.deepEqual(untested(readRules(), ruleTests), []);
});

test('untested: an alert without its tests is found', () => {
  const without = (isLeftOut: (alerts: number) => boolean): RuleTestFile => ({
    tests: ruleTests.tests.map(({ alert_rule_test }) => ({
      alert_rule_test: alert_rule_test.filter(
        ({ alertname, exp_alerts }) => alertname !== 'HiveDiskFull' || !isLeftOut(exp_alerts.length),
      ),
    })),
  });
  assert.deepEqual(
    untested(
      readRules(),
      without(() => true),
    ),
    ['HiveDiskFull is not shown to fire', 'HiveDiskFull is not shown to rest'],
  );
  assert.deepEqual(
    untested(
      readRules(),
      without((alerts) => alerts > 0),
    ),
    ['HiveDiskFull is not shown to fire'],
  );
});

test('promtool: the rules and the configuration are valid', { skip: noPrometheus }, async () => {
  for (const [kind, file] of [
    ['rules', RULES_FILE],
    ['config', join(RULES_FILE, '../prometheus.yaml')],
  ]) {
    const { isGood, output } = await runTool('promtool', 'check', kind, file);
    assert.ok(isGood, output);
  }
});

test('promtool: every unit test of the rules passes', { skip: noPrometheus }, async () => {
  const { isGood, output } = await runTool('promtool', 'test', 'rules', RULE_TESTS_FILE);
  assert.ok(isGood, output);
});

test('promtool: a threshold that was changed fails the unit tests', { skip: noPrometheus }, async () => {
  const directory = temporaryDirectory('rules');
  const rules = readFileSync(RULES_FILE, 'utf8');
  const changed = rules.replace('hive_disk_size_bytes < 0.05', 'hive_disk_size_bytes < 0.5');
  assert.notEqual(changed, rules);
  writeFileSync(join(directory, 'prometheus-rules.yaml'), changed);
  const own = {
    rule_files: ['prometheus-rules.yaml'],
    evaluation_interval: '30s',
    tests: ruleTests.tests.filter(({ alert_rule_test }) =>
      alert_rule_test.some(({ alertname }) => alertname === 'HiveDiskFull'),
    ),
  };
  writeFileSync(join(directory, 'test.yaml'), JSON.stringify(own));
  const { isGood, output } = await runTool('promtool', 'test', 'rules', join(directory, 'test.yaml'));
  assert.ok(!isGood && output.includes('HiveDiskFull'), output);
});
