import type { KeyObject } from 'node:crypto';
import { formatTime } from '#codec/log/describe.ts';
import type { LogReader } from '#domain/ports.ts';
import { nodeCheckpointKey } from '#gateways/identity/node-keys.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import {
  checkpointText,
  openCheckpoint,
  type SignedCheckpoint,
  signerName,
} from '#log/checkpoints/checkpoint.ts';
import {
  type CheckpointStore,
  checkpointDirectory,
  noteVerifierKey,
  readVerifiers,
} from '#log/checkpoints/checkpoint-store.ts';
import {
  CheckpointMismatchError,
  refuseLostEnd,
  refuseOtherHead,
} from '#log/checkpoints/compare-checkpoints.ts';
import { LogChain } from '#log/checkpoints/log-chain.ts';
import { NoteError, parseVerifierKey, signNote, verifierKeyOf } from '#log/checkpoints/signed-note.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { LogId } from '#log/file/format.ts';
import { LogTail } from '#log/file/log-tail.ts';
import { listSegments } from '#log/file/scan.ts';

export interface CheckpointSignerOptions {
  readonly dataDirectory: string;
  readonly logDirectory: string;
  /** UUID of the log. */
  readonly logId: string;
  readonly nodeId: number;
  /** Which history of the log: 0 for the first one. */
  readonly line: number;
  /** The log's last entry at the start; undefined: entries that this node had may still come from the cluster. */
  readonly endSequence: number | undefined;
  /** Called from entry to entry: lets others run. */
  readonly betweenPieces: () => void;
}

/** Follows the log's files, compares what was signed last with what they say now, and signs what has come since. */
export class CheckpointSigner implements LogReader {
  declare private readonly options: CheckpointSignerOptions;
  declare private readonly name: string;
  declare private readonly key: KeyObject;
  declare private readonly store: CheckpointStore;
  declare private readonly chain: LogChain;
  declare private readonly tail: LogTail;
  /** What was signed last, until the chain has passed it. */
  declare private known: SignedCheckpoint | undefined;
  declare private _signedSequence: number;
  /** Of the chain. */
  declare private readonly firstSequence: number;
  /** Of the chain's last entry. */
  declare private timeSeconds: number;
  declare private timeNanos: number;
  /** With which others verify what this signs. */
  declare readonly verifierKey: string;
  /** Whether nothing was signed with that key before. */
  declare readonly isNewKey: boolean;

  /**
   * @param store is closed with this
   * @throws CheckpointMismatchError when the log's end was signed and is not there, or another log was signed; NoteError when the last checkpoint is damaged;
   * PrivateFileError; the error of node:fs
   */
  constructor(store: CheckpointStore, options: CheckpointSignerOptions) {
    const { dataDirectory, logDirectory, logId, nodeId, endSequence } = options;
    const directory = checkpointDirectory(dataDirectory);
    this.options = options;
    this.name = signerName(logId, nodeId);
    this.store = store;
    this.key = nodeCheckpointKey(dataDirectory);
    this.verifierKey = verifierKeyOf(this.name, this.key);
    this.known = this.#openLast(directory);
    this._signedSequence = this.known?.sequence ?? 0;
    if (this.known !== undefined && endSequence !== undefined) refuseLostEnd(this.known, endSequence);
    this.isNewKey = noteVerifierKey(directory, this.verifierKey);
    const first = listSegments(nodeDisk, logDirectory)[0].firstSequence;
    // Where the log has lost what comes before the last checkpoint, that cannot be compared any more.
    if (this.known !== undefined && this.known.link.sequence < first - 1) this.known = undefined;
    this.chain = this.known === undefined ? LogChain.begin(logId, first) : new LogChain(this.known.link);
    this.firstSequence = this.known?.firstSequence ?? first;
    this.tail = new LogTail({
      directory: logDirectory,
      logId: new LogId(logId),
      fromSequence: this.chain.sequence + 1,
    });
    this.timeSeconds = 0;
    this.timeNanos = 0;
  }

  /** The last entry of which a checkpoint was signed; 0: none. */
  get signedSequence(): number {
    return this._signedSequence;
  }

  /**
   * Takes entries up to `toSequence` into the chain, until they make `bytesMax`; true when that was not all.
   * @throws CheckpointMismatchError when the log is not what this node signed
   * @throws LogCorruptError @throws LogTruncatedError
   */
  step(toSequence: number, bytesMax: number): boolean {
    const { known, tail } = this;
    tail.poll(this, Math.min(toSequence, known?.sequence ?? toSequence), bytesMax);
    if (known !== undefined && known.sequence === this.chain.sequence) {
      refuseOtherHead(known, this.chain, known.link.sequence);
      this.known = undefined;
    }
    return this.chain.sequence < toSequence;
  }

  deliver(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    this.timeSeconds = timeSeconds;
    this.timeNanos = timeNanos;
    this.chain.deliver(sequence, timeSeconds, timeNanos, words, from, to);
    this.options.betweenPieces();
  }

  /**
   * Signs what is in the chain by now, and keeps it; undefined where nothing has come since the last checkpoint.
   * @returns the note @throws the error of node:fs
   */
  sign(): string | undefined {
    const { chain, firstSequence } = this;
    const { logId, line } = this.options;
    const { sequence, link } = chain;
    if (this.known !== undefined || sequence <= this._signedSequence || sequence < firstSequence)
      return undefined;
    const time = formatTime(this.timeSeconds, this.timeNanos);
    const head = chain.head();
    const checkpoint = { logId, line, firstSequence, sequence, head, link, time };
    const note = signNote(checkpointText(checkpoint), this.name, this.key);
    this.store.append(note);
    this._signedSequence = sequence;
    return note;
  }

  close(): void {
    this.tail.close();
    this.store.close();
  }

  /** @throws NoteError; CheckpointMismatchError when it is another log's */
  #openLast(directory: string): SignedCheckpoint | undefined {
    const { last } = this.store;
    if (last === undefined) return undefined;
    // The key that is here is this node's, whether the list of those before it is still there or not.
    const verifiers = [...readVerifiers(directory), parseVerifierKey(this.verifierKey)];
    let known: SignedCheckpoint;
    try {
      known = openCheckpoint(last, verifiers);
    } catch (error) {
      if (error instanceof NoteError) error.message = `the last one in ${directory} ${error.message}`;
      throw error;
    }
    const { logId } = this.options;
    if (known.logId === logId) return known;
    throw new CheckpointMismatchError(
      `the last one in ${directory} is of log ${known.logId}, this is log ${logId}`,
    );
  }
}
