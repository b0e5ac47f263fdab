import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { CLI, type CliResult } from '#app/cli/test-support.ts';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../bin/runtime.js';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { StubVenue } from './stub-kubectl.ts';

export const ROOT = join(import.meta.dirname, '../..');
/** Longest time that a script may take on a busy machine. */
const SCRIPT_MS_MAX = 240_000;

export const SCRIPTS = [
  'deploy.sh',
  'disaster-recovery.sh',
  'emergency-rollback.sh',
  'latency-validation.sh',
  'load-test.sh',
  'network-isolate.sh',
  'rotate-secrets.sh',
  'validate-deployment.sh',
];

/** Runs a script of scripts/production, in a directory of its own: some leave what they have found where they run. */
export function runScript(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    // The scripts start many short programs: they need not be compiled each time.
    const environment = { ...NODE_ENVIRONMENT, ...process.env, ...env };
    const options = { env: environment, timeout: SCRIPT_MS_MAX, cwd: temporaryDirectory('script') };
    const file = join(ROOT, 'scripts/production', script);
    const child = execFile(file, args, options, (_, stdout, stderr) => {
      if (child.exitCode === null)
        reject(new Error(`${script} ${args.join(' ')} was killed\n${stdout}${stderr}`));
      else resolve({ status: child.exitCode, stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** What a node says when it is ready. */
export interface StartedNode {
  readonly child: ChildProcess;
  readonly dataDirectory: string;
  readonly ouch: { readonly port: number };
  readonly http: { readonly port: number };
  readonly operations: { readonly port: number };
  /** The first admin's, where one was added. */
  readonly oneTimePassword: string | undefined;
}

const PORTS = ['ouch', 'market-data', 'snapshot', 'http', 'fix', 'operations'].flatMap((door) => [
  `--${door}-port`,
  '0',
]);

/** Runs `hive start` with free ports until the test is over. */
export async function startNode(
  t: TestContext,
  dataDirectory: string,
  args: readonly string[] = [],
): Promise<StartedNode> {
  const child = spawn(
    process.execPath,
    [...NODE_FLAGS, CLI, 'start', '--json', '--data-dir', dataDirectory, ...PORTS, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  t.after(() => child.kill('SIGKILL'));
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  let oneTimePassword: string | undefined;
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line);
    if (event.event === 'admin-added') oneTimePassword = event.oneTimePassword;
    if (event.event === 'ready') {
      child.stdout.resume();
      return { ...event, child, dataDirectory, oneTimePassword };
    }
  }
  throw new Error(`the node ended before it was ready: ${said}`);
}

export async function stopNode({ child }: StartedNode): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

/** A venue of one instrument with users U1 and so on, each with a funded account and the password `secret`. */
export function venueConfiguration(directory: string, users: number, more = ''): string {
  writeFileSync(join(directory, 'password'), 'secret\n');
  const accounts = Array.from(
    { length: users },
    (_, i) =>
      `    - { id: ${i + 1}, deposits: { USD: 100000000, HIVE: 100000000 }, users: [{ id: ${i + 1}, name: U${i + 1}, passwordFile: password }] }`,
  );
  const file = join(directory, 'hive.yaml');
  writeFileSync(
    file,
    `${more}
venue:
  assets: [{ id: 1, symbol: USD, decimals: 2 }, { id: 2, symbol: HIVE, decimals: 0 }]
  instruments: [{ id: 1, symbol: HIVE, base: HIVE, quote: USD, tick: 0.01, lot: 1, maxQuantity: 1000 }]
  staff: [{ id: 900, name: ROOT, role: admin, passwordFile: password }]
  accounts:
${accounts.join('\n')}
`,
  );
  return file;
}

/** Puts the stub of kubectl (stub-kubectl.ts), and what it answers, into a new folder. */
export function installStub(folder: string, venue: StubVenue): void {
  mkdirSync(folder, { recursive: true });
  const stub = join(import.meta.dirname, 'stub-kubectl.ts');
  const program = join(folder, 'kubectl');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${stub}' "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'venue.json'), JSON.stringify(venue));
}

/** Why shellcheck cannot be had, and where it is. */
export function shellcheck(): { readonly program: string; readonly missing: string | undefined } {
  const program = join(ROOT, '.cache/shellcheck/usr/bin/shellcheck');
  return {
    program,
    missing: existsSync(program) ? undefined : 'no shellcheck: scripts/install-shellcheck.sh fetches it',
  };
}
