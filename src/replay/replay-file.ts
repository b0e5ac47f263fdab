import { setImmediate } from 'node:timers/promises';
import { readBitstamp } from './bitstamp/bitstamp-reader.ts';
import { BitstampReplay } from './bitstamp/bitstamp-replay.ts';
import { openInputs, type ProgressListener, type ReplayInput } from './input/byte-source.ts';
import { readItch } from './itch/itch-reader.ts';
import { ItchReplay } from './itch/itch-replay.ts';
import { findLobsterDay, readLobster } from './lobster/lobster-reader.ts';
import { LobsterReplay } from './lobster/lobster-replay.ts';
import { ReplayVenue } from './market/replay-venue.ts';
import { paced, type ReplayClock, type ReplaySpeed, systemClock, type Timed } from './pacing.ts';
import { ReplayFileError, ReplayFilesError } from './replay-error.ts';
import { ReplayLimits } from './replay-limits.ts';
import { type ReplayReport, ReplayTallies } from './replay-report.ts';
import type { ReplayTarget } from './replay-target.ts';

/** Recorded-market formats that can be replayed. */
export const REPLAY_FORMATS = ['lobster', 'itch', 'bitstamp'] as const;
export type ReplayFormat = (typeof REPLAY_FORMATS)[number];

export interface ReplayOptions {
  readonly format: ReplayFormat;
  /** Paths as the recordings come: plain, .gz, .xz or .zip, told apart by their content. */
  readonly files: readonly string[];
  /** An empty venue, or what opens one: once the first messages are read, as nothing else shows that the files are a recording. */
  readonly target: ReplayTarget | (() => ReplayTarget);
  /** Default: as fast as the venue takes it. */
  readonly speed?: ReplaySpeed;
  /** Default: the machine's clock. */
  readonly clock?: ReplayClock;
  readonly onProgress?: ProgressListener;
  /** Decides when messages go on, in the place of `speed`. */
  readonly pacer?: Pacer;
}

/** When the messages of a record go on. */
export interface Pacer {
  /** Hands the messages of `batches` on, in their order, as they may go. */
  pace<Message extends Timed>(batches: AsyncIterable<readonly Message[]>): AsyncIterable<readonly Message[]>;
}

/** What the replay of each format does with its messages. */
interface FormatReplay<Message> {
  onMessage(message: Message): void;
  /** Replays what is still held back after the last message. */
  finish(): void;
}

/**
 * Replays one recorded market through the target and reports how the venue's executions and displayed book compare
 * with the record.
 * @throws ReplayFilesError when the format takes other files
 * @throws ReplayFileError for files that cannot be read or have no message; what was replayed until then stays in the target
 */
export async function replayFile(options: ReplayOptions): Promise<ReplayReport> {
  const { format, pacer, speed = 'max', clock = systemClock } = options;
  const inputs = await openInputs(options.files);
  const tallies = new ReplayTallies();
  const startMs = clock.nowMs();

  async function run<Message extends Timed>(
    batches: AsyncIterable<readonly Message[]>,
    begin: (venue: ReplayVenue, tallies: ReplayTallies) => FormatReplay<Message>,
  ): Promise<ReplayReport> {
    let started: { target: ReplayTarget; venue: ReplayVenue; replay: FormatReplay<Message> } | undefined;
    for await (const batch of pacer?.pace(batches) ?? paced(batches, speed, clock)) {
      if (batch.length === 0) continue;
      if (started === undefined) {
        const target = typeof options.target === 'function' ? options.target() : options.target;
        const venue = new ReplayVenue(target);
        started = { target, venue, replay: begin(venue, tallies) };
      }
      for (let at = 0; at < batch.length; at++) {
        tallies.onTime(batch[at]);
        started.replay.onMessage(batch[at]);
        if ((at + 1) % ReplayLimits.SLICE_MESSAGES === 0) await setImmediate();
      }
    }
    if (started === undefined) throw withoutMessages(inputs);
    started.replay.finish();
    const { target, venue } = started;
    return report(format, venue, tallies, target.stateHash(), clock.nowMs() - startMs);
  }

  switch (format) {
    case 'lobster': {
      const day = findLobsterDay(inputs);
      const onBytes = progressOf([day.messages, day.books], options.onProgress);
      return await run(readLobster(day, onBytes), (...to) => new LobsterReplay(...to, day.symbol));
    }
    case 'itch': {
      const input = single(inputs, 'ITCH');
      const onBytes = progressOf([input], options.onProgress);
      return await run(readItch(input, onBytes), (...to) => new ItchReplay(...to));
    }
    case 'bitstamp': {
      const input = single(inputs, 'Bitstamp');
      const onBytes = progressOf([input], options.onProgress);
      return await run(readBitstamp(input, onBytes), (...to) => new BitstampReplay(...to));
    }
  }
}

function withoutMessages(inputs: readonly ReplayInput[]): ReplayFileError {
  const names = inputs.map(({ name }) => name).join(', ');
  return new ReplayFileError(
    names,
    {},
    'there is no message in it',
    'Check --format, or fetch the file again',
  );
}

/** @throws ReplayFilesError when there is not exactly one input */
function single(inputs: readonly ReplayInput[], format: string): ReplayInput {
  if (inputs.length === 1) return inputs[0];
  throw new ReplayFilesError(
    inputs.map(({ name }) => name),
    `${inputs.length} files, but a replay of ${format} takes one`,
    'Give one file, or an archive with one file in it',
  );
}

function progressOf(
  inputs: readonly ReplayInput[],
  listener: ProgressListener | undefined,
): (bytes: number) => void {
  const total = inputs.reduce((sum, { bytes }) => sum + bytes, 0);
  let read = 0;
  return (bytes) => {
    read += bytes;
    listener?.(read, total);
  };
}

function report(
  format: ReplayFormat,
  venue: ReplayVenue,
  tallies: ReplayTallies,
  stateHash: string,
  elapsedMs: number,
): ReplayReport {
  return {
    format,
    messages: tallies.messages.counts,
    commands: venue.commands,
    executions: {
      exact: tallies.executionsExact,
      differing: tallies.executionsDiffering.total,
      notComparable: tallies.executionsNotComparable.total,
    },
    bookRows: {
      equal: tallies.rowsEqual,
      differing: tallies.rowsDiffering.total,
      notComparable: tallies.rowsNotComparable.total,
    },
    liveOrders: venue.liveOrders,
    commandsPerSecond: Math.round(venue.commands / (Math.max(elapsedMs, 1) / 1_000)),
    stateHash,
    reasons: {
      executionsDiffering: tallies.executionsDiffering.counts,
      executionsNotComparable: tallies.executionsNotComparable.counts,
      rowsDiffering: tallies.rowsDiffering.counts,
      rowsNotComparable: tallies.rowsNotComparable.counts,
      messagesNotReplayed: tallies.messagesNotReplayed.counts,
    },
    reconciliations: {
      enteringWindow: tallies.reconciliationsEntering,
      insideWindow: tallies.reconciliationsInside,
    },
    unexpectedTrades: venue.unexpectedTrades,
    timesGoneBack: tallies.timesGoneBack,
    rejects: venue.rejects.counts,
    recordedTrades: { matched: tallies.tradesMatched, unmatched: tallies.tradesUnmatched },
  };
}
