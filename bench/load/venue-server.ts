/**
 * The venue under load: a whole node, as `npm start` runs it, in a process of its own with a JSON configuration as its
 * only argument. Tells its parent its port; answers `status` and `snapshot`.
 */
import { ACCESS, accessSettingsOf } from '#app/config/access-section.ts';
import { defaultConfiguration } from '#app/config/configuration.ts';
import { defaultsOf } from '#app/config/fields.ts';
import { type NodeLogger, type RunningNode, startNode } from '#app/node.ts';
import type { BackupSettings } from '#app/threads/messages.ts';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { EventType } from '#domain/events.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import { RATE_BURST_MAX, RATE_PER_SECOND_MAX } from '#gateways/identity/rate-limiter.ts';
import { endProcess } from '#lib/end-process.ts';
import { SEGMENT_BYTES } from '#log/file/format.ts';
import { clusterSettings } from '../../test/support/node-config.ts';
import { venueCommands } from '../support/core-flow.ts';
import { LOAD_SALT } from './traffic.ts';

export interface VenueServerConfig {
  readonly dataDirectory: string;
  /** Accounts to fund in a new data directory, with users U1 and so on; 0: the directory has its venue. */
  readonly accounts: number;
  readonly password: string;
  /** Whether it has the doors of the edge; without, its doors are OUCH and ITCH. */
  readonly hasEdge: boolean;
  /** Whether it has probes and metrics. */
  readonly hasOperations?: boolean;
  /** Where it backs up continuously; undefined: nowhere. */
  readonly backup?: BackupSettings;
  /** Default 1. */
  readonly nodeId?: number;
  /** Servers of the cluster whose log it shares. Default: it has a log of its own. */
  readonly clusterServers?: readonly string[];
}

/** Above what a benchmark writes. */
const STREAM_BYTES_MAX = 8 * 2 ** 30;

/** All clients of a benchmark come from one address, and some as fast as they can. */
const CONNECTIONS_MAX = 8_192;
const FAST = { perSecond: RATE_PER_SECOND_MAX, burst: RATE_BURST_MAX };

const config = JSON.parse(process.argv[2]) as VenueServerConfig;
/** How long the order path took to be where it was; the node logs it. */
let recoveredMs = 0;
/** From the start of this process until the order path's door was open. */
let takingOrdersMs = 0;
const quiet: NodeLogger = {
  info: (fields, message) => {
    if (message === 'recovered') recoveredMs = (fields as { tookMs: number }).tookMs;
    if (message === 'taking orders') takingOrdersMs = performance.now();
  },
  warn: (fields, message) => console.error(message, JSON.stringify(fields)),
  error: (fields, message) => console.error(message, JSON.stringify(fields)),
};

const node = await startNode(
  {
    dataDirectory: config.dataDirectory,
    nodeId: config.nodeId ?? 1,
    ouch: { host: '127.0.0.1', port: 0, cancelOnDisconnect: false, tls: undefined },
    marketData: { host: '127.0.0.1', port: 0, snapshotPort: 0, tls: undefined },
    http: config.hasEdge
      ? { host: '127.0.0.1', port: 0, connectionsMax: CONNECTIONS_MAX, tls: undefined }
      : undefined,
    webSocket: defaultConfiguration().webSocket,
    fix: config.hasEdge
      ? {
          host: '127.0.0.1',
          port: 0,
          connectionsMax: 1_024,
          tls: undefined,
          compId: 'HIVE',
          cancelOnDisconnect: false,
          sessions: [],
        }
      : undefined,
    operations: config.hasOperations === true ? { host: '127.0.0.1', port: 0, tls: undefined } : undefined,
    cluster:
      config.clusterServers === undefined
        ? undefined
        : clusterSettings(config.clusterServers, { maxBytes: STREAM_BYTES_MAX }),
    access: { ...accessSettingsOf(defaultsOf(ACCESS)), userRate: FAST, addressRate: FAST },
    connectionsPerAddressMax: CONNECTIONS_MAX,
    snapshots: { everyEntries: 1_000_000_000, keep: 2 },
    disk: { keepLogBytes: undefined, warnFreeBelowBytes: undefined },
    segmentBytes: SEGMENT_BYTES,
    backup: config.backup,
    replayDirectory: undefined,
    attestEvery: 10_000,
  },
  quiet,
);
if (config.accounts > 0) await fund(node);
process.send!({
  port: node.ouchPort,
  httpPort: node.edgePorts['http'],
  fixPort: node.edgePorts['fix'],
  operationsPort: node.operationsPort,
  recoveredMs,
  takingOrdersMs,
});

process.on('message', async (message) => {
  if (message === 'status') process.send!(node.status());
  if (message === 'snapshot') {
    const { sequence } = node.status();
    // Let the archive catch up first, so that the snapshot holds everything that was acknowledged.
    while (node.status().archivedSequence < sequence) await new Promise((resolve) => setTimeout(resolve, 20));
    node.snapshot();
    while (node.status().snapshotSequence < sequence) await new Promise((resolve) => setTimeout(resolve, 20));
    process.send!(node.status());
  }
});
// The parent is gone: nobody would end this process.
process.on('disconnect', () => endProcess(1));
process.on('SIGTERM', async () => {
  await node.close();
  endProcess(0);
});

/** Sends the operator's commands and waits until all of them took effect. */
async function fund(venue: RunningNode): Promise<void> {
  const salt = LOAD_SALT;
  const commands = venueCommands(config.accounts, {
    salt,
    passwordHash: await hashPassword(config.password, salt),
  });
  const done = Promise.withResolvers<void>();
  let accepted = 0;
  const unsubscribe = venue.subscribe({
    onEvents: ({ i32 }, from, to) => {
      for (let at = from; at < to; at += i32[at] >>> 16) {
        if ((i32[at] & 255) === EventType.CommandRejected) done.reject(new Error('the venue was refused'));
        if ((i32[at] & 255) === EventType.CommandAccepted) accepted++;
      }
      if (accepted === commands.length) done.resolve();
    },
  });
  for (const command of commands) {
    const at = venue.outbox.reserve(commandWords(command));
    if (at === -1) throw new Error('the outbox is full');
    writeCommand(venue.outbox.words, at, command);
  }
  await done.promise;
  unsubscribe();
}
