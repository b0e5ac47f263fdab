import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { readBenchRun } from './bench-options.ts';
import { refuse, USAGE } from './refuse.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  /** Whether a node may put its order path before everything else on the machine, and whether in real time (docs/adr/0026-thread-priorities.md). */
  readonly orderPathGoesFirst: boolean;
  readonly orderPathRealTime: boolean;
  /** One-minute load average when the figure was taken: far above zero means that others used the machine. */
  readonly loadAverage: number;
}

/** What a figure was measured on. */
export function machine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    orderPathGoesFirst: mayHave('nice', 30),
    orderPathRealTime: mayHave('realtime', 1),
    loadAverage: Math.round(loadavg()[0] * 100) / 100,
  };
}

/** Whether this process may have that priority: CAP_SYS_NICE, or a limit for it; for nice values, one of 30 allows -10 (getrlimit(2)). */
function mayHave(kind: 'nice' | 'realtime', priority: number): boolean {
  if (process.platform !== 'linux') return false;
  const [, capabilities] = /^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  const limits = readFileSync('/proc/self/limits', 'utf8');
  const [, limit] = new RegExp(`^Max ${kind} priority\\s+(\\S+)`, 'm').exec(limits) ?? [];
  const CAP_SYS_NICE = 23n;
  return (
    ((BigInt(`0x${capabilities}`) >> CAP_SYS_NICE) & 1n) === 1n ||
    limit === 'unlimited' ||
    Number(limit) >= priority
  );
}

/** Middle value; of an even number, the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1];
}

/** `value` with `digits` decimals, as a number. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** One figure of a benchmark. */
export interface Figure {
  readonly bench: string;
  readonly scenario?: string;
  readonly [field: string]: unknown;
}

/** Prints a figure as one line of JSON. Every benchmark's last output is such lines, and nothing else is on stdout. */
export function print(figure: Figure): void {
  process.stdout.write(`${JSON.stringify(figure)}\n`);
}

/**
 * Begins a benchmark that bench/run.ts knows: the machine is the first line of its figures. Options that it does not have end the process
 * with 2, before anything is measured.
 */
export function begin(bench: string): void {
  try {
    const { out } = readBenchRun([bench, ...process.argv.slice(2)]);
    if (out !== undefined) throw new Error(`--out is of all: npm run bench -- ${bench} --out ${out}`);
  } catch (error) {
    refuse(error, USAGE);
  }
  print({ bench, scenario: 'machine', ...machine() });
}

/** Wall-clock time, and time of this thread on a processor: the two differ when others use the machine. */
export interface Elapsed {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Starts a clock; the function that it returns reads it. */
export function stopwatch(): () => Elapsed {
  const cpu = process.threadCpuUsage();
  const start = performance.now();
  return () => {
    const seconds = (performance.now() - start) / 1_000;
    const { user, system } = process.threadCpuUsage(cpu);
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  };
}

/** What repetitions of `count` things say: medians, the best one, and the rate while on a processor. */
export function rates(
  count: number,
  repetitions: readonly Elapsed[],
): { readonly perSecond: number; readonly perSecondBest: number; readonly perCpuSecond: number } {
  const seconds = repetitions.map((one) => one.seconds);
  return {
    perSecond: Math.round(count / median(seconds)),
    perSecondBest: Math.round(count / Math.min(...seconds)),
    perCpuSecond: Math.round(count / median(repetitions.map(({ cpuSeconds }) => cpuSeconds))),
  };
}

/** Resident memory of a process in bytes, now and at its highest, as the kernel counts it. */
export function residentBytes(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string): number => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status);
    return match === null ? Number.NaN : Number(match[1]) * 1024;
  };
  return { now: read('VmRSS'), peak: read('VmHWM') };
}

/** Seconds that a process has had on processors, as the kernel counts them: in hundredths. */
export function processCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // proc(5): after the name come the state and ten more; then the time in user and in system mode.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number);
  return (user + system) / 100;
}

/** Shares of the machine's processors, of 1: what nobody used, and what a hypervisor gave to others. */
export interface Spare {
  readonly idle: number;
  readonly stolen: number;
}

/** Starts to count; the function that it returns says what was to spare since. */
export function spareOfMachine(): () => Spare {
  // proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; guests are in user and nice.
  const read = (): number[] =>
    readFileSync('/proc/stat', 'utf8')
      .slice(0, 200)
      .split('\n', 1)[0]
      .trim()
      .split(/\s+/)
      .slice(1, 9)
      .map(Number);
  const before = read();
  return () => {
    const ticks = read().map((value, i) => value - before[i]);
    const all = ticks.reduce((sum, value) => sum + value);
    return { idle: (ticks[3] + ticks[4]) / all, stolen: ticks[7] / all };
  };
}

/** Milliseconds that a process' threads of this name have had on a processor, as the kernel counts them: in hundredths of a second. */
export function threadCpuMs(pid: number, name: string): number {
  let ticks = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [, , fields = ''] =
      /^\d+ \((.*)\) (.*)$/.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').trim()) ?? [];
    const comm = readFileSync(`/proc/${pid}/task/${thread}/comm`, 'utf8').trim();
    // proc(5): after the name come the state and ten more; then the time in user and in system mode.
    const [user, system] = fields.split(' ').slice(11, 13).map(Number);
    if (comm === name) ticks += user + system;
  }
  return ticks * 10;
}

/** The value after `--name` on the command line, or `fallback`. */
export function option(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`);
  return at >= 0 && at + 1 < process.argv.length ? process.argv[at + 1] : fallback;
}

/** The value after `--name`, one of `choices`, or '' without it. The process ends with 2 where it is another. */
export function choice(name: string, choices: readonly string[]): string {
  const value = option(name, '');
  if (value === '' || choices.includes(value)) return value;
  return refuse(new Error(`--${name}: no ${value}; there are ${choices.join(', ')}`), USAGE);
}

/** The positive number after `--name`, or `fallback`. @throws Error when it is something else. */
export function numberOption(name: string, fallback: number): number {
  const value = Number(option(name, String(fallback)));
  if (!(value > 0)) throw new Error(`--${name} must be a positive number`);
  return value;
}

/** Whether `--name` is on the command line. */
export function flag(name: string): boolean {
  return process.argv.includes(`--${name}`);
}
