/**
 * From an order that a door of the edge thread writes until the door has its events: one order at a time, through the ring of
 * commands, the order path (with a log in memory, and with one on disk) and the event ring. Each repetition has an order
 * path and an edge thread of its own. `node bench/edge.ts [--orders 20000] [--warmup 20000] [--repetitions 5] [--data-dir DIR]`
 *
 * Before that, what it takes to wake a thread of Node: a word goes to and fro between two threads, of which each sleeps until
 * the other wakes it by a pipe, by Atomics.notify or by a message, or polls with setImmediate. And what an edge that has nothing to say
 * costs an order of another door: time of the order path's thread for a turn of one order, with one reader of the events, as
 * market data is, and with an edge besides.
 */
import { RingSlot } from '#app/threads/ring-follower.ts';
import { CommandType, NewOrder, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { EdgeOrderPath } from './load/edge-order-path.ts';
import { wakeRoundTrips } from './load/wake.ts';
import { begin, median, numberOption, print, rounded } from './support/report.ts';

const orders = numberOption('orders', 20_000);
const warmup = numberOption('warmup', 20_000);
const repetitions = numberOption('repetitions', 5);

begin('edge');
for (const by of ['pipe', 'notify', 'message', 'poll'] as const) {
  const trips: Float64Array[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++)
    trips.push(await wakeRoundTrips(by, orders));
  print({ bench: 'edge', scenario: `two threads, woken by ${by}`, ...percentiles(trips) });
}
const withoutEdge: number[] = [];
const withEdge: number[] = [];
for (let repetition = 0; repetition < repetitions; repetition++) {
  withoutEdge.push(await turnCpuUs(false));
  withEdge.push(await turnCpuUs(true));
}
for (const [scenario, cpuUs] of [
  ['turn without an edge', withoutEdge],
  ['turn with an idle edge', withEdge],
] as const) {
  const orderPathCpuUsOfRounds = cpuUs.map((us) => rounded(us, 2));
  print({ bench: 'edge', scenario, orderPathCpuUs: rounded(median(cpuUs), 2), orderPathCpuUsOfRounds });
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
  const path = new EdgeOrderPath(onDisk, true);
  await path.setUp();
  const cpu = process.threadCpuUsage();
  const { latencyUs, cpuUsPerOrder } = await path.ordersOfEdge(warmup, orders);
  const { user, system } = process.threadCpuUsage(cpu);
  await path.close();
  return { latencyUs, edgeCpuUs: cpuUsPerOrder, orderPathCpuUs: (user + system) / (warmup + orders) };
}

/** Time of this thread for a turn with one order of another door than the edge's; the log is in memory. */
async function turnCpuUs(hasEdge: boolean): Promise<number> {
  const path = new EdgeOrderPath(false, hasEdge);
  await path.setUp();
  await path.reader(RingSlot.marketData);
  if (hasEdge) await path.reader(RingSlot.edge);
  let cpu = process.threadCpuUsage();
  for (let turn = 0; turn < warmup + orders; turn++) {
    if (turn === warmup) cpu = process.threadCpuUsage();
    const { outbox } = path.replica;
    const at = outbox.reserve(NewOrder.shortWords);
    const { i32, f64 } = outbox.words;
    i32[at] = CommandType.NewOrder | (NewOrder.shortWords << 16);
    i32[at + NewOrder.at.userId] = 1;
    i32[at + NewOrder.at.instrumentId] = 1;
    i32[at + NewOrder.at.clientOrderId] = turn + 1;
    i32[at + NewOrder.at.priceTicks] = 1_000;
    f64[(at + NewOrder.at.qtyLots) >> 1] = 1;
    i32[at + NewOrder.at.side] = Side.Buy | (OrderType.Limit << 8) | (TimeInForce.ImmediateOrCancel << 16);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { user, system } = process.threadCpuUsage(cpu);
  await path.close();
  return (user + system) / orders;
}
