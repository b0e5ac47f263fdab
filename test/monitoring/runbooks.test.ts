import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { alertsOf, readRules, recordedBy } from '../support/alert-rules.ts';
import { selections, unknownIn } from '../support/promql.ts';
import { RestNode } from '../support/rest-node.ts';

const ROOT = join(import.meta.dirname, '../..');
const RUNBOOKS = 'docs/operations/runbooks.md';
const SCRIPTS = 'scripts/production';
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const runbooks = read(RUNBOOKS);
const noScripts = existsSync(join(ROOT, SCRIPTS)) ? false : `no ${SCRIPTS}`;

interface Section {
  readonly title: string;
  readonly text: string;
}

/** Headings of the third level and what is below each. */
function sectionsOf(document: string): Section[] {
  return document
    .split(/^(?=#{2,3} )/m)
    .filter((part) => part.startsWith('### '))
    .map((part) => ({ title: part.slice(4, part.indexOf('\n')), text: part.slice(part.indexOf('\n')) }));
}

/** As GitHub makes them of headings. */
function anchorsOf(document: string): Set<string> {
  const headings = [...document.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Alerts whose runbook_url names no section, and sections of no alert. */
function unmatched(document: string): string[] {
  const anchors = anchorsOf(document);
  const alerts = alertsOf(readRules());
  const names = alerts.map(({ alert }) => alert);
  return [
    ...alerts
      .filter(({ annotations }) => !anchors.has(annotations?.runbook_url?.split('#')[1] ?? ''))
      .map(({ alert }) => `${alert} has no section`),
    ...sectionsOf(document)
      .filter(({ title }) => !names.includes(title))
      .map(({ title }) => `${title} is no alert`),
  ];
}

/** Sections without symptom, commands, what to do, or how to verify it. */
function incomplete(document: string): string[] {
  const parts =
    /^\s*\*\*Symptom\.\*\* \S.*?\n\n```\n\S.*?\n```\n\n\*\*Do\.\*\* \S.*?\n\n\*\*Verify\.\*\* \S/s;
  return sectionsOf(document)
    .filter(({ text }) => !parts.test(text))
    .map(({ title }) => title);
}

/** Lines in fences, and code in backticks. */
function commandsOf(document: string): string[] {
  const fenced = [...document.matchAll(/^```\n(.*?)^```$/gms)].flatMap(([, lines]) =>
    lines.trim().split('\n'),
  );
  const plain = document.replace(/^```\n.*?^```$/gms, '');
  return [...fenced, ...[...plain.matchAll(/`([^`]+)`/g)].map(([, code]) => code)];
}

/** Commands of ours that do not exist, or that have no such option. */
function unknownCommands(document: string): string[] {
  const cli = new Map(
    read('docs/cli.md')
      .split(/^## /m)
      .map((part) => [/^`(hive [^`]+)`/.exec(part)?.[1] ?? '', part]),
  );
  const options = (command: string): string[] => command.match(/--[a-z-]+/g) ?? [];
  return commandsOf(document).flatMap((command) => {
    const words = command.split(' ');
    if (words[0] === 'hive' && words.length > 1) {
      const known = [3, 2].map((n) => words.slice(0, n).join(' ')).find((name) => cli.has(name));
      if (known === undefined) return [command];
      return options(command).filter(
        (option) => !cli.get(known)?.includes(option) && option !== '--data-dir',
      );
    }
    if (!words[0].startsWith('scripts/')) return [];
    if (!existsSync(join(ROOT, words[0]))) return [command];
    const text = read(words[0]);
    return options(command).filter((option) => !text.includes(option));
  });
}

/** Links of the document to pages or headings that are not there. */
function brokenLinks(document: string): string[] {
  return [...document.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
    .filter(([, path, anchor]) => {
      const file = path === '' ? RUNBOOKS : join(dirname(RUNBOOKS), path);
      if (!existsSync(join(ROOT, file))) return true;
      return anchor !== undefined && !anchorsOf(path === '' ? document : read(file)).has(anchor);
    })
    .map(([link]) => link);
}

/** Metrics in backticks that nobody exports. */
function unknownMetrics(document: string): string[] {
  const recorded = recordedBy(readRules());
  return commandsOf(document)
    .filter(
      (code) => /\bhive[_:]|\bprocess_|\bscrape_/.test(code) && !/^(curl|kubectl|scripts|hive) /.test(code),
    )
    .flatMap((expr) => (selections(expr).length === 0 ? [expr] : unknownIn(expr, recorded)));
}

test('every alert has its section, by the anchor in its runbook_url, and every section its alert', () => {
  assert.deepEqual(unmatched(runbooks), []);
});

test('unmatched: a section that is missing or misspelled is found', () => {
  assert.deepEqual(unmatched(runbooks.replace('### HiveDiskFull\n', '### HiveDiskFul\n')), [
    'HiveDiskFull has no section',
    'HiveDiskFul is no alert',
  ]);
});

test('every section goes from the symptom to commands to what to do to its verification', () => {
  assert.deepEqual(incomplete(runbooks), []);
  const [first] = sectionsOf(runbooks);
  for (const part of ['Symptom', 'Do', 'Verify']) {
    assert.deepEqual(incomplete(runbooks.replace(`**${part}.**`, '')), [first.title]);
  }
});

test('every command of ours in the sections exists, with its options', { skip: noScripts }, () => {
  assert.deepEqual(unknownCommands(runbooks), []);
});

test('every command of the sections that looks at a data directory names it', () => {
  const looking = /^hive (status|admin|log|history|snapshot)\b(?!.*(--data-dir| FILE))/;
  assert.deepEqual(
    commandsOf(runbooks).filter((command) => looking.test(command)),
    [],
  );
});

test('every kubectl command names its namespace, and selects what the manifests make there', () => {
  const commands = commandsOf(runbooks).filter((command) => command.startsWith('kubectl '));
  assert.ok(commands.length > 0);
  assert.deepEqual(
    commands.filter((command) => !/^kubectl --namespace (hive-mind|monitoring) /.test(command)),
    [],
  );
  const made = read('deployment/kubernetes/deployment.yaml') + read('deployment/kubernetes/nats.yaml');
  const labels = commands.flatMap(
    (command) => /--namespace hive-mind .*-l app\.kubernetes\.io\/name=(\S+)/.exec(command)?.[1] ?? [],
  );
  assert.ok(labels.length > 0);
  assert.deepEqual(
    labels.filter((label) => !made.includes(`app.kubernetes.io/name: ${label},`)),
    [],
  );
});

test('disaster-recovery.sh takes every command of the sections as it stands', { skip: noScripts }, () => {
  const script = `${SCRIPTS}/disaster-recovery.sh`;
  const commands = new Set(commandsOf(runbooks).filter((command) => command.startsWith(`${script} `)));
  assert.ok(commands.size > 0);
  const { HIVE_BACKUP_TARGET: _, ...env } = process.env;
  for (const command of commands) {
    const args = [...command.split(' '), '--dry-run'];
    const { stderr } = spawnSync('bash', args, { cwd: ROOT, env, encoding: 'utf8' });
    assert.deepEqual({ command, stderr }, { command, stderr: '' });
  }
});

test('unknownCommands: a wrong name and a wrong option are found', () => {
  assert.deepEqual(
    unknownCommands('`hive stats` `hive log tail --lins 5` `scripts/production/none.sh` `df -h`'),
    ['hive stats', '--lins', 'scripts/production/none.sh'],
  );
});

test('every link of the sections leads somewhere', () => {
  assert.deepEqual(brokenLinks(runbooks), []);
  assert.deepEqual(brokenLinks('[a](../cluster.md#nowhere) [b](#hivex) [c](none.md)'), [
    '](../cluster.md#nowhere)',
    '](#hivex)',
    '](none.md)',
  ]);
});

test('every metric in the sections is exported', () => {
  assert.deepEqual(unknownMetrics(runbooks), []);
  assert.deepEqual(unknownMetrics('`hive_redy` is 1, `hive:venue_down` is 0'), ['hive_redy is not exported']);
});

/** Paths below /api/v1 that commands of the document ask. */
function questionsOf(document: string): string[] {
  return commandsOf(document).flatMap(
    (command) => /^curl .*"https:\/\/VENUE\/api\/v1([^"]+)"$/.exec(command)?.[1] ?? [],
  );
}

test('a venue answers every question of the sections; who set a kill switch is told', async (t) => {
  const venue = await RestNode.start(t);
  const [risk, operations] = [await venue.logIn('risk'), await venue.logIn('operations')];
  const stop = { scope: 'account', accountId: 1, engaged: true, reason: 'planted' };
  assert.equal((await risk.put('/admin/kill-switch', stop)).status, 200);
  const ask = (path: string) => operations.get(path.replace(/ACCOUNT|USER/, '1'));
  const questions = [...new Set(questionsOf(runbooks))];
  assert.deepEqual(
    await Promise.all(questions.map(async (path) => [path, (await ask(path)).status])),
    questions.map((path) => [path, 200]),
  );
  const section = sectionsOf(runbooks).find(({ title }) => title === 'HiveKillSwitchOn')?.text ?? '';
  const { body } = await ask(questionsOf(section)[0] ?? '/');
  const { time, sequence, requestNumber, ...action } = body.items[0];
  assert.deepEqual(action, { userId: 21, command: 'SetKillSwitch', reason: 'planted' });
});
