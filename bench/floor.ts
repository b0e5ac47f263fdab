/**
 * The floor under every latency and throughput figure: a bare Node TCP server, and the same with a preallocated
 * durable write before each answer, loaded as the venue is. `node bench/floor.ts [--rate 10000] [--seconds 5]
 * [--window 64] [--connections 1] [--data-dir DIR]`. The folder must be on the disk that is to be measured.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadConfig } from './load/client.ts';
import { FLOOR_MODES } from './load/floor-modes.ts';
import { runLoad, startServer } from './load/processes.ts';
import { numberOption, option, print, printMachine } from './support/report.ts';

const rate = numberOption('rate', 10_000);
const seconds = numberOption('seconds', 5);
const window = numberOption('window', 64);
const connections = numberOption('connections', 1);
const directory = option('data-dir', '.cache/bench');

mkdirSync(directory, { recursive: true });
printMachine('floor');
for (const mode of FLOOR_MODES) {
  const server = await startServer(new URL('./load/floor-server.ts', import.meta.url).pathname, {
    mode,
    file: join(directory, `floor-${process.pid}.bin`),
  });
  const load: LoadConfig = {
    host: '127.0.0.1',
    port: server.port,
    connections: Array.from({ length: connections }, (_, i) => ({
      username: `floor${i % 10}`,
      password: 'none',
      buy: i % 2 === 0,
      symbol: 'BENCH',
      price: 1_000_000,
      quantity: 1,
    })),
    ordersPerSecond: rate,
    window,
    warmupSeconds: 2,
    seconds,
  };
  print({ bench: 'floor', scenario: `${mode}-open-loop`, rate, connections, ...(await runLoad(load)) });
  const closed = await runLoad({ ...load, ordersPerSecond: 0 });
  print({ bench: 'floor', scenario: `${mode}-closed-loop`, window, connections, ...closed });
  await server.stop();
}
