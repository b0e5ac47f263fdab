/** What a load takes: loadOptions and benchDirectory of load/servers.ts. */
const LOAD = ['connections', 'rate', 'window', 'warmup', 'seconds', 'data-dir'];
const FLOW = ['scenario', 'commands', 'repetitions', 'seed'];

/** The benchmarks that bench/run.ts runs, in their order, each with its own options. */
export const BENCH_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  book: [...FLOW, 'no-peer'],
  flash1: ['scenario', 'dir', 'repetitions'],
  core: [...FLOW, 'per-entry'],
  depth: FLOW,
  'market-views': FLOW,
  history: [...FLOW, 'per-entry', 'step-entries', 'data-dir'],
  'replay-log': ['commands', 'per-entry', 'repetitions', 'data-dir'],
  restart: ['orders', 'tail', 'repetitions', ...LOAD],
  restore: ['orders', 'tail', 'repetitions', ...LOAD],
  memory: ['scenario', 'orders', ...LOAD],
  floor: LOAD,
  latency: ['rounds', ...LOAD],
  throughput: ['rounds', ...LOAD],
  archiving: LOAD,
  'fix-codec': ['messages'],
  fix: ['orders', 'warmup', 'pipelined', 'window', 'rounds', 'data-dir'],
  edge: ['orders', 'warmup', 'repetitions', 'data-dir'],
  metrics: ['rounds', 'every', ...LOAD],
  rest: ['connections', 'window', 'seconds', 'rounds', 'warmup', 'data-dir'],
  websocket: ['scenario', 'orders', 'warmup-orders', 'rounds', 'subscribers', 'users', 'messages', ...LOAD],
  console: ['scenario', 'seconds', 'hours', 'seed'],
  cluster: ['scenario', 'sync', 'rounds', ...LOAD],
};

/** Options that take no value. */
const FLAGS: readonly string[] = ['no-peer'];

/** What `--help` says: the benchmarks, each with its options. */
export function benchHelp(): string {
  return `Benchmarks, each with its options:\n${optionLines(Object.keys(BENCH_OPTIONS)).join('\n')}`;
}

function optionLines(benches: readonly string[]): string[] {
  return benches.map((bench) => `  ${bench}: --${BENCH_OPTIONS[bench].join(', --')}`);
}

/** What is to be run, and how. */
export interface BenchRun {
  /** Empty: all of them. */
  readonly named: readonly string[];
  readonly out: string | undefined;
  /** The benchmarks' own: the words of each, by name. */
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/** The command line of bench/run.ts. @throws Error for a benchmark or an option that there is not: it says what there is */
export function readBenchRun(words: readonly string[]): BenchRun {
  const named: string[] = [];
  const options = new Map<string, readonly string[]>();
  for (let at = 0; at < words.length; at++) {
    const { [at]: word } = words;
    if (word.startsWith('--')) {
      const name = word.slice(2);
      options.set(name, FLAGS.includes(name) ? [word] : words.slice(at, ++at + 1));
    } else if (Object.hasOwn(BENCH_OPTIONS, word)) named.push(word);
    else throw new Error(`no benchmark ${word}; there are ${Object.keys(BENCH_OPTIONS).join(', ')}`);
  }
  const benches = named.length > 0 ? named : Object.keys(BENCH_OPTIONS);
  for (const [name, { length }] of options) {
    if (name !== 'out' && !benches.some((bench) => BENCH_OPTIONS[bench].includes(name))) {
      throw new Error(`no option --${name}; there are --out, and of\n${optionLines(benches).join('\n')}`);
    }
    if (length === 1 && !FLAGS.includes(name)) throw new Error(`--${name} needs a value`);
  }
  const out = options.get('out')?.[1];
  options.delete('out');
  return { named, out, options };
}
