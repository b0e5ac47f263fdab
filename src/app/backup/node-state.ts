import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BackupError } from '#codec/backup/backup-error.ts';
import { TradingCore } from '#core/trading-core.ts';
import { lockDirectory } from '#log/file/directory-lock.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { LogId } from '#log/file/format.ts';
import { scanLog } from '#log/file/scan.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import { applyEntry } from '../apply-entry.ts';
import type { NodeStatus } from '../node.ts';
import { restoreNewest } from '../restore.ts';
import type { LocalLog } from './local-log.ts';

/** A point of a node's log and the state there. */
export interface NodePoint {
  readonly sequence: number;
  readonly stateHash: string;
  readonly epoch: number;
}

/**
 * Of a node that answers.
 * @throws BackupError when its state is not one to go back to, or not known yet
 */
export function stateOfRunning(status: NodeStatus): NodePoint {
  const { sequence, stateHash, epoch, divergedSequence, state, cluster, reason } = status;
  if (state === 'recovering') {
    throw new BackupError('BUSY', 'the node still applies what it missed: try again when it serves');
  }
  // A node of its own that stopped, for a full disk say, still has the venue's state.
  if (divergedSequence === 0 && (state !== 'stopped' || cluster === undefined))
    return { sequence, stateHash, epoch };
  throw new BackupError(
    'UNUSABLE',
    `the state of this node is not to be trusted (${reason ?? state}): keep its data directory as evidence, and back up another node, or use the backups from before`,
  );
}

/**
 * Of a node that is stopped: checks the log behind the newest snapshot, applies it, and keeps the directory locked until the
 * returned function is called.
 * @throws DataDirectoryError LOCKED when a node runs; LogCorruptError
 */
export function stateOfStopped(
  dataDirectory: string,
  log: LocalLog,
): { readonly state: NodePoint; readonly release: () => void } {
  const release = lockDirectory(dataDirectory);
  try {
    const snapshots = join(dataDirectory, 'snapshots');
    const { logId } = log.meta;
    const { core } = restoreNewest(
      snapshots,
      logId,
      () => new TradingCore({ onEvents: () => {} }),
      () => {},
    );
    const from = core.sequence + 1;
    const { lastSequence } = scanLog(nodeDisk, join(dataDirectory, 'log'), new LogId(logId), from);
    if (lastSequence < core.sequence) {
      throw new BackupError(
        'DAMAGED',
        `the log ends with entry ${lastSequence}, but there is a snapshot of entry ${listSnapshots(snapshots)[0]?.sequence}: entries are missing. Restore from an earlier backup`,
      );
    }
    log.read(from, lastSequence, {
      deliver: (...entry) => applyEntry(core, ...entry),
    });
    const epoch = Number(readFileSync(join(dataDirectory, 'epoch'), 'utf8'));
    return { state: { sequence: core.sequence, stateHash: core.stateHash, epoch }, release };
  } catch (error) {
    release();
    throw error;
  }
}
