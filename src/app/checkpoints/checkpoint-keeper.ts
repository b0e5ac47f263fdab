import { LogCorruptError, LogTruncatedError } from '#domain/ports.ts';
import { AssertionError } from '#lib/assert.ts';
import { CheckpointStore, checkpointDirectory } from '#log/checkpoints/checkpoint-store.ts';
import { CheckpointMismatchError } from '#log/checkpoints/compare-checkpoints.ts';
import { NoteError } from '#log/checkpoints/signed-note.ts';
import type { NodeLogger } from '../threads/threads.ts';
import { CheckpointSigner, type CheckpointSignerOptions } from './checkpoint-signer.ts';

export interface CheckpointKeeperOptions extends CheckpointSignerOptions {
  readonly logger: NodeLogger;
  /** From one checkpoint to the next. */
  readonly everyMs?: number;
}

const EVERY_MS = 600_000;
/** Between two looks for entries: one piece of work instead of many. */
const LOOK_MS = 1_000;
/** Bytes of log that one step takes. */
const STEP_BYTES = 256 * 1024;
/** What a stop still takes. */
const CLOSE_BYTES = 16 * 1024 * 1024;

/**
 * Has checkpoints of the log signed (docs/checkpoints.md) in the archive thread, behind the archive. Whatever fails here is logged and leaves
 * the node without new checkpoints until it starts again; the archive goes on.
 */
export class CheckpointKeeper {
  declare private readonly options: CheckpointKeeperOptions;
  declare private readonly everyMs: number;
  /** undefined: it has failed, or is closed. */
  declare private signer: CheckpointSigner | undefined;
  declare private lookAtMs: number;
  declare private signAtMs: number;
  declare private isBehind: boolean;
  /** Why the last one could not be written; empty: it could. */
  declare private failure: string;
  declare private _isBroken: boolean;
  declare private _signedSequence: number;

  /** @param nowMs performance.now() */
  constructor(options: CheckpointKeeperOptions, nowMs: number) {
    this.options = options;
    this.everyMs = options.everyMs ?? EVERY_MS;
    this.signer = undefined;
    this.lookAtMs = 0;
    this.signAtMs = nowMs + this.everyMs;
    this.isBehind = false;
    this.failure = '';
    this._isBroken = false;
    this._signedSequence = 0;
    this.#attempt(() => this.#open());
  }

  /** The log is not what was signed. */
  get isBroken(): boolean {
    return this._isBroken;
  }

  /** The last entry of which this node is known to have signed a checkpoint; 0: none. */
  get signedSequence(): number {
    return this._signedSequence;
  }

  /**
   * To be called often; does something when it is due. True when more is to be done at once.
   * @param toSequence the last entry that the archive has applied @param nowMs performance.now()
   */
  step(toSequence: number, nowMs: number): boolean {
    if (nowMs < this.lookAtMs && !this.isBehind) return false;
    this.lookAtMs = nowMs + LOOK_MS;
    this.isBehind = false;
    this.#attempt((signer) => {
      this.isBehind = signer?.step(toSequence, STEP_BYTES) ?? false;
      if (this.isBehind || nowMs < this.signAtMs) return;
      this.signAtMs = nowMs + this.everyMs;
      this.#sign(signer);
    });
    return this.isBehind;
  }

  /** Signs what is there up to `toSequence`, if it is not far behind. */
  close(toSequence: number): void {
    this.#attempt((signer) => {
      // It stops at a checkpoint that is to be compared.
      if (signer?.step(toSequence, CLOSE_BYTES)) signer.step(toSequence, CLOSE_BYTES);
      this.#sign(signer);
    });
    this.#drop();
  }

  #open(): void {
    const store = CheckpointStore.open(checkpointDirectory(this.options.dataDirectory));
    try {
      this.signer = new CheckpointSigner(store, this.options);
    } catch (error) {
      store.close();
      throw error;
    }
    const { isNewKey, verifierKey, signedSequence } = this.signer;
    this._signedSequence = signedSequence;
    if (!isNewKey) return;
    const what =
      'checkpoints of the log are signed with a new key: keep its verifier key where nobody can change it';
    this.options.logger.info({ verifierKey }, what);
  }

  #sign(signer: CheckpointSigner | undefined): void {
    const { logger } = this.options;
    try {
      const checkpoint = signer?.sign();
      this.failure = '';
      if (signer === undefined || checkpoint === undefined) return;
      this._signedSequence = signer.signedSequence;
      logger.info({ sequence: signer.signedSequence, checkpoint }, 'checkpoint of the log signed');
    } catch (error) {
      if (error instanceof AssertionError || error instanceof NoteError) throw error;
      const { message } = error as Error;
      if (message !== this.failure) {
        logger.error(
          {},
          `no checkpoint: ${message}. Free space in the data directory; the next is tried in a while, orders go on`,
        );
      }
      this.failure = message;
    }
  }

  /** Runs what may fail; a failure ends the checkpoints, unless a new chain can begin. */
  #attempt(run: (signer: CheckpointSigner | undefined) => void): void {
    try {
      run(this.signer);
    } catch (error) {
      this.#drop();
      if (error instanceof AssertionError) throw error;
      if (error instanceof LogTruncatedError) this.#beginAnew(error);
      else this.#end(error as Error);
    }
  }

  #beginAnew({ firstSequence }: LogTruncatedError): void {
    const what =
      'old log was removed before it was signed: checkpoints begin anew with the first entry that is left';
    this.options.logger.warn({ firstSequence }, what);
    this.#attempt(() => this.#open());
  }

  #end(error: Error): void {
    const { logger } = this.options;
    this._isBroken = [CheckpointMismatchError, NoteError, LogCorruptError].some(
      (kind) => error instanceof kind,
    );
    const advice = this._isBroken
      ? 'Keep the data directory as it is, and see HiveAuditChainBroken in the runbooks'
      : 'Mend that and start the node again';
    logger.error({}, `no checkpoints: ${error.message.replace(/\.$/, '')}. ${advice}; orders go on`);
  }

  #drop(): void {
    this.signer?.close();
    this.signer = undefined;
  }
}
