import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BackupError } from '#codec/backup/backup-error.ts';
import type { BackupKey } from '#codec/backup/backup-key.ts';
import { TradingCore } from '#core/trading-core.ts';
import { readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { readSnapshot } from '#replica/snapshot-file.ts';
import type { NodeStatus } from '../node.ts';
import { BackupSet } from './backup-set.ts';
import type { BackupTarget } from './backup-target.ts';
import type { DrillNodeConfig } from './drill-node.ts';
import { LocalLog } from './local-log.ts';
import { restoreBackup } from './restore-backup.ts';
import { applyEntry } from './set-log-reader.ts';

export interface DrillOptions {
  readonly target: BackupTarget;
  readonly keyFile: string | undefined;
  readonly key: BackupKey | undefined;
  /** Backups of which the drill's node becomes a copy; undefined: it begins with an empty venue. */
  readonly source: BackupSet | undefined;
  /** Where the data directories of the drill are made, and removed. */
  readonly workDirectory: string;
  readonly ordersPerSecond: number;
  /** How long the load runs once a first backup is there. */
  readonly loadSeconds: number;
  readonly rtoSecondsMax: number;
  readonly rpoSecondsMax: number;
}

/** What a drill has found out: the evidence. */
export interface DrillResult {
  readonly passed: boolean;
  readonly startedAt: string;
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
  /** From the kill to a node that serves. */
  readonly rtoSeconds: number;
  readonly rtoSecondsMax: number;
  readonly rpoSecondsMax: number;
}

const STEP_MS_MAX = 300_000;

/**
 * Kills a node under load and comes back from its backup: a copy of the newest backup (or an empty venue) runs with a continuous
 * backup, is killed with SIGKILL, is restored elsewhere, and the states are compared. Nothing of the source changes; what the
 * drill wrote is removed.
 * @throws BackupError and what a restore throws
 */
export async function runDrill(options: DrillOptions): Promise<DrillResult> {
  const work = await mkdtemp(join(options.workDirectory, 'hive-drill-'));
  const drill = new Drill(options, join(work, 'killed'), join(work, 'restored'));
  try {
    return await drill.run();
  } finally {
    await drill.cleanUp();
    await rm(work, { recursive: true, force: true });
  }
}

class Drill {
  declare private readonly options: DrillOptions;
  declare private readonly killedDirectory: string;
  declare private readonly restoredDirectory: string;
  declare private readonly children: ChildProcess[];
  declare private set: BackupSet | undefined;

  constructor(options: DrillOptions, killedDirectory: string, restoredDirectory: string) {
    this.options = options;
    this.killedDirectory = killedDirectory;
    this.restoredDirectory = restoredDirectory;
    this.children = [];
    this.set = undefined;
  }

  async run(): Promise<DrillResult> {
    const { target, key, keyFile, ordersPerSecond, loadSeconds, rtoSecondsMax, rpoSecondsMax } = this.options;
    const startedAt = new Date().toISOString();
    const source = await this.#copySource();
    const nodeId = source === null ? 1 : readDataDirectoryMeta(this.killedDirectory).nodeId;
    const backup = { to: target.place, keyFile, everyMs: 1_000, snapshotEveryMs: 5_000, keep: 3 };
    const node = await this.#start({ dataDirectory: this.killedDirectory, nodeId, backup, ordersPerSecond });
    const { logId } = readDataDirectoryMeta(this.killedDirectory);
    const set = new BackupSet(target, logId, key);
    this.set = set;
    await this.#awaitBackup(node.child);
    await sleep(loadSeconds * 1_000);

    node.child.kill('SIGKILL');
    const killedMs = performance.now();
    await once(node.child, 'exit');
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

    const killed = await stateAt(this.killedDirectory, restored.sequence);
    const isSame =
      again.sequence >= restored.sequence &&
      restored.stateHash === killed.stateHash &&
      restored.logId === logId;
    const rpoSeconds = killed.secondsBehind;
    return {
      passed: isSame && rtoSeconds <= rtoSecondsMax && rpoSeconds <= rpoSecondsMax,
      startedAt,
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
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const { name } of (await this.set?.list('')) ?? []) await this.set?.remove(name);
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

  async #start(config: DrillNodeConfig): Promise<{ child: ChildProcess; sequence: number }> {
    const script = fileURLToPath(new URL('./drill-node.ts', import.meta.url));
    const child = spawn(process.execPath, [...process.execArgv, script, JSON.stringify(config)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.children.push(child);
    const { sequence } = (await answerOf(child)) as { sequence: number };
    return { child, sequence };
  }

  /** Waits for a backup with a snapshot that has some of the load. */
  async #awaitBackup(child: ChildProcess): Promise<void> {
    const until = performance.now() + STEP_MS_MAX;
    child.send('snapshot');
    for (;;) {
      child.send('status');
      const { threads } = (await answerOf(child)) as NodeStatus;
      if ((threads['backupAgeSeconds'] ?? -1) >= 0) return;
      if (performance.now() > until || (threads['backupDead'] ?? 0) > 0) {
        throw new BackupError('UNREACHABLE', 'the node of the drill made no backup: see what it said above');
      }
      await sleep(100);
    }
  }
}

async function answerOf(child: ChildProcess): Promise<unknown> {
  const done = new AbortController();
  const { signal } = done;
  try {
    const [answer] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new BackupError('UNUSABLE', `the node of the drill ended with ${code}: see what it said above`);
      }),
    ]);
    return answer;
  } finally {
    done.abort();
  }
}

/** What the killed node's own log says: the state after an entry, where it ended, and how much time lies between. */
async function stateAt(
  dataDirectory: string,
  sequence: number,
): Promise<{ readonly stateHash: string; readonly lastSequence: number; readonly secondsBehind: number }> {
  const log = new LocalLog(dataDirectory);
  const core = new TradingCore({ onEvents: () => {} });
  const snapshot = await log.newestSnapshot(sequence);
  if (snapshot !== undefined) {
    readSnapshot(snapshot.path, core);
    await snapshot.file.close();
  }
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
