import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { alertsOf, MONITORING, readRules } from '../support/alert-rules.ts';
import { runTool, whyNoPrometheus } from '../support/prometheus.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const FOLDER = join(MONITORING, 'alertmanager');
const FILE = join(FOLDER, 'alertmanager.yaml');
const noPrometheus = whyNoPrometheus() ?? false;

interface Inhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
}

const config = parse(readFileSync(FILE, 'utf8'), { merge: true }) as {
  readonly inhibit_rules: readonly Inhibition[];
};

/** Receivers of an alert with these labels. */
async function receivers(labels: { readonly [name: string]: string }, file = FILE): Promise<string[]> {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const { stdout } = await runTool('amtool', 'config', 'routes', 'test', `--config.file=${file}`, ...pairs);
  return stdout.trim().split(',');
}

/** Names and expressions in inhibition rules that match no alert. */
function unknownAlerts(inhibitions: readonly Inhibition[], names: readonly string[]): string[] {
  return inhibitions
    .flatMap(({ source_matchers, target_matchers }) => [...source_matchers, ...target_matchers])
    .flatMap((matcher) => {
      const [, pattern] = /^alertname =~? "?([^"]*)"?$/.exec(matcher) ?? [];
      return (pattern ?? '').split(/\|(?![^(]*\))/).filter((part) => {
        const expression = new RegExp(`^(?:${part})$`);
        return part !== '' && !names.some((name) => expression.test(name));
      });
    });
}

/** A copy of the folder in which the configuration is another one. */
function changedCopy(from: string, to: string): string {
  const directory = temporaryDirectory('alertmanager');
  cpSync(FOLDER, directory, { recursive: true });
  const text = readFileSync(FILE, 'utf8');
  assert.ok(text.includes(from));
  const file = join(directory, 'alertmanager.yaml');
  writeFileSync(file, text.replace(from, to));
  return file;
}

test('amtool: the configuration and its templates are valid', { skip: noPrometheus }, async () => {
  const { isGood, output } = await runTool('amtool', 'check-config', FILE);
  assert.ok(isGood && output.includes('1 templates'), output);
});

test('amtool: a misspelled key is found', { skip: noPrometheus }, async () => {
  const file = changedCopy('routing_key_file', 'routing_key_fil');
  const { isGood, output } = await runTool('amtool', 'check-config', file);
  assert.ok(!isGood && output.includes('routing_key_fil'), output);
});

test('every alert reaches its team on Slack, and critical ones page as well', {
  skip: noPrometheus,
}, async () => {
  const kinds = new Map(
    alertsOf(readRules()).map(({ alert, labels }) => {
      const { severity = '', team = '' } = labels ?? {};
      return [alert === 'HiveWatchdog' ? alert : `${severity} ${team}`, { alert, severity, team }];
    }),
  );
  for (const { alert, severity, team } of kinds.values()) {
    const expected =
      alert === 'HiveWatchdog'
        ? ['heartbeat']
        : [...(severity === 'critical' ? ['pagerduty'] : []), `slack-${team}`];
    assert.deepEqual(await receivers({ alertname: alert, severity, team, job: 'hive' }), expected, alert);
  }
});

test('an alert of an unknown team is not lost', { skip: noPrometheus }, async () => {
  assert.deepEqual(await receivers({ alertname: 'Other', severity: 'warning' }), ['slack-platform']);
  assert.deepEqual(await receivers({ alertname: 'Other', severity: 'critical', team: 'nobody' }), [
    'pagerduty',
  ]);
});

test('without "continue" a page is all that there is: the test of routes would see it', {
  skip: noPrometheus,
}, async () => {
  const file = changedCopy('      continue: true\n', '');
  assert.deepEqual(await receivers({ alertname: 'X', severity: 'critical', team: 'trading' }, file), [
    'pagerduty',
  ]);
});

test('inhibition names alerts that exist', () => {
  const names = alertsOf(readRules()).map(({ alert }) => alert);
  assert.deepEqual(unknownAlerts(config.inhibit_rules, names), []);
  const typo = {
    source_matchers: ['alertname = HiveNodeDwn'],
    target_matchers: ['alertname =~ "HiveDisk.*|HiveErrorBudgetBurn(6x|9x)|HiveNope.*"'],
  };
  assert.deepEqual(unknownAlerts([typo], names), ['HiveNodeDwn', 'HiveNope.*']);
});

test('secrets are files below /run/secrets/hive-mind, never values', () => {
  const text = readFileSync(FILE, 'utf8');
  const secrets = [
    ...text.matchAll(/^\s*(?:- )?(\w*(?:url|key|token|password|credentials)\w*):\s*(\S+)$/gm),
  ].map(([, key, value]) => `${key} ${value}`);
  assert.deepEqual(secrets.sort(), [
    'credentials_file /run/secrets/hive-mind/heartbeat_token',
    'routing_key_file /run/secrets/hive-mind/pagerduty_routing_key',
    'slack_api_url_file /run/secrets/hive-mind/slack_webhook_url',
    'url https://heartbeat.example.com/hive-mind',
  ]);
});

test('amtool: what people read is made of the alerts', { skip: noPrometheus }, async () => {
  const directory = temporaryDirectory('alertmanager');
  const render = async (name: string, status: string): Promise<string> => {
    const labels = { alertname: 'HiveDiskFull', severity: 'critical' };
    const alert = {
      status,
      labels,
      annotations: {
        summary: 'Full',
        description: '1% is free.',
        runbook_url: 'https://runbooks#hivediskfull',
      },
      startsAt: '2026-01-31T16:00:00Z',
      endsAt: '0001-01-01T00:00:00Z',
    };
    const data = join(directory, 'data.json');
    writeFileSync(data, JSON.stringify({ status, alerts: [alert, alert], commonLabels: labels }));
    const { isGood, output } = await runTool(
      'amtool',
      'template',
      'render',
      `--template.glob=${join(FOLDER, 'templates/*.tmpl')}`,
      `--template.data=${data}`,
      `--template.text={{ template "${name}" . }}`,
    );
    assert.ok(isGood, output);
    return output.trim();
  };
  assert.equal(await render('hive.title', 'firing'), '[FIRING 2] critical HiveDiskFull');
  assert.equal(await render('hive.title', 'resolved'), '[RESOLVED] critical HiveDiskFull');
  assert.equal(await render('hive.colour', 'firing'), 'danger');
  assert.equal(await render('hive.colour', 'resolved'), 'good');
  const one = 'Full\n1% is free.\nSince 2026-01-31 16:00:00 UTC. https://runbooks#hivediskfull';
  assert.equal(await render('hive.text', 'firing'), `${one}\n${one}`);
});
