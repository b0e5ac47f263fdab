import { Worker } from 'node:worker_threads';
import type { Static } from 'typebox';
import type { NewReplay, Recordings, ReplayControl, ReplayState } from '#codec/json/replay-json.ts';
import { secondText } from '#codec/json/schemas.ts';
import type { FollowingSink } from '#domain/ports.ts';
import { invalidField, Problem } from '#gateways/rest/problems.ts';
import type { Replays } from '#gateways/rest/sources.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { ReplaySpeed } from '#replay/pacing.ts';
import { heapLimitsOf } from '../threads/thread-heap.ts';
import { LiveMarket, type LiveMarketSources, ReplayVenueError } from './live-market.ts';
import type { FromReplayThread, ReplayProgress, ReplayThreadData, ToReplayThread } from './messages.ts';
import { type Recording, recordingsIn } from './recordings.ts';
import { type ClaimSources, ReplayClaim } from './replay-claim.ts';

const REPLAY_THREAD = new URL('./replay-thread.ts', import.meta.url);
/** How long a request waits until the replay stands still. */
const STANDSTILL_MS_MAX = 5_000;
/** Characters of a command's reason. */
const REASON_CHARS_MAX = 64;

type State = Static<typeof ReplayState>;
type Sender = { readonly userId: number; readonly name: string };

/** The desk's part of a log. */
export interface ReplayLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ReplayDeskOptions extends LiveMarketSources {
  /** Their directory; undefined: this node does not replay. */
  readonly recordings: string | undefined;
  readonly isReady: () => boolean;
  readonly claim: ClaimSources;
  readonly logger: ReplayLogger;
  readonly wallMs: () => number;
}

const NOTHING_YET: ReplayProgress = { messages: 0, bytesRead: 0, bytesTotal: 0, recordedTime: undefined };

/** One replay from its beginning on: what is known of it, and who works for it. */
interface Run {
  readonly terms: Pick<State, 'file' | 'format' | 'startedBy' | 'startedTime' | 'reason'>;
  readonly market: LiveMarket;
  readonly worker: Worker;
  state: 'running' | 'paused' | 'finished' | 'stopped' | 'failed';
  speed: ReplaySpeed;
  progress: ReplayProgress;
  fault: string | undefined;
  /** Called when it stands still, or has ended. */
  onStandstill: (() => void)[];
}

/** Replays recordings in the venue, one at a time: a thread reads the recording, and a LiveMarket does what it says. */
export class ReplayDesk implements Replays, FollowingSink {
  declare private readonly options: ReplayDeskOptions;
  declare private run: Run | undefined;
  declare private readonly claim: ReplayClaim;
  /** Begins or ends now: nothing else may. */
  declare private isBusy: boolean;

  constructor(options: ReplayDeskOptions) {
    this.options = options;
    this.claim = new ReplayClaim(options.claim);
    this.run = undefined;
    this.isBusy = false;
  }

  state(): State {
    const { run } = this;
    if (run === undefined) {
      const state = this.options.recordings === undefined ? 'off' : 'none';
      return { state, symbols: [], messages: 0, bytesRead: 0, bytesTotal: 0, orders: 0, rejects: [] };
    }
    const { terms, market, state, speed, progress, fault } = run;
    const { recordedTime, ...counts } = progress;
    return {
      state,
      ...terms,
      symbols: market.symbols,
      speed: String(speed),
      ...(recordedTime === undefined ? {} : { recordedTime }),
      ...counts,
      orders: market.orders,
      rejects: [...market.rejects].map(([code, count]) => ({ code, count })),
      ...(fault === undefined ? {} : { fault }),
    };
  }

  async files(): Promise<Static<typeof Recordings>> {
    const recordings = await this.#recordings();
    return { items: recordings.map(({ name, bytes, format }) => ({ name, bytes, format })) };
  }

  async start(sender: Sender, request: Static<typeof NewReplay>): Promise<State> {
    const { file, symbol, speed = '1', reason } = request;
    const recording = (await this.#recordings()).find(({ name }) => name === file);
    if (recording === undefined)
      throw new Problem('not-found', `there is no recording ${file}: GET /api/v1/replay/files lists them`);
    if (!this.options.isReady())
      throw new Problem('starting', 'the node does not know the state of the market yet');
    if (this.#isUnderWay()) throw new Problem('replay-running', 'a replay is under way: stop it first');
    const pace = speedOf(speed);
    return this.#alone(async () => {
      await this.#end(sender.userId, `replay: ${reason}`);
      const market = this.#market(sender.userId, `replay: ${reason}`.slice(0, REASON_CHARS_MAX));
      await this.claim.take((why) => {
        if (this.run !== undefined) this.#fail(this.run, `the venue ended it: ${why}`);
      });
      this.run = this.#begin(recording, symbol, pace, sender, reason, market);
      this.options.logger.info({ user: sender.name, file, reason }, 'a replay begins');
      return this.state();
    });
  }

