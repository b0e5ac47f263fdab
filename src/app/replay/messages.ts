import type { CommandInput } from '#codec/log/record-types.ts';
import type { Phase } from '#domain/commands.ts';
import type { ReplaySpeed } from '#replay/pacing.ts';
import type { ReplayFormat } from '#replay/replay-file.ts';

/** What the thread that reads a recording is started with. */
export interface ReplayThreadData {
  readonly path: string;
  readonly format: ReplayFormat;
  readonly speed: ReplaySpeed;
  /** The recorded instrument that is replayed; undefined: all of them. */
  readonly symbol: string | undefined;
}

/** What the venue is to do next. Numbers of users, instruments and orders are those of src/replay. */
export type ReplayItem =
  | { readonly kind: 'instrument'; readonly command: CommandInput<'AddInstrument'> }
  | { readonly kind: 'phase'; readonly instrumentId: number; readonly phase: Phase }
  /** Records of NewOrder, ReplaceOrder and CancelOrder, one behind the other. */
  | { readonly kind: 'orders'; readonly words: Int32Array<ArrayBuffer> };

/** How far the recording is. */
export interface ReplayProgress {
  readonly messages: number;
  readonly bytesRead: number;
  readonly bytesTotal: number;
  /** Of the last message; undefined before the first. */
  readonly recordedTime: string | undefined;
}

/** What the thread says. It waits for `taken` behind `items`. */
export type FromReplayThread =
  | { readonly kind: 'items'; readonly items: readonly ReplayItem[] }
  | { readonly kind: 'progress'; readonly progress: ReplayProgress; readonly isPaused: boolean }
  | { readonly kind: 'ended'; readonly progress: ReplayProgress }
  | { readonly kind: 'failed'; readonly reason: string };

/** What the thread is told. */
export type ToReplayThread =
  | { readonly kind: 'taken' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'step'; readonly messages: number }
  | { readonly kind: 'speed'; readonly speed: ReplaySpeed };
