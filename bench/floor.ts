/**
 * The floor under every latency and throughput figure: a bare Node TCP server, and the same with a preallocated
 * durable write before each answer, loaded as the venue is. `node bench/floor.ts [--rate 10000] [--seconds 5]
 * [--window 64] [--connections 2] [--data-dir DIR]`. The folder must be on the disk that is to be measured.
 */
import { FLOOR_MODES } from './load/floor-modes.ts';
import { runLoad } from './load/processes.ts';
import { loadOptions, startFloor } from './load/servers.ts';
import { begin, print } from './support/report.ts';

const load = loadOptions({ window: 64 });
begin('floor');
for (const mode of FLOOR_MODES) {
  const server = await startFloor(mode);
  const open = await runLoad({ ...load, port: server.port });
  print({
    bench: 'floor',
    scenario: `${mode}-open-loop`,
    rate: load.ordersPerSecond,
    connections: load.connections.length,
    ...open,
  });
  const { window } = load;
  const closed = await runLoad({ ...load, port: server.port, ordersPerSecond: 0 });
  print({
    bench: 'floor',
    scenario: `${mode}-closed-loop`,
    window,
    connections: load.connections.length,
    ...closed,
  });
  await server.stop();
}
