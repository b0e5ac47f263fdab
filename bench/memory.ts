/**
 * Resident memory with 1,000,000 open orders: of a process with nothing but the core, of a node with the binary doors (order
 * path, archive thread with its shadow core and history, market data), and of one with those of the edge too; the nodes took the
 * orders over TCP.
 * `node bench/memory.ts [--orders N] [--data-dir DIR]`
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { runLoad } from './load/processes.ts';
import { benchDirectory, loadOptions, startVenue } from './load/servers.ts';
import { restingConnections } from './load/traffic.ts';
import { runEach } from './support/each.ts';
import { fillCore } from './support/fill-core.ts';
import { begin, choice, numberOption, print, residentBytes, rounded } from './support/report.ts';

const orders = numberOption('orders', 1_000_000);
const SCENARIOS = ['core', 'node-binary-doors', 'node'];
const scenario = choice('scenario', SCENARIOS);
const mebibytes = (bytes: number): number => rounded(bytes / 2 ** 20, 1);

if (scenario === '') {
  begin('memory');
  await runEach(import.meta.filename, SCENARIOS);
} else if (scenario === 'core') {
  const { openOrders } = fillCore(orders);
  const { now, peak } = residentBytes(process.pid);
  print({ bench: 'memory', scenario, openOrders, rssMiB: mebibytes(now), rssPeakMiB: mebibytes(peak) });
} else {
  const directory = join(benchDirectory(), `memory-${process.pid}`);
  const venue = await startVenue(directory, { hasEdge: scenario === 'node' });
  const empty = residentBytes(venue.pid);
  const connections = restingConnections(4, 0);
  await runLoad({
    ...loadOptions({ window: 256 }),
    port: venue.port,
    connections,
    ordersPerSecond: 0,
    orders,
  });
  let status = (await venue.ask('status')) as {
    openOrders: number;
    sequence: number;
    archivedSequence: number;
  };
  while (status.archivedSequence < status.sequence) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    status = (await venue.ask('status')) as typeof status;
  }
  const { now, peak } = residentBytes(venue.pid);
  print({
    bench: 'memory',
    scenario,
    openOrders: status.openOrders,
    rssEmptyMiB: mebibytes(empty.now),
    rssMiB: mebibytes(now),
    rssPeakMiB: mebibytes(peak),
  });
  await venue.stop();
  rmSync(directory, { recursive: true, force: true });
}
