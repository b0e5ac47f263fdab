import { existsSync, renameSync } from 'node:fs';
import type { DataDirectory } from '#log/file/data-directory.ts';
import { MessageClock, openLogCopy } from '#log/jetstream/log-copy.ts';
import { followerOf } from '#log/recording-reader.ts';
import { listSnapshots } from '#replica/snapshot-file.ts';
import type { NodeLogger } from '../threads/threads.ts';
import { ClusterError, type ClusterLink } from './cluster-link.ts';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts';
import { wantReports } from './wanted-reports.ts';

/**
 * Gives a data directory that cannot begin with what it has, because it is new or because the stream no longer holds what follows, the
 * oldest snapshot of the cluster's store. A copy of the log that ends before that snapshot is put aside.
 * @throws ClusterError when there is none
 */
export async function bootFromStore(
  link: ClusterLink,
  data: DataDirectory,
  segmentBytes: number,
  logger: NodeLogger,
): Promise<void> {
  const { logDirectory, snapshotDirectory, logId } = data;
  const newest = listSnapshots(snapshotDirectory)[0]?.sequence ?? 0;
  const copy = openLogCopy(
    { directory: logDirectory, logId, follower: followerOf(), scanFromSequence: newest + 1, segmentBytes },
    new MessageClock(),
  );
  const { firstSequence, lastSequence } = copy;
  copy.close();
  const streamBegin = await link.firstSequence();
  if (lastSequence > 0 && lastSequence + 1 >= streamBegin) return;
  let store = await link.snapshots();
  let snapshot = await oldestFrom(store, streamBegin);
  if (snapshot === undefined) {
    const origin = await link.originSnapshots();
    if (origin !== undefined) {
      store = origin;
      snapshot = await oldestFrom(origin, streamBegin);
    }
  }
  if (snapshot === undefined) {
    if (streamBegin === 1) return;
    throw new ClusterError(
      'NO_SNAPSHOT',
      `the log begins with entry ${streamBegin}, this node has entries up to ${lastSequence}, and the cluster's store has no snapshot from which to go on: copy the data directory of another node, or restore a backup (docs/cluster.md)`,
    );
  }
  if (snapshot.sequence <= lastSequence) return;
  if (lastSequence > 0) {
    const aside = `${logDirectory}-${firstSequence}-${lastSequence}`;
    if (existsSync(aside))
      throw new ClusterError('NO_SNAPSHOT', `${aside} is in the way: move it out of the data directory`);
    renameSync(logDirectory, aside);
    logger.warn({ aside }, 'the stream no longer has what follows this copy of the log: it is put aside');
  }
  // Before the snapshot is there: with it the node would begin, whatever happens in between.
  wantReports(data.path, snapshot.sequence);
  const path = await store.fetch(snapshot, snapshotDirectory);
  logger.info(
    { sequence: snapshot.sequence, bytes: snapshot.bytes, path },
    'begins with a snapshot of the cluster',
  );
}

/** The oldest of those that are kept: so this node has reports and history of the entries between, too. */
async function oldestFrom(store: SnapshotStore, streamBegin: number): Promise<StoredSnapshot | undefined> {
  return (await store.list()).findLast(({ sequence }) => sequence + 1 >= streamBegin);
}
