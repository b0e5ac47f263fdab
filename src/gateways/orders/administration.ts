import { encodeCommand } from '#codec/log/commands.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { CommandType } from '#domain/commands.ts';
import { CommandAccepted, CommandRejected, EventFlag, EventType, MassCancelDone } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import { Limits } from '#domain/limits.ts';
import type { CommandSink, FollowingSink } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { Outcome } from './requests.ts';

/** How long a command may wait for its answer before its sender is told that the outcome is unknown. */
const ANSWER_MS_MAX = 5_000;

const FOREIGN = EventFlag.Foreign << 8;
const ACCEPTED_TYPE = byteAt(CommandAccepted, 'commandType');
const REJECTED_TYPE = byteAt(CommandRejected, 'commandType');
const REJECTED_CODE = byteAt(CommandRejected, 'rejectCode');

interface Waiting {
  readonly commandType: CommandType;
  readonly userId: number;
  readonly sentMs: number;
  /** Of those that cancel orders, from the event before the answer. */
  canceledOrders: number;
  readonly onOutcome: (outcome: Outcome) => void;
}

type WithoutSender<Command> = Command extends unknown ? Omit<Command, 'userId' | 'clientOrderId'> : never;

/** A command that does not say yet who sends it. */
export type UnsentCommand = WithoutSender<CommandInput>;

export interface AdministrationOptions {
  readonly sink: CommandSink;
  /** Numbers for requests: those of the desk, so that no two requests of this node have the same. */
  readonly nextRequestNumber: () => number;
  /** Monotonic milliseconds. Default: performance.now. */
  readonly nowMs?: () => number;
}

/** Sends commands of administration for users of the edge and tells each what became of it. Who may do what is for the door to ask, and the core asks again. */
export class Administration implements FollowingSink {
  declare private readonly sink: CommandSink;
  declare private readonly nextRequestNumber: () => number;
  declare private readonly nowMs: () => number;
  /** By request number, the oldest first. */
  declare private readonly waiting: Map<number, Waiting>;

  constructor({ sink, nextRequestNumber, nowMs = () => performance.now() }: AdministrationOptions) {
    this.sink = sink;
    this.nextRequestNumber = nextRequestNumber;
    this.nowMs = nowMs;
    this.waiting = new Map();
  }

  /**
   * Sends `command` for the user. `onOutcome` may be called at once.
   * @throws CodecError when a field of the command is outside its range: nothing was sent
   */
  send(userId: number, command: UnsentCommand, onOutcome: (outcome: Outcome) => void): void {
    const number = this.nextRequestNumber();
    const record = { ...command, userId, clientOrderId: number } as CommandInput;
    // Encoded before anything is reserved: what is wrong is refused as a whole.
    const at = this.#reserve(record);
    if (at === -1) {
      onOutcome({ kind: 'refused', why: 'BUSY' });
      return;
    }
    const commandType = CommandType[command.type];
    this.waiting.set(number, { commandType, userId, sentMs: this.nowMs(), canceledOrders: 0, onOutcome });
  }

  #reserve(record: CommandInput): number {
    const words = WordBuffer.copyOf(encodeCommand(record));
    if (this.waiting.size >= Limits.DESK_PENDING_PER_USER_MAX) return -1;
    const at = this.sink.reserve(words.words);
    if (at !== -1) this.sink.words.i32.set(words.i32, at);
    return at;
  }

  onEvents({ i32, f64, u8 }: WordBuffer, from: number, to: number): void {
    if (this.waiting.size === 0) return;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const type = i32[at] & 255;
      if ((i32[at] & FOREIGN) !== 0) continue;
      const userId = i32[at + 6];
      const sequence = f64[(at + 2) >> 1];
      if (type === EventType.MassCancelDone) {
        const waiting = this.waiting.get(i32[at + MassCancelDone.at.clientOrderId]);
        if (waiting?.userId === userId) waiting.canceledOrders = i32[at + MassCancelDone.at.canceledOrders];
      } else if (type === EventType.CommandAccepted) {
        const number = i32[at + CommandAccepted.at.clientOrderId];
        const answered = this.#take(number, u8[at * 4 + ACCEPTED_TYPE], userId);
        const canceledOrders = answered?.canceledOrders ?? 0;
        answered?.onOutcome({ kind: 'done', order: undefined, sequence, canceledOrders });
      } else if (type === EventType.CommandRejected) {
        const number = i32[at + CommandRejected.at.clientOrderId];
        const code = at * 4 + REJECTED_CODE;
        const rejectCode = u8[code] | (u8[code + 1] << 8);
        const answered = this.#take(number, u8[at * 4 + REJECTED_TYPE], userId);
        answered?.onOutcome({ kind: 'rejected', rejectCode, sequence });
      }
    }
  }

  #take(number: number, commandType: number, userId: number): Waiting | undefined {
    const waiting = this.waiting.get(number);
    if (waiting?.commandType !== commandType || waiting.userId !== userId) return undefined;
    this.waiting.delete(number);
    return waiting;
  }

  /** Answers may have been among the events that were lost. */
  onRestart(): void {
    this.#giveUp(Number.POSITIVE_INFINITY);
  }

  onImage(): void {}

  /** Gives up on answers that are overdue; to be called now and then. */
  sweep(): void {
    this.#giveUp(this.nowMs() - ANSWER_MS_MAX);
  }

  #giveUp(beforeMs: number): void {
    for (const [number, { sentMs, onOutcome }] of this.waiting) {
      if (sentMs >= beforeMs) return;
      this.waiting.delete(number);
      onOutcome({ kind: 'unknown' });
    }
  }
}
