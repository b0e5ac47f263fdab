import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandInput } from '#codec/log/record-types.ts';
import { CommandType, NewOrder, Phase, ReplaceOrder } from '#domain/commands.ts';
import { CommandRejected, EventType, OrderAccepted, OrderCanceled, OrderReplaced } from '#domain/events.ts';
import { byteAt } from '#domain/layout.ts';
import type { MarketViews } from '#domain/market-views.ts';
import type { CommandSink, FollowingSink } from '#domain/ports.ts';
import { rejectName } from '#domain/rejects.ts';
import type { UserDirectory } from '#gateways/identity/user-directory.ts';
import type { UnsentCommand } from '#gateways/orders/administration.ts';
import { writeMassCancel } from '#gateways/orders/requests.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { ReplayItem } from './messages.ts';
import {
  baseAssetOf,
  FIRST_INSTRUMENT_ID,
  liveSymbol,
  PARTICIPANTS,
  participantOf,
  REPLAY_QUOTE,
  RESTING_PARTICIPANTS,
} from './participants.ts';

/** How long an answer of the venue may take: then it was lost, as when the edge fell behind the events. */
const ANSWER_MS_MAX = 5_000;
/** How long the venue may take no commands. */
const ROOM_MS_MAX = 30_000;
const ROOM_PAUSE_MS = 2;

const [FIRST_PARTICIPANT] = PARTICIPANTS;
const LAST_PARTICIPANT = PARTICIPANTS[PARTICIPANTS.length - 1];
/** Word of an event's header. */
const EVENT_USER = OrderAccepted.at.userId;
const REJECT_CODE = byteAt(CommandRejected, 'rejectCode');

/** Where each event that answers an order command has its number. */
const ANSWERED_ID: ReadonlyMap<number, number> = new Map([
  [EventType.OrderAccepted, OrderAccepted.at.clientOrderId],
  [EventType.OrderReplaced, OrderReplaced.at.clientOrderId],
  [EventType.OrderCanceled, OrderCanceled.at.clientOrderId],
  [EventType.CommandRejected, CommandRejected.at.clientOrderId],
]);

/** What a replay needs of the edge. */
export interface LiveMarketSources {
  readonly sink: CommandSink;
  readonly views: Pick<MarketViews, 'instrument' | 'instrumentBySymbol'>;
  readonly directory: Pick<UserDirectory, 'user'>;
  /** Sends a command of administration; resolves when it has taken effect. @throws Problem */
  send(userId: number, command: UnsentCommand): Promise<unknown>;
}

/** A recording cannot be replayed in this venue. The message says what to do. */
export class ReplayVenueError extends Error {
  override readonly name = 'ReplayVenueError';
  readonly code = 'REPLAY_VENUE';
}

/**
 * Does in the venue what a replay says: its participants send the orders, and who began the replay adds instruments and changes
 * phases. One batch is under way at a time: the next is taken when the venue has answered the last command of the one before.
 */
export class LiveMarket implements FollowingSink {
  /** Order commands that were sent. */
  declare orders: number;
  /** Those that were refused, by the name of the reject. */
  declare readonly rejects: Map<string, number>;
  /** Its instruments, by the numbers that src/replay gives them. */
  declare private readonly instruments: Map<
    number,
    { readonly instrumentId: number; readonly symbol: string }
  >;
  /** What is added to the order numbers of each participant: the venue takes rising ones only. */
  declare private readonly firstIds: Map<number, number>;
  declare private readonly sources: LiveMarketSources;
  declare private readonly userId: number;
  declare private readonly reason: string;
  declare private isEnded: boolean;
  /** The last command of the batch that is under way. */
  declare private awaited: { readonly userId: number; readonly number: number; resolve(): void } | undefined;

  /**
   * @param userId who began the replay
   * @param reason for the log
   * @throws ReplayVenueError when the venue has no participants for it
   */
  constructor(sources: LiveMarketSources, userId: number, reason: string) {
    this.orders = 0;
    this.rejects = new Map();
    this.instruments = new Map();
    this.firstIds = new Map();
    this.sources = sources;
    this.userId = userId;
    this.reason = reason;
    this.isEnded = false;
    this.awaited = undefined;
    for (const participant of PARTICIPANTS) {
      const user = sources.directory.user(participant);
      if (user === undefined)
        throw new ReplayVenueError(
          'the venue has no participants for replays: start this node again with replay.directory, or demote and promote it',
        );
      this.firstIds.set(participant, user.lastClientOrderId);
    }
  }

  /** In this venue. */
  get symbols(): string[] {
    return [...this.instruments.values()].map(({ symbol }) => symbol);
  }

  /** Does what the replay says, in its order. @throws ReplayVenueError, Problem */
  async take(items: readonly ReplayItem[]): Promise<void> {
    for (const item of items) {
      if (this.isEnded) return;
      if (item.kind === 'instrument') await this.#open(item.command);
      else if (item.kind === 'phase') await this.#setPhase(item.instrumentId, item.phase);
      else await this.#send(item.words);
    }
  }

  /** Takes the participants' orders out of the books: what an earlier life of the node may have left. */
  clear(): void {
    for (const participant of RESTING_PARTICIPANTS)
      writeMassCancel(this.sources.sink, participant, 1, {
        instrumentId: 0,
        accountId: 0,
        sessionUserId: 0,
        side: 0,
      });
  }

