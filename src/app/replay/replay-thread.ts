import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { formatTime } from '#codec/log/describe.ts';
import type { Timed } from '#replay/pacing.ts';
import { replayFile } from '#replay/replay-file.ts';
import { SteeredPacer } from '#replay/steered-pacer.ts';
import type { FromReplayThread, ReplayProgress, ReplayThreadData, ToReplayThread } from './messages.ts';
import { MirrorTarget, ReplayScopeError } from './mirror-target.ts';

/** How often it says how far it is. */
const PROGRESS_MS = 250;

/** Reads a recording at the pace that it is told, and says what the venue is to do. */
class ReplayThread {
  declare private readonly data: ReplayThreadData;
  declare private readonly target: MirrorTarget;
  declare private readonly pacer: SteeredPacer;
  declare private messages: number;
  declare private bytesRead: number;
  declare private bytesTotal: number;
  declare private last: Timed | undefined;
  declare private toldMs: number;
  declare private onTaken: () => void;

  constructor(data: ReplayThreadData) {
    this.data = data;
    this.target = new MirrorTarget(data.symbol);
    this.pacer = new SteeredPacer(data.speed, {
      onSlice: (messages, last) => this.#onSlice(messages, last),
      onPaused: () => this.#tell(true),
    });
    this.messages = 0;
    this.bytesRead = 0;
    this.bytesTotal = 0;
    this.last = undefined;
    this.toldMs = 0;
    this.onTaken = () => {};
  }

  async run(): Promise<void> {
    parentPort?.on('message', (message: ToReplayThread) => this.#onMessage(message));
    const { path, format } = this.data;
    try {
      await replayFile({
        format,
        files: [path],
        target: this.target,
        pacer: this.pacer,
        onProgress: (bytesRead, bytesTotal) => {
          this.bytesRead = bytesRead;
          this.bytesTotal = bytesTotal;
        },
      });
      await this.#handOver();
      if (this.target.instrumentCount === 0)
        throw new ReplayScopeError(`the recording has no orders of ${this.data.symbol ?? 'any instrument'}`);
      say({ kind: 'ended', progress: this.#progress() });
    } catch (error) {
      say({ kind: 'failed', reason: (error as Error).message });
    }
    parentPort?.close();
  }

  #onMessage(message: ToReplayThread): void {
    if (message.kind === 'taken') this.onTaken();
    else if (message.kind === 'pause') this.pacer.pause();
    else if (message.kind === 'resume') this.pacer.resume();
    else if (message.kind === 'step') this.pacer.step(message.messages);
    else this.pacer.setSpeed(message.speed);
  }

  async #onSlice(messages: number, last: Timed): Promise<void> {
    this.messages += messages;
    // Readers use their messages again.
    this.last = { timeSeconds: last.timeSeconds, timeNanos: last.timeNanos };
    await this.#handOver();
    if (performance.now() - this.toldMs >= PROGRESS_MS) this.#tell(false);
  }

  /** Gives the venue what there is, and waits until it is done. */
  async #handOver(): Promise<void> {
    const items = this.target.take();
    if (items.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.onTaken = resolve;
    say({ kind: 'items', items });
    await promise;
  }

  #tell(isPaused: boolean): void {
    this.toldMs = performance.now();
    say({ kind: 'progress', progress: this.#progress(), isPaused });
  }

  #progress(): ReplayProgress {
    const { messages, bytesRead, bytesTotal, last } = this;
    const recordedTime = last === undefined ? undefined : formatTime(last.timeSeconds, last.timeNanos);
    return { messages, bytesRead, bytesTotal, recordedTime };
  }
}

function say(message: FromReplayThread): void {
  parentPort?.postMessage(message);
}

if (!isMainThread) await new ReplayThread(workerData as ReplayThreadData).run();
