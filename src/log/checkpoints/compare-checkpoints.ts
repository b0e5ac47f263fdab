import { type LogReader, LogTruncatedError } from '#domain/ports.ts';
import { type Disk, nodeDisk } from '../file/disk.ts';
import { LogTail } from '../file/log-tail.ts';
import type { SignedCheckpoint } from './checkpoint.ts';
import { LogChain } from './log-chain.ts';

/** A log is not the one of which a checkpoint was signed. */
export class CheckpointMismatchError extends Error {
  override readonly name = 'CheckpointMismatchError';
  readonly code = 'CHECKPOINT_MISMATCH';
}

/** What of a log its checkpoints show. */
export interface ComparedCheckpoints {
  /** Those that say what the log says. */
  readonly matching: number;
  /** Those of entries that the log no longer has, or of a chain whose beginning it no longer has. */
  readonly notComparable: readonly SignedCheckpoint[];
  /** The newest of the matching ones; undefined: there is none. */
  readonly last: SignedCheckpoint | undefined;
}

export interface CompareOptions {
  readonly directory: string;
  /** UUID of the log. */
  readonly logId: string;
  /** It may be a later one by the time of the comparison. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** Told of the last entry that was compared. */
  readonly onProgress?: (sequence: number) => void;
  readonly disk?: Disk;
}

const STEP_BYTES = 1024 * 1024;

/**
 * Compares a log that is whole with what was signed of it.
 * @param checkpoints of whatever keys are trusted, in any order
 * @throws CheckpointMismatchError naming the first one that differs, and from which entry on the log may have been changed
 * @throws LogCorruptError
 */
export function compareCheckpoints(
  checkpoints: readonly SignedCheckpoint[],
  options: CompareOptions,
): ComparedCheckpoints {
  for (const checkpoint of checkpoints) {
    const { logId, sequence } = checkpoint;
    if (logId !== options.logId) {
      throw new CheckpointMismatchError(
        `the checkpoint of entry ${sequence} is of log ${logId}, this is log ${options.logId}`,
      );
    }
    refuseLostEnd(checkpoint, options.lastSequence);
  }
  const matching: SignedCheckpoint[] = [];
  for (const chain of byChain(checkpoints)) matching.push(...compareWhatIsLeft(chain, options));
  matching.sort((a, b) => a.sequence - b.sequence);
  const compared = new Set(matching);
  return {
    matching: matching.length,
    notComparable: checkpoints.filter((checkpoint) => !compared.has(checkpoint)),
    last: matching.at(-1),
  };
}

/** @param lastSequence of the log @throws CheckpointMismatchError when it ends before what was signed */
export function refuseLostEnd({ sequence, time, signer }: SignedCheckpoint, lastSequence: number): void {
  if (sequence <= lastSequence) return;
  throw new CheckpointMismatchError(
    `the log ends with entry ${lastSequence}, but ${signer} has signed entry ${sequence} of ${time}: entries were removed from its end`,
  );
}

/**
 * @param chain of the log, up to the checkpoint's entry
 * @param before the last entry that is known to be as it was signed
 * @throws CheckpointMismatchError when the log is not what was signed
 */
export function refuseOtherHead(
  { sequence, time, signer, head }: SignedCheckpoint,
  chain: LogChain,
  before: number,
): void {
  if (Buffer.from(chain.head()).equals(head)) return;
  throw new CheckpointMismatchError(
    `the log is not what ${signer} signed for entry ${sequence} of ${time}: something in entries ${before + 1} to ${sequence} was changed since`,
  );
}

/** Those whose chains begin with the same entry, in the order of their entries. */
function byChain(checkpoints: readonly SignedCheckpoint[]): SignedCheckpoint[][] {
  const sorted = [...checkpoints].sort((a, b) => a.sequence - b.sequence);
  return [...Map.groupBy(sorted, ({ firstSequence }) => firstSequence).values()];
}

/** Compares one chain; where a node that runs beside removes what it needs, with what is there then. */
function compareWhatIsLeft(
  checkpoints: readonly SignedCheckpoint[],
  options: CompareOptions,
): readonly SignedCheckpoint[] {
  for (let { firstSequence } = options; ; ) {
    try {
      return compareChain(checkpoints, { ...options, firstSequence });
    } catch (error) {
      if (!(error instanceof LogTruncatedError)) throw error;
      firstSequence = error.firstSequence;
    }
  }
}

/** Those of one chain that could be compared. @throws LogTruncatedError @throws as compareCheckpoints */
function compareChain(
  checkpoints: readonly SignedCheckpoint[],
  { directory, logId, firstSequence, onProgress, disk = nodeDisk }: CompareOptions,
): readonly SignedCheckpoint[] {
  const begin = checkpoints[0].firstSequence;
  const comparable =
    begin >= firstSequence
      ? checkpoints
      : // One that is a link itself would agree with a log that begins behind it, whatever that says.
        checkpoints.filter(
          ({ sequence, link }) => link.sequence >= firstSequence - 1 && sequence >= firstSequence,
        );
  if (comparable.length === 0) return [];
  const chain = begin >= firstSequence ? LogChain.begin(logId, begin) : new LogChain(comparable[0].link);
  const tail = new LogTail({ directory, fromSequence: chain.sequence + 1, disk });
  let before = chain.sequence;
  try {
    for (const checkpoint of comparable) {
      // Several nodes sign the same entry.
      if (checkpoint.sequence > chain.sequence) before = chain.sequence;
      follow(tail, chain, checkpoint.sequence, onProgress);
      refuseOtherHead(checkpoint, chain, before);
    }
  } finally {
    tail.close();
  }
  return comparable;
}

function follow(tail: LogTail, chain: LogReader, to: number, onProgress: CompareOptions['onProgress']): void {
  while (tail.nextSequence <= to) {
    tail.poll(chain, to, STEP_BYTES);
    onProgress?.(tail.nextSequence - 1);
  }
}
