/** The edge's end of bench/edge.ts: sends one order after the other and waits for its events, with the platform's own classes. It ends when it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import type { EdgeRings } from '#app/threads/messages.ts';
import { Haste, RingFollower } from '#app/threads/ring-follower.ts';
import { CommandType, NewOrder, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import type { FollowingSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { RingCommandSink } from '#replica/ring-command-sink.ts';

export interface EdgeWorkerData extends EdgeRings {
  readonly slot: number;
  readonly userId: number;
  readonly instrumentId: number;
  readonly warmup: number;
  readonly orders: number;
}

export interface EdgeWorkerResult {
  readonly latencyUs: Float64Array;
  readonly cpuUsPerOrder: number;
}

const data = workerData as EdgeWorkerData;

class RoundTrips implements FollowingSink {
  declare onAnswer: () => void;

  constructor() {
    this.onAnswer = () => {};
  }

  onEvents({ i32 }: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += i32[at] >>> 16) {
      if (i32[at + 6] === data.userId) {
        this.onAnswer();
        return;
      }
    }
  }

  onRestart(): void {}
  onImage(): void {
    void measure();
  }
}

const sink = new RoundTrips();
const commands = new RingCommandSink(data.commands, () => follower.hurry());
const follower = new RingFollower({
  ...data,
  sinks: [sink],
  what: 'the edge',
  haste: () => (commands.isAwaitingAnswers ? Haste.AtOnce : Haste.Soon),
});
void follower.run();

async function measure(): Promise<void> {
  const latencyUs = new Float64Array(data.orders);
  let cpu = process.threadCpuUsage();
  for (let order = 0; order < data.warmup + data.orders; order++) {
    if (order === data.warmup) cpu = process.threadCpuUsage();
    const answered = new Promise<void>((resolve) => {
      sink.onAnswer = resolve;
    });
    const startMs = performance.now();
    writeOrder(order + 1);
    await answered;
    if (order >= data.warmup) latencyUs[order - data.warmup] = (performance.now() - startMs) * 1_000;
    // The next order is a client's, which comes with a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.threadCpuUsage(cpu);
  parentPort?.postMessage({
    latencyUs,
    cpuUsPerOrder: (user + system) / data.orders,
  } satisfies EdgeWorkerResult);
}

/** An order that trades with nobody and is gone at once, so that the state stays as it is. */
function writeOrder(clientOrderId: number): void {
  const at = commands.reserve(NewOrder.shortWords);
  const { i32, f64 } = commands.words;
  i32[at] = CommandType.NewOrder | (NewOrder.shortWords << 16);
  i32[at + NewOrder.at.userId] = data.userId;
  i32[at + NewOrder.at.instrumentId] = data.instrumentId;
  i32[at + NewOrder.at.clientOrderId] = clientOrderId;
  i32[at + NewOrder.at.priceTicks] = 1_000;
  f64[(at + NewOrder.at.qtyLots) >> 1] = 1;
  i32[at + NewOrder.at.side] = Side.Buy | (OrderType.Limit << 8) | (TimeInForce.ImmediateOrCancel << 16);
}
