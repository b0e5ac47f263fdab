#!/usr/bin/env node
// Runs src/app/cli.ts with a Node that can: the one that npm installed beside this package, or the one that runs
// this file if it is new enough. Plain JavaScript for any Node >= 20.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_ENVIRONMENT, NODE_FLAGS } from './runtime.js';

/** The first Node that runs the sources as they are. */
const NODE_MIN = [24, 12];
const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const USAGE = 2;

/** The pinned Node's program, or undefined when it is not installed. */
function pinnedNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve('node/package.json');
    const program = join(dirname(manifest), 'bin', 'node');
    return existsSync(program) ? program : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} version such as 24.12.0 */
function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}

const node = pinnedNode() ?? (isNewEnough(process.versions.node) ? process.execPath : undefined);
if (node === undefined) {
  console.error(
    `hive: needs Node >= ${NODE_MIN.join('.')}, this is ${process.version}, and the Node that the package brings is not installed: run "npm ci" in ${ROOT}`,
  );
  process.exit(USAGE);
}

/**
 * Fills the compile cache where the sources have changed since: the node must not be the one that strips them (see
 * NODE_COMPILE_CACHE). Without a cache that can be written, it is.
 * @param {string} program
 * @param {NodeJS.ProcessEnv} environment
 */
function compileAhead(program, environment) {
  const source = join(ROOT, 'src');
  const files = readdirSync(source, { recursive: true }).map((file) => join(source, String(file)));
  const newestMs = Math.max(...[program, ...files].map((file) => Math.trunc(statSync(file).mtimeMs)));
  const stamp = join(String(environment['NODE_COMPILE_CACHE']), `compiled-${newestMs}`);
  if (existsSync(stamp)) return;
  spawnSync(program, [...NODE_FLAGS, join(source, 'app', 'compile-ahead.ts')], {
    stdio: 'ignore',
    env: environment,
  });
  try {
    writeFileSync(stamp, '');
  } catch {
    // Then the next start does the same again.
  }
}

const args = [...NODE_FLAGS, join(ROOT, 'src', 'app', 'cli.ts'), ...process.argv.slice(2)];
const env = { ...NODE_ENVIRONMENT, ...process.env };
if (process.argv[2] === 'start') compileAhead(node, env);
try {
  // Becomes that Node, so that nothing is left between it and whoever started this.
  process.execve?.(node, [node, ...args], env);
} catch {
  // Whatever hinders this hinders the next step too, which says so.
}

// A Node before 22.15, and any on Windows, cannot: it stays and passes signals and the exit status on.
const child = spawn(node, args, { stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
  process.on(signal, () => child.kill(signal));
}
child.on('error', (error) => {
  console.error(`hive: ${node} cannot be started: ${error.message}. Run "npm ci" in ${ROOT}`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
