import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackupKey } from '#codec/backup/backup-key.ts';
import { TradingCore } from '#core/trading-core.ts';
import { readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { readSnapshot } from '#replica/snapshot-file.ts';
import { applyEntry } from '../apply-entry.ts';
import { BackupSet } from './backup-set.ts';
import type { BackupTarget } from './backup-target.ts';
import { type DrillFolder, logIdOf, makeDrillFolder } from './drill-folder.ts';
import { CLUSTER_NODES, type DrillCluster, DrillVenue, type DrillVenueOptions } from './drill-venue.ts';
import { LocalLog } from './local-log.ts';
import { restoreBackup } from './restore-backup.ts';

export interface DrillOptions {
  /** undefined: the drill loses a node with a log of its own. */
  readonly cluster: DrillCluster | undefined;
  readonly target: BackupTarget;
  readonly keyFile: string | undefined;
  readonly key: BackupKey | undefined;
  /** Backups of which the drill's venue becomes a copy; undefined: it begins with an empty venue. */
  readonly source: BackupSet | undefined;
  /** Where the data directories of the drill are made, and removed. */
  readonly workDirectory: string;
  readonly ordersPerSecond: number;
  /** How long the load runs once a first backup is there. */
  readonly loadSeconds: number;
  readonly rtoSecondsMax: number;
  readonly rpoSecondsMax: number;
  /** Ends the drill, which removes what it has made so far. */
  readonly interruption: AbortSignal;
}

/** What a drill has found out: the evidence. */
export interface DrillResult {
  readonly passed: boolean;
  readonly startedAt: string;
  /** What was lost, all of it, and made anew: the servers, and the nodes; null: a node with a log of its own. */
  readonly cluster: {
    readonly servers: number;
    readonly natsServer: string;
    readonly nodes: number;
    /** Whether the nodes of the new cluster have one state. */
    readonly nodesAgree: boolean;
  } | null;
  /** The log of the backups that were tried, and how it stood; null: there were none. */
  readonly source: {
    readonly logId: string;
    readonly backup: string;
    readonly sequence: number;
    readonly stateHash: string;
    readonly restoreSeconds: number;
  } | null;
  readonly drillLogId: string;
  readonly ordersPerSecond: number;
  /** Last durable entry of the node that was killed. */
  readonly killedSequence: number;
  /** Last entry that came back, the hash after it, and what the killed node's own log gives there. */
  readonly restoredSequence: number;
  readonly restoredStateHash: string;
  readonly killedStateHash: string;
  readonly lostEntries: number;
  /** From the last entry that came back to the last that was acknowledged. */
  readonly rpoSeconds: number;
  /** From the kill to a node that serves, or to all nodes of the new cluster. */
  readonly rtoSeconds: number;
  readonly rtoSecondsMax: number;
  readonly rpoSecondsMax: number;
}

/**
 * Loses a venue under load and comes back from its backup: a copy of the newest backup (or an empty venue) runs with a continuous
 * backup, is killed with SIGKILL, is restored elsewhere, and the states are compared. A venue is a node or, with `cluster`, nats-servers and
 * nodes, all of which are lost. Nothing of the source changes; what the drill wrote is removed.
 * @throws BackupError and what a restore and the making of a cluster throw; the reason of an interruption
 */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const { interruption, target, workDirectory } = options;
  const folder = makeDrillFolder(workDirectory, target.place);
  const drill = new Drill(options, folder);
  try {
    const interrupted = once(interruption, 'abort').then(() => Promise.reject(interruption.reason));
    return await Promise.race([drill.run(), interrupted]);
  } finally {
    try {
      await drill.cleanUp();
    } finally {
      await folder.remove();
    }
  }
}

class Drill {
  declare private readonly options: DrillOptions;
  declare private readonly killedDirectory: string;
  declare private readonly restoredDirectory: string;
  declare private readonly work: string;
  declare private readonly venues: DrillVenue[];

  constructor(options: DrillOptions, { path, killedDirectory }: DrillFolder) {
    this.options = options;
    this.work = path;
    this.killedDirectory = killedDirectory;
    this.restoredDirectory = join(path, 'restored');
    this.venues = [];
  }

