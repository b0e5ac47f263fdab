import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../bin/runtime.js';
import type { LoadConfig, LoadResult } from './client.ts';
import type { HttpLoadConfig, HttpLoadResult } from './http-client.ts';
import type { JetStreamFloorConfig, JetStreamFloorResult } from './jetstream-floor.ts';

/** A server under load, in a process of its own. */
export interface LoadedServer {
  readonly pid: number;
  readonly port: number;
  /** What the server said of itself when it was ready. */
  readonly ready: {
    readonly port: number;
    readonly httpPort?: number;
    readonly fixPort?: number;
    readonly operationsPort?: number;
    readonly recoveredMs?: number;
    readonly takingOrdersMs?: number;
  };
  /** Sends a message and resolves with the next one that comes back. */
  ask(message: string): Promise<unknown>;
  /** Ends it in order. */
  stop(): Promise<void>;
  /** Ends it as a power cut would end its process. */
  kill(): Promise<void>;
}

/** The program with its options under which a process is started; empty: none. */
export type Placement = readonly string[];

/**
 * Processors for a load generator and for the server that it measures: the first one is the generator's alone, and where this user may have that, the kernel's own
 * threads wait for it there (nice value -20): it never sleeps, and stands for another machine.
 * @throws Error where there is only one
 */
export function separateCores(): { readonly generator: Placement; readonly server: Placement } {
  const cores = availableParallelism();
  if (cores < 2) throw new Error('the load generator needs a core of its own: run this where there are two');
  const [program, ...options] = ['/usr/bin/nice', '-n', '-20'];
  // It runs the program all the same where it may not, and says so.
  const mayBeFirst = spawnSync(program, [...options, 'true']).stderr.length === 0;
  const first = mayBeFirst ? [program, ...options] : [];
  return { generator: [...first, ...boundTo('0')], server: boundTo(`1-${cores - 1}`) };
}

function boundTo(cores: string): Placement {
  return ['/usr/bin/taskset', '--cpu-list', cores];
}

/**
 * For a load generator that sleeps between its orders and stands for another machine: it runs as soon as it is ready, whatever else wants its core. Empty where this
 * user may not have that (CAP_SYS_NICE, RLIMIT_RTPRIO).
 */
export function beforeAllOthers(): Placement {
  const [program, ...options] = ['/usr/bin/chrt', '--fifo', '1'];
  return spawnSync(program, [...options, 'true']).status === 0 ? [program, ...options] : [];
}

/** With the options and the environment that bin/hive.js gives to a node. */
function start(file: URL, config: unknown, placement: Placement = []): ChildProcess {
  const program = [...placement, process.execPath];
  return fork(file, [JSON.stringify(config)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execPath: program[0],
    execArgv: [...program.slice(1), ...NODE_FLAGS],
    env: { ...NODE_ENVIRONMENT, ...process.env },
  });
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  const done = new AbortController();
  const { signal } = done;
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        const file = child.spawnargs.find((argument) => argument.endsWith('.ts'));
        throw new Error(`${file} ended with ${String(code)}`);
      }),
    ]);
    return message;
  } finally {
    done.abort();
  }
}

/** Starts a server whose file sends `{port}` to its parent once it listens. @throws Error when it ends before. */
export async function startServer(file: URL, config: unknown, placement?: Placement): Promise<LoadedServer> {
  const child = start(file, config, placement);
  const ready = (await nextMessage(child)) as LoadedServer['ready'];
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return {
    pid: child.pid!,
    port: ready.port,
    ready,
    ask: (message) => {
      const answer = nextMessage(child);
      child.send(message);
      return answer;
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** Runs the load generator once. @throws Error when it fails: a refused order, a missing answer, a lost connection. */
export async function runLoad(config: LoadConfig, placement?: Placement): Promise<LoadResult> {
  return (await nextMessage(start(new URL('./client.ts', import.meta.url), config, placement))) as LoadResult;
}

/** Publishes to JetStream and hears it again. @throws Error when messages do not come back */
export async function runJetStreamFloor(config: JetStreamFloorConfig): Promise<JetStreamFloorResult> {
  const floor = start(new URL('./jetstream-floor.ts', import.meta.url), config);
  return (await nextMessage(floor)) as JetStreamFloorResult;
}

/**
 * Runs the load of HTTP orders once.
 * @param onMeasuring called when the warm-up is over
 * @throws Error when it fails: another status than 200, a lost connection.
 */
export async function runHttpLoad(config: HttpLoadConfig, onMeasuring: () => void): Promise<HttpLoadResult> {
  const client = start(new URL('./http-client.ts', import.meta.url), config);
  await nextMessage(client);
  onMeasuring();
  return (await nextMessage(client)) as HttpLoadResult;
}
