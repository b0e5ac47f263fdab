import { randomInt } from 'node:crypto';
import { TradingCore } from '#core/trading-core.ts';
import type { EventSink } from '#domain/ports.ts';
import { lineOf, openDataDirectory, readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { FileLog } from '#log/file/file-log.ts';
import { LogClock } from '#log/log-clock.ts';
import { followerOf } from '#log/recording-reader.ts';
import { writeSnapshot } from '#replica/snapshot-file.ts';
import { applyEntry } from '../apply-entry.ts';
import { restoreNewest } from '../restore.ts';
import { ClusterError, clusterErrorOf, otherHistory } from './cluster-error.ts';
import { ClusterLink } from './cluster-link.ts';
import type { ClusterSettings } from './cluster-settings.ts';

/** Where the log of a new cluster goes on. */
export interface CreatedCluster {
  readonly logId: string;
  /** Of which node the data directory is. */
  readonly nodeId: number;
  /** Last entry of the data directory; the stream's first is the next. */
  readonly sequence: number;
  readonly stateHash: string;
}

const NOBODY: EventSink = { onEvents: () => {} };

/**
 * Makes the log of a cluster that continues the log of a data directory: of a node that had a log of its own until now, or of one that was
 * restored from a backup. The state at its end becomes a snapshot in the cluster's store, with which other nodes begin.
 * @throws DataDirectoryError, LogCorruptError, SnapshotError, StreamError, ClusterError
 */
export async function createCluster(
  directory: string,
  settings: ClusterSettings,
  onUnusable: (message: string) => void,
): Promise<CreatedCluster> {
  // Opening would make a directory that is not there: a name with a slip in it would be a new, empty log.
  readDataDirectoryMeta(directory);
  const clock = new LogClock();
  const data = openDataDirectory(directory, { clock });
  try {
    const logId = data.logId.uuid;
    const newCore = (): TradingCore => new TradingCore(NOBODY, {}, { hashSeed: randomInt(2 ** 31) });
    const restored = restoreNewest(data.snapshotDirectory, logId, newCore, ({ message }) =>
      onUnusable(message),
    );
    const { core } = restored;
    const log = FileLog.open({
      directory: data.logDirectory,
      logId: data.logId,
      clock,
      follower: followerOf(),
      scanFromSequence: core.sequence + 1,
    });
    try {
      if (log.lastSequence > core.sequence) {
        log.read(core.sequence + 1, { deliver: (...entry) => applyEntry(core, ...entry) });
      }
    } finally {
      log.close();
    }
    const { sequence, stateHash } = core;
    const path =
      restored.path !== undefined && restored.manifest?.sequence === sequence
        ? restored.path
        : writeSnapshot(data.snapshotDirectory, core, logId);
    const line = lineOf(data.meta);
    const begin = { logId, line, firstSequence: sequence + 1 };
    const link = await ClusterLink.connect(settings, 'hive-create-cluster', begin);
    try {
      const isOurs = link.logId === logId && link.line?.line === line?.line;
      if (!isOurs || (await link.firstSequence()) !== begin.firstSequence) {
        throw new ClusterError(
          'EXISTS',
          `stream ${settings.stream} is there already and holds log ${link.logId}: start nodes on it, or choose another stream name`,
        );
      }
      const store = await link.snapshots();
      const [last] = await store.list();
      if (last !== undefined && last.sequence > sequence)
        throw otherHistory(settings.stream, last.sequence, sequence);
      await store.put(path);
    } finally {
      await link.close();
    }
    return { logId, nodeId: data.meta.nodeId, sequence, stateHash };
  } catch (error) {
    throw clusterErrorOf(error);
  } finally {
    data.close();
  }
}
