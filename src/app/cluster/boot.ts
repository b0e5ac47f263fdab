import { existsSync, renameSync } from 'node:fs';
import { LogUnavailableError } from '#domain/ports.ts';
import type { DataDirectory } from '#log/file/data-directory.ts';
import type { Disk } from '#log/file/disk.ts';
import { MessageClock, openLogCopy } from '#log/jetstream/log-copy.ts';
import { retryWait } from '#log/jetstream/retry-wait.ts';
import { STREAM_BEHIND_MS } from '#log/jetstream/settings.ts';
import { StreamError } from '#log/jetstream/stream-error.ts';
import { followerOf } from '#log/recording-reader.ts';
import type { RestoredCore } from '../restore.ts';
import type { NodeLogger } from '../threads/threads.ts';
import { ClusterError, clusterErrorOf, otherHistory } from './cluster-error.ts';
import type { ClusterLink } from './cluster-link.ts';
import {
  removeUnfinished,
  type SnapshotStore,
  SnapshotStoreError,
  type StoredSnapshot,
} from './snapshot-store.ts';

/** How often a node that starts begins anew, when each time the cluster had removed what it needed next. */
export const BEGINNINGS_MAX = 5;

/** What a boot asks of the cluster. */
export type BootLink = Pick<
  ClusterLink,
  'stream' | 'firstSequence' | 'lastSequence' | 'snapshots' | 'originSnapshots'
>;

/** The data directory that a node begins with. */
export interface BootData extends Pick<DataDirectory, 'logDirectory' | 'snapshotDirectory' | 'logId'> {
  readonly segmentBytes: number;
  /** Of the copy of the log; default the machine's. */
  readonly disk?: Disk;
  /** Told that the state will begin after `sequence`: the reports of before are the other nodes' to give. */
  beginAfter(sequence: number): void;
}

/**
 * Starts a node of a cluster. Meanwhile the others may have the stream truncated beyond what it had still to get, and the snapshot removed that it fetches:
 * then it begins anew at once, with a snapshot from which the stream goes on. When the servers leave a question without an answer, as they may in an election or
 * when many nodes start at once, it begins anew once.
 * @param start of the node; has ended everything that it began when it fails
 * @throws ClusterError OVERTAKEN; NO_ANSWER or REFUSED for an error of the NATS client; what `start` throws
 */
export async function startInCluster<Node>(start: () => Promise<Node>, logger: NodeLogger): Promise<Node> {
  let isUnanswered = false;
  for (let beginning = 1; ; beginning++) {
    try {
      return await start();
    } catch (error) {
      const { message } = error as Error;
      if (!isOvertaken(error)) {
        const failure = clusterErrorOf(error);
        if (isUnanswered || !(failure instanceof ClusterError) || failure.code !== 'NO_ANSWER') throw failure;
        isUnanswered = true;
        logger.warn({ beginning }, `begins anew, once: the nats-servers did not answer (${message})`);
        continue;
      }
      if (beginning === BEGINNINGS_MAX) {
        throw new ClusterError(
          'OVERTAKEN',
          `the cluster removed what this node needed next ${BEGINNINGS_MAX} times while it started (${message}): it fetches slower than the others take snapshots. Raise snapshots.everyEntries or snapshots.keep on all nodes, or give this one a faster way to the nats-servers, and start it again`,
          { cause: error },
        );
      }
      logger.warn({ beginning }, `begins anew, with a newer snapshot of the cluster: ${message}`);
    }
  }
}

/** Whether the next beginning finds a snapshot that leads on. */
function isOvertaken(error: unknown): boolean {
  if (error instanceof SnapshotStoreError) return error.code === 'REMOVED';
  const cause = error instanceof LogUnavailableError ? error.cause : error;
  return cause instanceof StreamError && cause.code === 'SNAPSHOT_NEEDED';
}

