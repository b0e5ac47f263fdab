/**
 * From an order that a door of the edge thread writes until the door has its events: one order at a time, through the ring of
 * commands, the order path (with a log in memory, and with one on disk) and the event ring. Each repetition has an order
 * path and an edge thread of its own. `node bench/edge.ts [--orders 20000] [--warmup 20000] [--repetitions 5] [--data-dir DIR]`
 *
 * Before that, what it takes to wake a thread of Node: a word goes to and fro between two threads, of which each sleeps until
 * the other wakes it by Atomics.notify or by a message, or polls with setImmediate.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { TradingCore } from '#core/trading-core.ts';
import type { Log } from '#domain/ports.ts';
import { RingWriter, ringMemory } from '#lib/broadcast-ring.ts';
import { SpscRingReader } from '#lib/spsc-ring.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { FileLog } from '#log/file/file-log.ts';
import { LogClock } from '#log/log-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { CommandInlet } from '#replica/command-inlet.ts';
import { Replica } from '#replica/replica.ts';
import { commandRingMemory } from '#replica/ring-command-sink.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import type { EdgeWorkerData, EdgeWorkerResult } from './load/edge-worker.ts';
import { benchDirectory } from './load/servers.ts';
import { wakeRoundTrips } from './load/wake.ts';
import { venueCommands } from './support/core-flow.ts';
import { median, numberOption, print, printMachine, rounded } from './support/report.ts';

const orders = numberOption('orders', 20_000);
const warmup = numberOption('warmup', 20_000);
const repetitions = numberOption('repetitions', 5);

printMachine('edge');
for (const by of ['notify', 'message', 'poll'] as const) {
  const trips: Float64Array[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++)
    trips.push(await wakeRoundTrips(by, orders));
  print({ bench: 'edge', scenario: `two threads, woken by ${by}`, ...percentiles(trips) });
}
for (const scenario of ['log in memory', 'log on disk'] as const) {
  const trips: RoundTrips[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    trips.push(await roundTrips(scenario === 'log on disk'));
  }
  print({
    bench: 'edge',
    scenario,
    ...percentiles(trips.map(({ latencyUs }) => latencyUs)),
    orderPathCpuUs: rounded(median(trips.map(({ orderPathCpuUs }) => orderPathCpuUs)), 1),
    edgeCpuUs: rounded(median(trips.map(({ edgeCpuUs }) => edgeCpuUs)), 1),
  });
}

/** Of each repetition's percentiles, the median. */
function percentiles(repetitions: readonly Float64Array[]) {
  const at = (share: number): number[] =>
    repetitions.map((latencyUs) => latencyUs.toSorted()[Math.floor(latencyUs.length * share)]);
  return {
    latencyUsP50: rounded(median(at(0.5)), 1),
    latencyUsP99: rounded(median(at(0.99)), 1),
    latencyUsP99OfRounds: at(0.99).map((us) => rounded(us, 1)),
  };
}

interface RoundTrips {
  readonly latencyUs: Float64Array;
  /** Time on a processor for one order: of the edge thread, and of the order path. */
  readonly edgeCpuUs: number;
  readonly orderPathCpuUs: number;
}

async function roundTrips(onDisk: boolean): Promise<RoundTrips> {
  const board = boardMemory();
  const ring = ringMemory(1 << 22);
  const writer = new RingWriter(ring);
  const commands = commandRingMemory();
  const core = new TradingCore({
    onEvents: (words, from, to) => writer.write(words.i32, from, to, core.sequence | 0),
  });
  const replica = new Replica({
    core,
    nodeId: 1,
    epoch: 1,
    board: new StatusBoard(board),
    onTurnEnd: () => writer.wake(performance.now()),
    onUnavailable: (error) => {
      throw error;
    },
    attestEvery: 0,
    inlet: new CommandInlet(new SpscRingReader(commands), () => {
      throw new Error('a broken record');
    }),
  });
  const clock = new LogClock();
  const directory = join(benchDirectory(), `edge-${process.pid}`);
  let close = (): void => {};
  let log: Log = new MemoryLog(clock, replica);
  if (onDisk) {
    const data = openDataDirectory(directory, { clock });
    const file = FileLog.open({ directory: data.logDirectory, logId: data.logId, clock, reader: replica });
    log = file;
    close = () => {
      file.close();
      data.close();
      rmSync(directory, { recursive: true });
    };
  }
  replica.recover(log);
  for (const command of venueCommands(2, { salt: new Uint8Array(16), passwordHash: new Uint8Array(32) })) {
    writeCommand(replica.outbox.words, replica.outbox.reserve(commandWords(command)), command);
  }
  await new Promise((resolve) => setImmediate(resolve));

  const { port1, port2 } = new MessageChannel();
  port1.on('message', () => port1.postMessage({ kind: 'image', sequence: core.sequence, batches: [] }));
  const workerData: EdgeWorkerData = {
    board,
    ring,
    commands,
    peer: port2,
    userId: 1,
    instrumentId: 1,
    warmup,
    orders,
  };
  const worker = new Worker(new URL('./load/edge-worker.ts', import.meta.url), {
    workerData,
    transferList: [port2],
  });
  const cpu = process.threadCpuUsage();
  const result = await new Promise<EdgeWorkerResult>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  const { user, system } = process.threadCpuUsage(cpu);
  await worker.terminate();
  replica.stop();
  close();
  const { latencyUs, cpuUsPerOrder } = result;
  return { latencyUs, edgeCpuUs: cpuUsPerOrder, orderPathCpuUs: (user + system) / (warmup + orders) };
}
