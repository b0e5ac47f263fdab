#!/usr/bin/env node
// Runs src/app/cli.ts with a Node that can: the one that npm installed beside this package, or the one that runs
// this file if it is new enough. Plain JavaScript for any Node >= 20.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
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

const args = [...NODE_FLAGS, join(ROOT, 'src', 'app', 'cli.ts'), ...process.argv.slice(2)];
const env = { ...NODE_ENVIRONMENT, ...process.env };
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