  async run(): Promise<DrillResult> {
    const { cluster, target, key, keyFile, ordersPerSecond, loadSeconds, rtoSecondsMax, rpoSecondsMax } =
      this.options;
    const { interruption: signal } = this.options;
    const startedAt = new Date().toISOString();
    const source = await this.#copySource();
    const nodeId = source === null ? 1 : readDataDirectoryMeta(this.killedDirectory).nodeId;
    const backup = { to: target.place, keyFile, everyMs: 1_000, snapshotEveryMs: 5_000, keep: 3 };
    const venue = await this.#start({ dataDirectory: this.killedDirectory, nodeId, backup, ordersPerSecond });
    const { logId } = readDataDirectoryMeta(this.killedDirectory);
    const set = new BackupSet(target, logId, key);
    await venue.awaitBackup();
    await sleep(loadSeconds * 1_000, undefined, { signal });

    const killedMs = performance.now();
    await venue.kill();
    const restored = await restoreBackup({
      set,
      id: undefined,
      dataDirectory: this.restoredDirectory,
      end: {},
      wholeLog: false,
    });
    const again = await this.#start({
      dataDirectory: this.restoredDirectory,
      nodeId,
      backup: null,
      ordersPerSecond: 0,
    });
    const rtoSeconds = (performance.now() - killedMs) / 1_000;

    const nodesAgree = await again.agrees();
    const killed = await stateAt(this.killedDirectory, restored.sequence);
    const isSame =
      again.sequence >= restored.sequence &&
      nodesAgree &&
      restored.stateHash === killed.stateHash &&
      restored.logId === logId;
    const rpoSeconds = killed.secondsBehind;
    return {
      passed: isSame && rtoSeconds <= rtoSecondsMax && rpoSeconds <= rpoSecondsMax,
      startedAt,
      cluster:
        cluster === undefined
          ? null
          : {
              servers: cluster.servers,
              natsServer: cluster.program.version,
              nodes: CLUSTER_NODES,
              nodesAgree,
            },
      source,
      drillLogId: logId,
      ordersPerSecond,
      killedSequence: killed.lastSequence,
      restoredSequence: restored.sequence,
      restoredStateHash: restored.stateHash,
      killedStateHash: killed.stateHash,
      lostEntries: killed.lastSequence - restored.sequence,
      rpoSeconds: rounded(rpoSeconds),
      rtoSeconds: rounded(rtoSeconds),
      rtoSecondsMax,
      rpoSecondsMax,
    };
  }

  /** Ends what runs, and removes what the drill has put into the target. */
  async cleanUp(): Promise<void> {
    for (const venue of this.venues) await venue.kill();
    const logId = logIdOf(this.killedDirectory);
    if (logId !== undefined) await this.options.target.removeFolder(logId);
  }

  async #copySource(): Promise<DrillResult['source']> {
    const { source } = this.options;
    if (source === undefined) return null;
    const { backup, sequence, stateHash, tookMs } = await restoreBackup({
      set: source,
      id: undefined,
      dataDirectory: this.killedDirectory,
      end: {},
      wholeLog: false,
      asNewLog: true,
    });
    return { logId: source.logId, backup, sequence, stateHash, restoreSeconds: rounded(tookMs / 1_000) };
  }

  async #start(
    options: Pick<DrillVenueOptions, 'dataDirectory' | 'nodeId' | 'backup' | 'ordersPerSecond'>,
  ): Promise<DrillVenue> {
    const directory = join(this.work, `venue-${this.venues.length}`);
    const { cluster, interruption } = this.options;
    interruption.throwIfAborted();
    const venue = new DrillVenue({ ...options, cluster, directory });
    this.venues.push(venue);
    await venue.start();
    return venue;
  }
}

/** What the killed node's own log says: the state after an entry, where it ended, and how much time lies between. */
async function stateAt(
  dataDirectory: string,
  sequence: number,
): Promise<{ readonly stateHash: string; readonly lastSequence: number; readonly secondsBehind: number }> {
  const log = new LocalLog(dataDirectory);
  const core = new TradingCore({ onEvents: () => {} });
  const snapshot = await log.wholeSnapshot(sequence);
  if (snapshot !== undefined) readSnapshot(snapshot, core);
  let [stateHash, lastSequence, secondsBehind, restoredSeconds] = [core.stateHash, core.sequence, 0, 0];
  const from = core.sequence + 1;
  log.read(from, Number.POSITIVE_INFINITY, {
    deliver: (entry, seconds, nanos, words, first, end) => {
      if (entry <= sequence) {
        applyEntry(core, entry, seconds, nanos, words, first, end);
        stateHash = core.stateHash;
        restoredSeconds = seconds + nanos / 1e9;
      } else secondsBehind = seconds + nanos / 1e9 - restoredSeconds;
      lastSequence = entry;
    },
  });
  return { stateHash, lastSequence, secondsBehind };
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1_000) / 1_000;
}
