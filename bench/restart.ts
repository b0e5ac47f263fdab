/**
 * Restart with 1,000,000 open orders: a venue takes them over TCP, makes a snapshot, takes a tail of further orders,
 * and is killed. The figure is the time from starting its process again until it takes orders.
 * `node bench/restart.ts [--orders N] [--tail N] [--repetitions N] [--data-dir DIR]`
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runLoad } from './load/processes.ts';
import { benchDirectory, loadOptions, restartVenue, startVenue } from './load/servers.ts';
import { restingConnections } from './load/traffic.ts';
import { begin, median, numberOption, print, rounded } from './support/report.ts';

const CONNECTIONS = 4;
const orders = numberOption('orders', 1_000_000);
const tail = numberOption('tail', 100_000);
const repetitions = numberOption('repetitions', 3);
const directory = join(benchDirectory(), `restart-${process.pid}`);

interface Status {
  readonly openOrders: number;
  readonly sequence: number;
  readonly snapshotSequence: number;
  readonly stateHash: string;
}

begin('restart');
const load = { ...loadOptions({ window: 256 }), ordersPerSecond: 0 };
let venue = await startVenue(directory);
await runLoad({ ...load, port: venue.port, connections: restingConnections(CONNECTIONS, 0), orders });
const snapshot = (await venue.ask('snapshot')) as Status;
// Far above every UserRefNum of the first load, whatever its windows made of the number of orders.
const later = restingConnections(CONNECTIONS, orders * 2);
await runLoad({ ...load, port: venue.port, connections: later, orders: tail });
const before = (await venue.ask('status')) as Status;
await venue.kill();

const seconds: number[] = [];
const allDoorsSeconds: number[] = [];
const recoverSeconds: number[] = [];
for (let repetition = 0; repetition < repetitions; repetition++) {
  const start = performance.now();
  venue = await restartVenue(directory);
  allDoorsSeconds.push((performance.now() - start) / 1_000);
  seconds.push((venue.ready.takingOrdersMs ?? 0) / 1_000);
  recoverSeconds.push((venue.ready.recoveredMs ?? 0) / 1_000);
  const after = (await venue.ask('status')) as Status;
  if (after.openOrders !== before.openOrders) {
    throw new Error(`${after.openOrders} open orders after the restart, ${before.openOrders} before`);
  }
  await venue.kill();
}
print({
  bench: 'restart',
  scenario: 'snapshot and tail',
  openOrders: before.openOrders,
  tailEntries: before.sequence - snapshot.snapshotSequence,
  /** From the start of the process until orders are taken. */
  secondsMedian: rounded(median(seconds), 2),
  secondsMax: rounded(Math.max(...seconds), 2),
  /** Until the doors of the edge are open too. */
  allDoorsSecondsMedian: rounded(median(allDoorsSeconds), 2),
  /** Of these, until the order path's core was where it was. */
  recoverSecondsMedian: rounded(median(recoverSeconds), 2),
});
rmSync(directory, { recursive: true, force: true });