  /** Takes no more, removes the orders, and closes the instruments. @param userId who ends it; undefined: who began it @throws Problem */
  async end(userId: number | undefined, reason: string): Promise<void> {
    this.isEnded = true;
    this.awaited?.resolve();
    this.clear();
    const phase = Phase.Closed;
    // All are closed that can be: nobody comes back for the others.
    const closed = await Promise.allSettled(
      [...this.instruments.values()].map(({ instrumentId }) =>
        this.sources.send(userId ?? this.userId, { type: 'SetPhase', instrumentId, phase, reason }),
      ),
    );
    const failed = closed.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** The instrument of the recording in this venue: the one of an earlier replay, or a new one. */
  async #open(command: CommandInput<'AddInstrument'>): Promise<void> {
    const { views, send } = this.sources;
    const symbol = liveSymbol(command.symbol as string);
    const standing = views.instrumentBySymbol(symbol)?.terms;
    const decimals = command.qtyDecimals ?? 0;
    const baseAssetId = baseAssetOf(decimals);
    const isOther =
      standing !== undefined &&
      (standing.quoteAssetId !== REPLAY_QUOTE.assetId ||
        standing.priceDecimals !== command.priceDecimals ||
        standing.qtyDecimals !== decimals);
    const isTwice = this.symbols.includes(symbol);
    if (isOther || isTwice || baseAssetId === undefined)
      throw new ReplayVenueError(
        `${command.symbol} would be ${symbol} here, and that is ${isTwice ? 'another instrument of the recording' : 'no instrument of such a replay'}: name another one of the recording`,
      );
    let instrumentId = standing?.instrumentId ?? FIRST_INSTRUMENT_ID;
    if (standing === undefined) {
      while (views.instrument(instrumentId) !== undefined) instrumentId++;
      const { userId: _, clientOrderId: __, ...terms } = command;
      await send(this.userId, {
        ...terms,
        instrumentId,
        symbol,
        baseAssetId,
        quoteAssetId: REPLAY_QUOTE.assetId,
        phase: Phase.Closed,
        reason: this.reason,
      });
    }
    this.instruments.set(command.instrumentId as number, { instrumentId, symbol });
    await this.#setPhase(command.instrumentId as number, Phase.Continuous);
  }

  async #setPhase(recordedId: number, phase: Phase): Promise<void> {
    const { instrumentId } = this.instruments.get(recordedId) as { readonly instrumentId: number };
    await this.sources.send(this.userId, { type: 'SetPhase', instrumentId, phase, reason: this.reason });
  }

  async #send(words: Int32Array): Promise<void> {
    for (let at = 0; at < words.length; ) {
      const size = words[at] >>> 16;
      const [userId, number] = this.#translate(words, at);
      const isLast = at + size === words.length;
      const answered = isLast ? this.#answerTo(userId, number) : undefined;
      await this.#hand(words, at, size);
      await answered;
      if (this.isEnded) return;
      at += size;
    }
  }

  /** From the numbers of src/replay to those of this venue; whose command it is, and its number. */
  #translate(words: Int32Array, at: number): readonly [userId: number, number: number] {
    const userId = participantOf(words[at + NewOrder.at.userId]);
    const first = this.firstIds.get(userId) as number;
    const instrument = this.instruments.get(words[at + NewOrder.at.instrumentId]);
    words[at + NewOrder.at.userId] = userId;
    words[at + NewOrder.at.instrumentId] = instrument?.instrumentId ?? 0;
    words[at + NewOrder.at.clientOrderId] += first;
    if ((words[at] & 0xff) === CommandType.ReplaceOrder)
      words[at + ReplaceOrder.at.originalClientOrderId] += first;
    return [userId, words[at + NewOrder.at.clientOrderId]];
  }

  /** Hands a command in; waits while the venue has no room. @throws ReplayVenueError */
  async #hand(words: Int32Array, at: number, size: number): Promise<void> {
    const { sink } = this.sources;
    const startedMs = performance.now();
    let to = sink.reserve(size);
    while (to === -1) {
      if (this.isEnded) return;
      if (performance.now() - startedMs > ROOM_MS_MAX)
        throw new ReplayVenueError('the node takes no commands now: start the replay again when it serves');
      await sleep(ROOM_PAUSE_MS);
      to = sink.reserve(size);
    }
    for (let word = 0; word < size; word++) sink.words.i32[to + word] = words[at + word];
    this.orders++;
  }

  #answerTo(userId: number, number: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ANSWER_MS_MAX);
    this.awaited = { userId, number, resolve };
    return promise.finally(() => {
      clearTimeout(timer);
      this.awaited = undefined;
    });
  }

  onEvents({ i32, u8 }: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const userId = i32[at + EVENT_USER];
      if (userId < FIRST_PARTICIPANT || userId > LAST_PARTICIPANT) continue;
      const type = i32[at] & 0xff;
      if (type === EventType.CommandRejected) this.#onRejected(u8, at * 4 + REJECT_CODE);
      const idAt = ANSWERED_ID.get(type);
      if (idAt === undefined || this.awaited === undefined) continue;
      if (this.awaited.userId === userId && this.awaited.number === i32[at + idAt]) this.awaited.resolve();
    }
  }

  #onRejected(u8: Uint8Array, byte: number): void {
    const code = u8[byte] | (u8[byte + 1] << 8);
    const name = rejectName(code) ?? String(code);
    this.rejects.set(name, (this.rejects.get(name) ?? 0) + 1);
  }

  /** The answer may have been among the events that were lost. */
  onRestart(): void {
    this.awaited?.resolve();
  }

  onImage(): void {}
}
