import { isDeepStrictEqual } from 'node:util';
import type { OuchReport } from '#app/ouch-client.ts';
import { readEntry } from '#codec/log/entries.ts';
import { readEvent } from '#codec/log/events.ts';
import { TradingCore } from '#core/trading-core.ts';
import { EventType } from '#domain/events.ts';
import type { LogReader } from '#domain/ports.ts';
import { crc32cWords } from '#lib/crc32c.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

/** What a run found out about its orders. */
export interface AuditTotals {
  /** Orders whose acceptance a client was told. */
  acknowledged: number;
  /** Of those, that are not in the log. */
  lost: number;
  /** Orders of which the log has two that count. */
  twice: number;
  /** What operators did, as the log has it. */
  tradesCanceled: number;
  feesSet: number;
}

/** What one node says of its state. */
export interface ClaimedState {
  readonly nodeId: number;
  readonly sequence: number;
  readonly stateHash: string;
}

interface AcceptedOrder {
  readonly sequence: number;
  readonly clientTag: string;
}

/**
 * Checks what clients were told and what nodes hold against the log. It applies the log itself, from whichever copy has the next entry, and
 * holds every other copy against that. What is wrong is a sentence in `complaints`; nothing is thrown.
 */
export class Audit {
  readonly complaints: string[] = [];
  readonly totals: AuditTotals = {
    acknowledged: 0,
    lost: 0,
    twice: 0,
    tradesCanceled: 0,
    feesSet: 0,
  };
  readonly #core: TradingCore;
  /** By sequence: checksum and time of the entry, the state hash after it. */
  readonly #crcs: number[] = [0];
  readonly #times: string[] = [''];
  readonly #hashes: string[] = [''];
  /** By node: its newest start and the number of that start's last entry that counts. */
  readonly #nodes = new Map<number, { epoch: number; entryNo: number }>();
  /** New orders in entries that count, by user, number and text. */
  readonly #sent = new Set<string>();
  readonly #accepted = new Map<string, AcceptedOrder>();

  /** @param Core that of another build */
  constructor(Core = TradingCore) {
    this.#core = new Core({ onEvents: (words, from, to) => this.#onEvents(words, from, to) });
  }

  /** Last entry that was applied. */
  get sequence(): number {
    return this.#core.sequence;
  }

  /** A reader to give a copy of the log to, from any entry on, and a function that says up to which entry it came. */
  copy(name: string): LogReader & { readonly sequence: () => number } {
    let last = 0;
    return {
      sequence: () => last,
      deliver: (sequence, seconds, nanos, words, from, to) => {
        if (last !== 0 && sequence !== last + 1) this.#complain(`${name}: entry ${sequence} follows ${last}`);
        last = sequence;
        const time = `${seconds}.${nanos}`;
        const crc = crc32cWords(words.i32, from, to);
        if (sequence === this.sequence + 1) this.#apply(sequence, seconds, nanos, words, from, to);
        else if (sequence > this.sequence)
          this.#complain(`${name}: has entry ${sequence}, nobody has entry ${this.sequence + 1}`);
        else if (this.#crcs[sequence] !== crc || this.#times[sequence] !== time)
          this.#complain(`${name}: entry ${sequence} is not what others have`);
      },
    };
  }

  #apply(
    sequence: number,
    seconds: number,
    nanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): void {
    const { nodeId, epoch, entryNo, commands } = readEntry(words, from, to);
    const last = this.#nodes.get(nodeId) ?? { epoch: 0, entryNo: 0 };
    const counts =
      (epoch === last.epoch && entryNo === last.entryNo + 1) || (epoch > last.epoch && entryNo === 1);
    if (counts) {
      this.#nodes.set(nodeId, { epoch, entryNo });
      for (const command of commands) {
        if (command.type !== 'NewOrder') continue;
        const key = `${command.userId} ${command.clientOrderId} ${command.clientTag}`;
        if (this.#sent.has(key)) {
          this.totals.twice++;
          this.#complain(`entry ${sequence}: order ${key} is in the log for the second time`);
        }
        this.#sent.add(key);
      }
    }
    const isApplied = this.#core.applyEntry(sequence, seconds, nanos, words, from, to);
    if (isApplied !== counts) this.#complain(`entry ${sequence}: the core took it for ${isApplied}`);
    if (!this.#core.state.ledger.conserved()) this.#complain(`entry ${sequence}: the ledger does not add up`);
    this.#crcs[sequence] = crc32cWords(words.i32, from, to);
    this.#times[sequence] = `${seconds}.${nanos}`;
    this.#hashes[sequence] = this.#core.stateHash;
  }

  #onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const type = i32[at] & 0xff;
      if (type === EventType.TradeCanceled) this.totals.tradesCanceled++;
      if (type === EventType.FeesSet) this.totals.feesSet++;
      if (type !== EventType.OrderAccepted) continue;
      const event = readEvent(words, at, to);
      if (event.type !== 'OrderAccepted') continue;
      const key = `${event.userId} ${event.clientOrderId}`;
      if (this.#accepted.has(key)) {
        this.totals.twice++;
        this.#complain(`entry ${event.sequence}: order ${key} was accepted for the second time`);
      }
      this.#accepted.set(key, { sequence: event.sequence, clientTag: event.clientTag });
    }
  }

  /** Reports that a user was told: each acceptance is in the log, once, under the sequence that it names. */
  checkReceipts(userId: number, reports: readonly OuchReport[]): void {
    for (const report of reports) {
      if (report.type !== 'OrderAccepted') continue;
      this.totals.acknowledged++;
      const { userRefNum, clOrdId } = report;
      const order = this.#accepted.get(`${userId} ${userRefNum}`);
      if (order === undefined || order.clientTag !== clOrdId) {
        this.totals.lost++;
        const has = order === undefined ? 'no such order' : `another one, ${order.clientTag}`;
        this.#complain(
          `user ${userId} was told that order ${userRefNum} (${clOrdId}) is in, the log has ${has}`,
        );
      } else if (Number(report.options.logSequence) !== order.sequence) {
        this.#complain(
          `user ${userId}: order ${userRefNum} is entry ${order.sequence}, its receipt says ${report.options.logSequence}`,
        );
      }
    }
  }

  /** What a node tells of a user's reports is what the user was told. */
  checkReports(from: string, told: readonly OuchReport[], again: readonly OuchReport[]): void {
    const length = Math.max(told.length, again.length);
    for (let i = 0; i < length; i++) {
      if (isDeepStrictEqual(told[i], again[i])) continue;
      this.#complain(`${from}: ${JSON.stringify(told[i])} was told, then ${JSON.stringify(again[i])}`);
      return;
    }
  }

  /** A node's state is that of the log up to the entry where it stands. */
  checkState({ nodeId, sequence, stateHash }: ClaimedState): void {
    const expected = this.#hashes[sequence];
    if (expected === stateHash) return;
    this.#complain(
      `node ${nodeId} has state ${stateHash} after entry ${sequence}, the log makes ${expected ?? 'none'}`,
    );
  }

  #complain(complaint: string): void {
    this.complaints.push(complaint);
  }
}
