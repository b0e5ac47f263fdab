import { TlsFiles } from '#gateways/listener/tls-files.ts';
import type { OuchGateway, OuchGatewayOptions } from '#gateways/ouch/ouch-gateway.ts';
import type { DataPaths } from './disk/disk-usage.ts';
import { Doors } from './doors.ts';
import type { NodeConfig, NumberedConfig } from './node-config.ts';
import type { NodeStatus } from './node-status.ts';
import type { EdgeRings, OperationsThreadData } from './threads/messages.ts';
import type { NodeLogger, NodeThread, Threads } from './threads/threads.ts';

const OPERATIONS_THREAD = new URL('./threads/operations-thread.ts', import.meta.url);

/** The thread of the operations port; undefined: there is no such port. */
export function operationsOf(
  { operations, nodeId, cluster, ouch, marketData, http, fix }: NumberedConfig,
  parts: {
    readonly threads: Threads;
    readonly board: SharedArrayBuffer;
    readonly ring: SharedArrayBuffer;
    readonly stages: SharedArrayBuffer;
    readonly httpTimes: SharedArrayBuffer;
    readonly paths: DataPaths;
  },
): NodeThread | undefined {
  if (operations === undefined) return undefined;
  // The thread reads the files by itself. Here what is wrong with them ends the start, and is not told as the death of a thread.
  if (operations.tls !== undefined) new TlsFiles(operations.tls);
  const { threads, board, ring, stages, httpTimes, paths } = parts;
  const certificates: { [door: string]: string } = {};
  for (const [door, settings] of Object.entries({ ouch, 'market-data': marketData, http, fix, operations }))
    if (settings?.tls !== undefined) certificates[door] = settings.tls.certificate;
  return threads.start('operations', OPERATIONS_THREAD, {
    ...operations,
    nodeId,
    board,
    ring,
    stages,
    httpTimes,
    cluster,
    dataDirectory: paths.dataDirectory,
    certificates,
  } satisfies OperationsThreadData);
}

/** The doors by the configuration, closed. */
export function doorsOf(
  config: NumberedConfig,
  parts: {
    readonly gateway: OuchGateway;
    readonly threads: Threads;
    readonly archive: NodeThread;
    readonly logger: NodeLogger;
    readonly rings: Omit<EdgeRings, 'peer'>;
    readonly stages: SharedArrayBuffer;
    readonly httpTimes: SharedArrayBuffer;
    readonly paths: DataPaths;
    readonly logId: string;
    readonly sessionNames: SharedArrayBuffer;
    readonly edgeThread: URL;
    readonly status: () => NodeStatus;
  },
): Doors {
  const { gateway, threads, archive, logger, rings, paths, logId, sessionNames, edgeThread } = parts;
  const { nodeId, cluster, marketData, access, backup, replayDirectory } = config;
  const { connectionsPerAddressMax, http, webSocket, fix } = config;
  const hasEdge = http !== undefined || fix !== undefined;
  const { dataDirectory, logDirectory, reportDirectory } = paths;
  const edgeData = {
    ...rings,
    stages: parts.stages,
    httpTimes: parts.httpTimes,
    nodeId,
    sessionNames,
    dataDirectory,
    logDirectory,
    logId,
    reportDirectory,
    cluster,
    access,
    backup,
    replayDirectory,
    connectionsPerAddressMax,
    http,
    webSocket,
    fix,
  };
  return new Doors({
    gateway,
    threads,
    archive,
    logger,
    marketData: {
      board: rings.board,
      ring: rings.ring,
      directory: paths.marketDataDirectory,
      ...marketData,
      connectionsPerAddressMax,
    },
    status: parts.status,
    edge: hasEdge ? { file: edgeThread, data: edgeData } : undefined,
  });
}

/** What the OUCH door needs of the configuration. */
export function ouchOptions({ ouch, connectionsPerAddressMax }: NodeConfig): OuchGatewayOptions {
  const { host, port, cancelOnDisconnect, tls } = ouch;
  const limits = { perAddressMax: connectionsPerAddressMax };
  const options = { host, port, cancelOnDisconnect, limits };
  return tls === undefined ? options : { ...options, tls: new TlsFiles(tls) };
}
