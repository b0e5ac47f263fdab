import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BackupSettings } from '#app/threads/messages.ts';
import { numberOption, option } from '../support/report.ts';
import type { LoadConfig } from './client.ts';
import type { FloorMode, FloorServerConfig } from './floor-modes.ts';
import { type LoadedServer, type Placement, startServer } from './processes.ts';
import { LOAD_PASSWORD, tradingConnections } from './traffic.ts';
import type { VenueServerConfig } from './venue-server.ts';

/** Where servers under load keep their files: `--data-dir`, on the disk that is to be measured. */
export function benchDirectory(): string {
  const directory = option('data-dir', '.cache/bench');
  mkdirSync(directory, { recursive: true });
  return directory;
}

/** The options that every load takes; the port is the server's. */
export function loadOptions(defaults: { readonly window: number }): LoadConfig {
  return {
    host: '127.0.0.1',
    port: 0,
    connections: tradingConnections(numberOption('connections', 2)),
    ordersPerSecond: numberOption('rate', 10_000),
    window: numberOption('window', defaults.window),
    warmupSeconds: numberOption('warmup', 3),
    seconds: numberOption('seconds', 5),
    orders: 0,
  };
}

export function startFloor(mode: FloorMode, placement?: Placement): Promise<LoadedServer> {
  const config: FloorServerConfig = { mode, file: join(benchDirectory(), `floor-${process.pid}.bin`) };
  return startServer(new URL('./floor-server.ts', import.meta.url), config, placement);
}

export interface VenueOptions {
  /** Users, as many as may be needed. */
  readonly accounts?: number;
  /** Whether it has HTTP, WebSocket and FIX too. */
  readonly hasEdge?: boolean;
  /** Whether it has probes and metrics; default: no. */
  readonly hasOperations?: boolean;
  readonly backup?: BackupSettings;
  readonly placement?: Placement;
}

/** A new venue in an empty folder. */
export function startVenue(
  dataDirectory: string,
  { accounts = 64, hasEdge = true, hasOperations = false, backup, placement }: VenueOptions = {},
): Promise<LoadedServer> {
  rmSync(dataDirectory, { recursive: true, force: true });
  const config = { dataDirectory, accounts, password: LOAD_PASSWORD, hasEdge, hasOperations };
  return startVenueServer(backup === undefined ? config : { ...config, backup }, placement);
}

/** A venue from the folder of one that ran before. */
export function restartVenue(dataDirectory: string): Promise<LoadedServer> {
  return startVenueServer({ dataDirectory, accounts: 0, password: LOAD_PASSWORD, hasEdge: true });
}

function startVenueServer(config: VenueServerConfig, placement?: Placement): Promise<LoadedServer> {
  return startServer(new URL('./venue-server.ts', import.meta.url), config, placement);
}