/**
 * The state that a node of a cluster begins with: of the newest snapshot of its own that is whole. A node for which that leads nowhere, because it is new or
 * because the stream no longer holds what follows, begins with the oldest snapshot of the cluster's store. Its copy of the log, if it ends before that, is put
 * aside. What a crash left of a transfer is removed.
 * @param restore of the data directory, as `restoreNewest`
 * @throws SnapshotError; ClusterError when there is nothing to begin with, or only what does not lead to this log
 */
export async function restoreInCluster(
  link: BootLink,
  data: BootData,
  restore: () => RestoredCore,
  logger: NodeLogger,
): Promise<RestoredCore> {
  removeUnfinished(data.snapshotDirectory);
  const own = restore();
  return (await fetchSnapshot(link, data, own.core.sequence, logger)) ? restore() : own;
}

/** @param sequence that this node's own snapshots lead to @returns whether there is another to begin with */
async function fetchSnapshot(
  link: BootLink,
  data: BootData,
  sequence: number,
  logger: NodeLogger,
): Promise<boolean> {
  const { logDirectory, snapshotDirectory, logId, segmentBytes, disk } = data;
  const copy = openLogCopy(
    {
      directory: logDirectory,
      logId,
      follower: followerOf(),
      scanFromSequence: sequence + 1,
      segmentBytes,
      ...(disk === undefined ? {} : { disk }),
    },
    new MessageClock(),
  );
  const { firstSequence, lastSequence } = copy;
  copy.close();
  const streamBegin = await link.firstSequence();
  if (lastSequence > 0 && lastSequence + 1 >= streamBegin) return false;
  let store = await link.snapshots();
  let snapshot = await oldestFrom(store, streamBegin);
  if (snapshot !== undefined) await refuseOtherHistory(link, snapshot.sequence);
  else {
    const origin = await link.originSnapshots();
    if (origin !== undefined) {
      store = origin;
      snapshot = await oldestFrom(origin, streamBegin);
    }
  }
  if (snapshot === undefined) {
    if (streamBegin === 1) return false;
    throw new ClusterError(
      'NO_SNAPSHOT',
      `the log begins with entry ${streamBegin}, this node has entries up to ${lastSequence}, and the cluster's store has no snapshot from which to go on: copy the data directory of another node, or restore a backup (docs/cluster.md)`,
    );
  }
  if (snapshot.sequence <= lastSequence) return false;
  // An empty one, as a beginning leaves it that came to nothing, is made anew in any case.
  if (lastSequence >= firstSequence) {
    const aside = `${logDirectory}-${firstSequence}-${lastSequence}`;
    if (existsSync(aside))
      throw new ClusterError(
        'IN_THE_WAY',
        `${aside} is in the way of this node's log, which is put aside under that name: move it out of the data directory, and start again`,
      );
    renameSync(logDirectory, aside);
    logger.warn({ aside }, 'the stream no longer has what follows this copy of the log: it is put aside');
  }
  // Before the snapshot is there: with it the node would begin, whatever happens in between.
  data.beginAfter(snapshot.sequence);
  const path = await store.fetch(snapshot, snapshotDirectory);
  logger.info(
    { sequence: snapshot.sequence, bytes: snapshot.bytes, path },
    'begins with a snapshot of the cluster',
  );
  return true;
}

/**
 * Refuses a snapshot of the cluster's own store that stands behind the end of its stream, which is asked again for a while: a leader that was just elected may
 * not know it yet.
 * @throws ClusterError OTHER_HISTORY
 */
async function refuseOtherHistory(link: BootLink, sequence: number): Promise<void> {
  let end = await link.lastSequence();
  for (let attempt = 1, untilMs = Date.now() + STREAM_BEHIND_MS; end < sequence; attempt++) {
    if (Date.now() > untilMs) throw otherHistory(link.stream, sequence, end);
    await retryWait(attempt);
    end = await link.lastSequence();
  }
}

/** The oldest of those that are kept: so this node has reports and history of the entries between, too. */
async function oldestFrom(store: SnapshotStore, streamBegin: number): Promise<StoredSnapshot | undefined> {
  return (await store.list()).findLast(({ sequence }) => sequence + 1 >= streamBegin);
}