  async control({ action, messages, speed }: Static<typeof ReplayControl>): Promise<State> {
    this.#mustBeOn();
    const { run } = this;
    if (run === undefined || !this.#isUnderWay()) throw new Problem('no-replay', 'no replay is under way');
    if (messages !== undefined && action !== 'step')
      throw invalidField('messages', 'goes with action step only');
    if ((speed !== undefined) !== (action === 'speed'))
      throw invalidField('speed', action === 'speed' ? 'is missing' : 'goes with action speed only');
    if (speed !== undefined) {
      run.speed = speedOf(speed);
      tell(run, { kind: 'speed', speed: run.speed });
    }
    if (action === 'resume') {
      run.state = 'running';
      tell(run, { kind: 'resume' });
    } else if (action === 'pause' || action === 'step') {
      const stands = this.#standstill(run);
      tell(run, action === 'pause' ? { kind: 'pause' } : { kind: 'step', messages: messages ?? 1 });
      run.state = 'paused';
      await stands;
    }
    return this.state();
  }

  async stop({ userId, name }: Sender, reason: string): Promise<State> {
    this.#mustBeOn();
    if (this.run === undefined || this.run.state === 'stopped')
      throw new Problem('no-replay', 'there is no replay to stop');
    return this.#alone(async () => {
      this.options.logger.info({ user: name, reason }, 'the replay is stopped');
      await this.#end(userId, `replay: ${reason}`);
      return this.state();
    });
  }

  /** The node stops: the replay does not go on without it, and its orders do not stay. */
  async close(): Promise<void> {
    if (this.run === undefined || this.run.state === 'stopped') return;
    // Nobody is told of a venue that takes no commands any more.
    await this.#end(undefined, 'replay: the node stops').catch(() => {});
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { run } = this;
    if (run !== undefined && run.state !== 'stopped') run.market.onEvents(words, from, to);
  }

  onRestart(): void {
    this.run?.market.onRestart();
  }

  onImage(): void {}

  #mustBeOn(): string {
    const { recordings } = this.options;
    if (recordings !== undefined) return recordings;
    throw new Problem(
      'replay-off',
      'this node does not replay recordings: name their directory as replay.directory in its configuration, where nobody trades in earnest',
    );
  }

  async #recordings(): Promise<Recording[]> {
    const directory = this.#mustBeOn();
    try {
      return await recordingsIn(directory);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new Problem('recordings-unreadable', `the directory of recordings cannot be read (${code})`);
    }
  }

  #isUnderWay(): boolean {
    return this.run?.state === 'running' || this.run?.state === 'paused';
  }

  async #alone<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    if (this.isBusy) throw new Problem('replay-running', 'a replay begins or ends just now');
    this.isBusy = true;
    try {
      return await work();
    } finally {
      this.isBusy = false;
    }
  }

  #begin(
    recording: Recording,
    symbol: string | undefined,
    speed: ReplaySpeed,
    sender: Sender,
    reason: string,
    market: LiveMarket,
  ): Run {
    const { name: file, path, format } = recording;
    market.clear();
    const worker = new Worker(REPLAY_THREAD, {
      workerData: { path, format, speed, symbol } satisfies ReplayThreadData,
      name: 'replay',
      resourceLimits: heapLimitsOf('replay'),
    });
    const startedTime = secondText(Math.floor(this.options.wallMs() / 1_000));
    const run: Run = {
      terms: { file, format, startedBy: sender.name, startedTime, reason },
      market,
      worker,
      state: 'running',
      speed,
      progress: NOTHING_YET,
      fault: undefined,
      onStandstill: [],
    };
    worker.on('message', (message: FromReplayThread) => this.#onMessage(run, message));
    worker.on('error', (error: Error) => this.#fail(run, error.message));
    return run;
  }

  #market(userId: number, reason: string): LiveMarket {
    try {
      return new LiveMarket(this.options, userId, reason);
    } catch (error) {
      if (error instanceof ReplayVenueError) throw new Problem('replay-unprepared', error.message);
      throw error;
    }
  }

  #onMessage(run: Run, message: FromReplayThread): void {
    if (message.kind === 'items') {
      run.market.take(message.items).then(
        () => tell(run, { kind: 'taken' }),
        (error: Error) => this.#fail(run, error.message),
      );
      return;
    }
    if (message.kind === 'failed') {
      this.#fail(run, message.reason);
      return;
    }
    run.progress = message.progress;
    if (message.kind === 'ended' && isUnderWay(run)) run.state = 'finished';
    if (message.kind === 'ended' || message.isPaused) standsStill(run);
  }

  #fail(run: Run, reason: string): void {
    if (!isUnderWay(run)) return;
    run.state = 'failed';
    run.fault = reason;
    this.options.logger.warn({ file: run.terms.file }, `the replay failed: ${reason}`);
    void run.worker.terminate();
    standsStill(run);
  }

  /** Resolves when the replay stands still, or after a while. */
  #standstill(run: Run): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, STANDSTILL_MS_MAX);
    run.onStandstill.push(resolve);
    return promise.finally(() => clearTimeout(timer));
  }

  /** Ends the replay that there is, if any, with its orders. @param userId undefined: who began it */
  async #end(userId: number | undefined, reason: string): Promise<void> {
    const { run } = this;
    if (run === undefined || run.state === 'stopped') return;
    run.state = 'stopped';
    standsStill(run);
    await run.worker.terminate();
    try {
      await run.market.end(userId, reason.slice(0, REASON_CHARS_MAX));
    } finally {
      this.claim.release();
    }
  }
}

function isUnderWay({ state }: Run): boolean {
  return state === 'running' || state === 'paused';
}

function tell(run: Run, message: ToReplayThread): void {
  run.worker.postMessage(message);
}

function standsStill(run: Run): void {
  for (const stands of run.onStandstill.splice(0)) stands();
}

/** @throws Problem */
function speedOf(text: string): ReplaySpeed {
  if (text === 'max') return 'max';
  const speed = Number(text);
  if (speed > 0) return speed;
  throw invalidField('speed', 'must be above 0, or max');
}
