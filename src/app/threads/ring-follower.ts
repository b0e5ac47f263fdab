import type { MessagePort } from 'node:worker_threads';
import { Limits } from '#domain/limits.ts';
import type { FollowingSink } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { RingReader } from '#replica/rings/broadcast-ring.ts';
import { StatusBoard } from '#replica/status-board.ts';
import { freeImages } from './free-images.ts';
import type { ImageAnswer, ImageRequest } from './messages.ts';
import { threadLog } from './thread-log.ts';

/** Bounds how late a piece is seen that the writer woke nobody for. */
const SLEEP_MS = 5;
/** Bounds how late a reader whose events wait is seen to take them again. */
const HELD_MS = 1;
/** Between two reads while nobody waits for what they bring: to be woken for each order would cost a core more than reading does (docs/adr/0013-edge-thread.md). */
const REST_MS = 10;

/** The readers of the event ring. */
export const RingSlot = { marketData: 0, edge: 1, operations: 2 } as const;

/** How soon a reader of the ring wants to see what is published. */
export const Haste = {
  /** Nobody waits for it: the ring's writer need not wake the thread. */
  None: 0,
  /** Within a millisecond or so. */
  Soon: 1,
  /** Answers are on their way that somebody waits for. */
  AtOnce: 2,
} as const;
export type Haste = (typeof Haste)[keyof typeof Haste];

/** What a reader of the ring does between its reads, and whether it takes events now. */
export interface RingWork {
  /** Whether events have to wait. */
  readonly isHeld: boolean;
  /** Works for some milliseconds; true: there is more to do. */
  step(): boolean;
  /** All events of entries up to `sequence` were handed on. */
  onCaughtUp(sequence: number): void;
  /** Half of the ring is full of events that wait: ends that, if it can be ended. */
  goOn(): void;
}

export interface RingFollowerOptions {
  readonly board: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
  readonly slot: number;
  /** To the archive thread, which answers with images. The follower closes it. */
  readonly peer: MessagePort;
  /** Get images and events, in this order. */
  readonly sinks: readonly FollowingSink[];
  /** What begins anew after an overrun, for messages: "market data". */
  readonly what: string;
  readonly haste: () => Haste;
  /** Done by turns with reading, from the first image on. */
  readonly work?: RingWork;
}

/**
 * A thread's view of the event ring: at the start, and when the thread has fallen further behind than the ring is long,
 * it takes the standing state from the archive thread and goes on from there.
 */
export class RingFollower {
  /** How often the ring has overtaken this thread. */
  declare overruns: number;
  declare private readonly options: RingFollowerOptions;
  declare private readonly board: StatusBoard;
  declare private readonly ring: RingReader;
  declare private readonly copy: WordBuffer;
  /** Called with the image, or with undefined when none will come. */
  declare private onAnswer: ((answer: ImageAnswer | undefined) => void) | undefined;
  /** Sequence after which the newest image stood. */
  declare private imageSequence: number;
  declare private isArchiveGone: boolean;
  declare private isClosing: boolean;
  declare private readonly closed: PromiseWithResolvers<void>;
  /** Ends a rest. */
  declare private endRest: (() => void) | undefined;

  constructor(options: RingFollowerOptions) {
    this.options = options;
    this.board = new StatusBoard(options.board);
    this.ring = new RingReader(options.ring, options.slot);
    this.copy = WordBuffer.allocate(Limits.EVENT_BATCH_WORDS);
    this.overruns = 0;
    this.onAnswer = undefined;
    this.imageSequence = 0;
    this.isArchiveGone = false;
    this.isClosing = false;
    this.closed = Promise.withResolvers();
    this.endRest = undefined;
    options.peer.on('message', (answer: ImageAnswer) => {
      if (answer.kind === 'image') this.onAnswer?.(answer);
    });
    options.peer.on('close', () => {
      if (this.isClosing) return;
      this.isArchiveGone = true;
      threadLog.error({}, `the archive thread is gone: ${options.what} cannot begin anew. Restart the node`);
      this.onAnswer?.(undefined);
    });
  }

  /** Words of the ring that this thread has still to read. */
  get lagWords(): number {
    return this.ring.lagWords;
  }

  /** Follows the ring until `close`. */
  async run(): Promise<void> {
    const { work } = this.options;
    let hasImage = await this.#takeImage();
    // Without an image there is nothing that events could change.
    while (hasImage && !this.isClosing) {
      const isBusy = work?.step() === true;
      if (work?.isHeld === true) {
        if (this.ring.lagWords > this.ring.capacityWords / 2) work.goOn();
        await (isBusy ? nextTurn() : new Promise((resolve) => setTimeout(resolve, HELD_MS)));
        continue;
      }
      // What is durable by now is in the ring.
      const durable = this.board.durableSequence;
      // Asked before reading: what is answered by then can be read now.
      const haste = this.options.haste();
      const words = this.ring.read(this.copy.i32);
      if (words === -1) hasImage = await this.#beginAnew();
      else if (words > 0) {
        this.#publish(words);
        await nextTurn();
      } else {
        work?.onCaughtUp(Math.max(durable, this.imageSequence));
        await (isBusy ? nextTurn() : this.#pause(haste));
      }
    }
    await this.closed.promise;
    this.options.peer.close();
  }

  /** Somebody waits for answers from now on. */
  hurry(): void {
    this.endRest?.();
    this.ring.hurry();
  }

  /** Lets `run` end. */
  close(): void {
    this.isClosing = true;
    this.endRest?.();
    this.onAnswer?.(undefined);
    this.closed.resolve();
  }

  #pause(haste: Haste): Promise<void> {
    if (haste !== Haste.None) return this.ring.sleep(SLEEP_MS, haste === Haste.AtOnce);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.endRest?.(), REST_MS);
      this.endRest = () => {
        clearTimeout(timer);
        this.endRest = undefined;
        resolve();
      };
    });
  }

  /** Hands on what was read from the ring, without what the image already says. */
  #publish(words: number): void {
    const { i32, f64 } = this.copy;
    let from = 0;
    while (from < words && f64[(from + 2) >> 1] <= this.imageSequence) from += i32[from] >>> 16;
    if (from === words) return;
    for (const sink of this.options.sinks) sink.onEvents(this.copy, from, words);
  }

  async #beginAnew(): Promise<boolean> {
    const { what, sinks } = this.options;
    this.overruns++;
    threadLog.warn({ overruns: this.overruns }, `${what} fell behind the event ring: it begins anew`);
    for (const sink of sinks) sink.onRestart();
    return this.#takeImage();
  }

  /** Starts the sinks from the archive's state; false when there is none to be had. */
  async #takeImage(): Promise<boolean> {
    // The entry of the newest piece that the ring reader has passed may not be on the board yet.
    const durable = this.board.durableSequence;
    const sequence = durable + Math.max(0, (this.ring.mark - durable) | 0);
    if (this.isClosing || this.isArchiveGone) return false;
    const answer = await new Promise<ImageAnswer | undefined>((resolve) => {
      this.onAnswer = resolve;
      this.options.peer.postMessage({ kind: 'image', sequence } satisfies ImageRequest);
    });
    this.onAnswer = undefined;
    if (answer === undefined) return false;
    const { sinks } = this.options;
    for (const batch of answer.batches) {
      const words = new WordBuffer(batch);
      for (const sink of sinks) sink.onEvents(words, 0, words.words);
    }
    this.imageSequence = answer.sequence;
    for (const sink of sinks) sink.onImage(answer.sequence);
    freeImages();
    return true;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
