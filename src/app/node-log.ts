import { Limits } from '#domain/limits.ts';
import type { Clock, Log, LogFollower } from '#domain/ports.ts';
import type { DataDirectory } from '#log/file/data-directory.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { FileLog } from '#log/file/file-log.ts';
import type { LogScan } from '#log/file/scan.ts';
import { ZerosAsker } from '#log/file/zeros-mailbox.ts';
import type { JetStreamLogStatus } from '#log/jetstream/jetstream-log.ts';
import type { ClusterLink } from './cluster/cluster-link.ts';

/** A turn's commands and the log's records around them. */
const COMMIT_BYTES_MAX = Limits.TURN_BYTES_MAX + 64 * 1024;

/** A node's log, whichever it is. */
export interface NodeLog {
  readonly log: Log;
  /** What this node had of it at the opening. */
  readonly recovered: LogScan;
  /** Resolves when the follower has everything that the log held when it was called. */
  catchUp(): Promise<void>;
  /** Removes entries before `sequence` from a cluster's stream: those before a snapshot that a majority attested. */
  purge(sequence: number): Promise<void>;
  /** Why the next segment could not be prepared ahead: the log may be about to stop. undefined: all is well. */
  preparationError(): Error | undefined;
  /** undefined: the log is embedded. */
  status(): JetStreamLogStatus | undefined;
}

/** Opens the embedded log of the data directory or, with a link, this node's end of the cluster's. */
export async function openNodeLog(
  data: DataDirectory,
  options: {
    readonly link: ClusterLink | undefined;
    readonly clock: Clock;
    readonly follower: LogFollower;
    readonly scanFromSequence: number;
    readonly segmentBytes: number;
    /** By which the embedded log has another thread write zeros. */
    readonly zeros: SharedArrayBuffer;
    /** Told of each message of the cluster's stream that is no entry, and how long it is. */
    readonly onForeign: (sequence: number, bytes: number) => void;
  },
): Promise<NodeLog> {
  const { link, clock, follower, scanFromSequence, segmentBytes, zeros, onForeign } = options;
  const place = { directory: data.logDirectory, logId: data.logId };
  if (link === undefined) {
    const asker = new ZerosAsker(zeros);
    const log = FileLog.open({
      ...place,
      clock,
      follower,
      scanFromSequence,
      segmentBytes,
      commitBytesMax: COMMIT_BYTES_MAX,
      disk: { ...nodeDisk, writeZerosInBackground: (...request) => asker.write(...request) },
    });
    return {
      log,
      recovered: log.recovered,
      catchUp: () => Promise.resolve(),
      purge: () => Promise.resolve(),
      preparationError: () => log.preparationError,
      status: () => undefined,
    };
  }
  const log = await link.openLog({ ...place, follower, scanFromSequence, segmentBytes, onForeign });
  return {
    log,
    recovered: log.recovered,
    catchUp: () => log.catchUp(),
    purge: (sequence) => log.purgeStream(sequence),
    preparationError: () => log.preparationError,
    status: () => log.status,
  };
}
