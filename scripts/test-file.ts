import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_ENVIRONMENT } from '../bin/runtime.js';
import type { ReportLine } from './test-reporter.ts';

const REPORTER = new URL('./test-reporter.ts', import.meta.url).href;

/** What one test file did. */
export interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly skipped: readonly { name: string; reason: string }[];
  /** Failed tests, and what went wrong with the file as a whole. */
  readonly failures: readonly { name: string; detail: string }[];
  /** Diagnostics of the tests, seeds among them. */
  readonly notes: readonly string[];
  /** What the process wrote. */
  readonly output: string;
  readonly durationMs: number;
}

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly output: string;
}

const running = new Set<number>();

/** Ends every test process, and what those started. */
export function stopTestFiles(): void {
  for (const pid of running) killGroup(pid);
}

/**
 * Runs one test file in a process of its own and process group. The file as a whole counts as one failure more
 * when it outlives `timeoutMs`, crashes, ends early, runs no test, or fails in a way that none of its tests shows.
 */
export async function runTestFile(file: string, directory: string, timeoutMs: number): Promise<FileResult> {
  const report = join(directory, `${file.replaceAll(/[^\w.-]/g, '_')}.ndjson`);
  const started = performance.now();
  const ending = await runProcess(file, report, timeoutMs);
  const lines = readReport(report);
  rmSync(report, { force: true });
  const failures = lines.filter((line) => line.kind === 'fail');
  const skipped = lines.filter((line) => line.kind === 'skip');
  const passed = lines.filter((line) => line.kind === 'pass').length;
  const ended = lines.some((line) => line.kind === 'end');
  const fault = fileFault(ending, ended, passed + skipped.length, failures.length, timeoutMs);
  return {
    file,
    passed,
    skipped,
    failures: fault === undefined ? failures : [...failures, { name: 'the file as a whole', detail: fault }],
    notes: lines.filter((line) => line.kind === 'note').map(({ text }) => text),
    output: ending.output,
    durationMs: Math.round(performance.now() - started),
  };
}

function fileFault(
  { code, signal, timedOut }: Ending,
  ended: boolean,
  good: number,
  failed: number,
  timeoutMs: number,
): string | undefined {
  if (timedOut) return `did not end within ${timeoutMs / 1000} s: killed`;
  if (signal !== null) return `killed by ${signal}`;
  if (!ended) return `exited with code ${code} before its tests were done, or has none`;
  if (good + failed === 0) return 'ran no test';
  if (code !== 0 && failed === 0) return `exited with code ${code} although no test failed`;
  return undefined;
}

function runProcess(file: string, report: string, timeoutMs: number): Promise<Ending> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [`--test-reporter=${REPORTER}`, `--test-reporter-destination=${report}`, file],
      { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: environment() },
    );
    const pid = child.pid;
    if (pid === undefined) {
      child.once('error', reject);
      return;
    }
    running.add(pid);
    let output = '';
    let timedOut = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(pid);
    }, timeoutMs);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      killGroup(pid);
      running.delete(pid);
      child.once('close', () => resolve({ code, signal, timedOut, output }));
    });
  });
}

/**
 * The environment without what a surrounding test run would make the file inherit. With the compile cache, as a command of `hive` that finds its sources stripped
 * of their types begins in a third of the time.
 */
function environment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
  return { NODE_COMPILE_CACHE: NODE_ENVIRONMENT.NODE_COMPILE_CACHE, ...rest };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A killed process may leave half a line: it is left out. */
function readReport(path: string): ReportLine[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as ReportLine);
}
