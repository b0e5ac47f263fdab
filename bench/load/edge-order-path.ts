/** For bench/edge.ts: an order path of the platform's own classes, with an edge thread that sends orders or none. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { RingSlot } from '#app/threads/ring-follower.ts';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { TradingCore } from '#core/trading-core.ts';
import type { Log } from '#domain/ports.ts';
import { openDataDirectory } from '#log/file/data-directory.ts';
import { FileLog } from '#log/file/file-log.ts';
import { LogClock } from '#log/log-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { CommandInlet } from '#replica/command-inlet.ts';
import { Replica } from '#replica/replica.ts';
import { commandRingMemory } from '#replica/ring-command-sink.ts';
import { RingWriter, ringMemory } from '#replica/rings/broadcast-ring.ts';
import { SpscRingReader } from '#replica/rings/spsc-ring.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { venueCommands } from '../support/core-flow.ts';
import type { EdgeWorkerData, EdgeWorkerResult } from './edge-worker.ts';
import { benchDirectory } from './servers.ts';

/** As a node's. */
const RING_WORDS = 1 << 22;

export class EdgeOrderPath {
  declare readonly replica: Replica;
  declare private readonly core: TradingCore;
  declare private readonly log: Log;
  declare private readonly shared: {
    board: SharedArrayBuffer;
    ring: SharedArrayBuffer;
    commands: SharedArrayBuffer;
  };
  declare private readonly workers: Worker[];
  declare private readonly closeLog: () => void;
  declare private readonly closeRings: () => void;

  constructor(onDisk: boolean, hasInlet: boolean) {
    const [board, ring, commands] = [boardMemory(), ringMemory(RING_WORDS), commandRingMemory()];
    const writer = new RingWriter(ring);
    this.shared = { board, ring, commands };
    this.workers = [];
    this.core = new TradingCore({
      onEvents: (words, from, to) => writer.write(words.i32, from, to, this.core.sequence | 0),
    });
    const inlet = new CommandInlet(new SpscRingReader(commands), () => {
      throw new Error('a broken record');
    });
    this.replica = new Replica({
      core: this.core,
      nodeId: 1,
      board: new StatusBoard(board),
      attestEvery: 0,
      onTurnEnd: () => writer.wake(performance.now()),
      onUnavailable: (error) => {
        throw error;
      },
      ...(hasInlet ? { inlet } : {}),
    });
    this.closeRings = () => {
      writer.close();
      inlet.end();
    };
    const clock = new LogClock();
    if (onDisk) {
      const directory = join(benchDirectory(), `edge-${process.pid}`);
      const data = openDataDirectory(directory, { clock });
      const { logDirectory, logId } = data;
      const file = FileLog.open({ directory: logDirectory, logId, clock, follower: this.replica });
      this.log = file;
      this.closeLog = () => {
        file.close();
        data.close();
        rmSync(directory, { recursive: true });
      };
    } else {
      this.log = new MemoryLog(clock, this.replica);
      this.closeLog = () => {};
    }
  }

  /** Begins, with a venue of two users. */
  async setUp(): Promise<void> {
    const { outbox } = this.replica;
    this.replica.recover(this.log);
    this.replica.begin(1);
    for (const command of venueCommands(2)) {
      writeCommand(outbox.words, outbox.reserve(commandWords(command)), command);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** A thread that reads the events and sends nothing. Resolves when it does. */
  async reader(slot: number): Promise<void> {
    await this.#start(slot, 0, 0);
  }

  /** An edge thread that sends one order after the other. */
  ordersOfEdge(warmup: number, orders: number): Promise<EdgeWorkerResult> {
    return this.#start(RingSlot.edge, warmup, orders);
  }

  #start(slot: number, warmup: number, orders: number): Promise<EdgeWorkerResult> {
    const { port1, port2 } = new MessageChannel();
    // The venue is of no interest to that thread.
    port1.on('message', () =>
      port1.postMessage({ kind: 'image', sequence: this.core.sequence, batches: [] }),
    );
    const data: EdgeWorkerData = {
      ...this.shared,
      peer: port2,
      slot,
      userId: 1,
      instrumentId: 1,
      warmup,
      orders,
    };
    const worker = new Worker(new URL('./edge-worker.ts', import.meta.url), {
      workerData: data,
      transferList: [port2],
    });
    this.workers.push(worker);
    return new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  }

  async close(): Promise<void> {
    for (const worker of this.workers) await worker.terminate();
    this.replica.stop();
    this.closeRings();
    this.closeLog();
  }
}
