import type { StatementSync } from 'node:sqlite';
import { CommandType } from '#domain/commands.ts';
import { CommandRejected, EventFlag, EventType, UserAdded } from '#domain/events.ts';
import type { OrderRecord } from '#domain/history.ts';
import type { EventSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { ActivitySums } from './activity-sums.ts';
import { ADMINISTRATION_FROM, AdminActionWriter } from './admin-action-writer.ts';
import { EntryCommands } from './entry-commands.ts';
import { EventMoment } from './event-moment.ts';
import type { HistoryDatabase } from './history-database.ts';
import { type HistoryError, historyError } from './history-errors.ts';
import { IncidentWriter } from './incident-writer.ts';
import { LedgerWriter } from './ledger-writer.ts';
import { OrderCompletion } from './order-completion.ts';
import { OrderWriter } from './order-writer.ts';
import { RefusedOrderWriter } from './refused-order-writer.ts';
import { TradeWriter } from './trade-writer.ts';

const IMAGE = EventFlag.Image << 8;

/**
 * Writes what happens into the tables of history: one transaction from `flush` to `flush`. Entries that are in the
 * tables already are passed over, so that the log may be applied again from anywhere before `lastSequence`.
 *
 * An error never comes out of `onEvents`, so that the core that feeds it stays whole: `flush` and `sync` throw it, every
 * time from then on, and nothing more is written. A start of the node writes what is missing from the log.
 */
export class HistoryWriter implements EventSink {
  declare private readonly database: HistoryDatabase;
  declare private readonly commands: EntryCommands;
  declare private readonly moment: EventMoment;
  declare private readonly orders: OrderWriter;
  declare private readonly completion: OrderCompletion;
  declare private readonly trades: TradeWriter;
  declare private readonly ledger: LedgerWriter;
  declare private readonly refusedOrders: RefusedOrderWriter;
  declare private readonly adminActions: AdminActionWriter;
  declare private readonly incidents: IncidentWriter;
  declare private readonly activity: ActivitySums;
  declare private readonly addUser: StatementSync;
  declare private readonly betweenPieces: () => void;
  declare private _lastSequence: number;
  declare private _failure: HistoryError | undefined;

  /**
   * @param betweenPieces called before each event of an entry and each row of orders that a flush writes: there may be thousands
   * @throws HistoryError
   */
  constructor(database: HistoryDatabase, betweenPieces: () => void = () => {}) {
    this.database = database;
    this.betweenPieces = betweenPieces;
    this._lastSequence = database.meta.lastSequence;
    this.commands = new EntryCommands();
    this.moment = new EventMoment(this._lastSequence);
    this.orders = new OrderWriter(database, this.moment, this.commands, betweenPieces);
    this.completion = new OrderCompletion(database);
    this.trades = new TradeWriter(database, this.moment, this.orders);
    this.ledger = new LedgerWriter(database, this.moment);
    this.refusedOrders = new RefusedOrderWriter(database, this.moment, this.commands);
    this.adminActions = new AdminActionWriter(database, this.moment, this.commands);
    this.incidents = new IncidentWriter(database, this.moment);
    this.activity = new ActivitySums(database, this.moment);
    this.addUser = database.prepare('INSERT OR REPLACE INTO users VALUES (?, ?)');
    this._failure = undefined;
  }

  /** Last entry that is in the tables. */
  get lastSequence(): number {
    return this._lastSequence;
  }

  /** First entry from which on nothing is lacking. */
  get completeFrom(): number {
    return this.database.meta.completeFrom;
  }

  /** Why nothing is written any more, if that is so. */
  get failure(): HistoryError | undefined {
    return this._failure;
  }

  /** The log's entry in words `from` up to `to`, before the core applies it: what was asked, where an event only answers. */
  onEntry(words: WordBuffer, from: number, to: number): void {
    this.commands.begin(words, from, to);
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    if (this._failure !== undefined) return;
    try {
      this.#write(words, from, to);
    } catch (error) {
      this._failure = historyError(this.database.file, error);
    }
  }

  /**
   * Takes over what stands after entry `sequence` at log time `timeSeconds`, as image events that `describe` makes, where history cannot have what
   * led there: it is complete from the entry after it on. Orders that stood before and stand no more end as Unknown; those of which history had
   * nothing have sequence 0 until `complete` says what else there is to know.
   * @throws HistoryError
   */
  beginAfter(
    sequence: number,
    timeSeconds: number,
    stateHash: string,
    describe: (sink: EventSink) => void,
  ): void {
    const { database } = this;
    try {
      database.begin();
      this.orders.forgetOpen();
      describe({
        onEvents: (words, from, to) => {
          const { i32 } = words;
          for (let at = from; at < to; at += i32[at] >>> 16) {
            const type = i32[at] & 255;
            this.moment.take(words, at);
            if (type === EventType.OrderAccepted) this.orders.takeOver(words, at);
            else this.#register(words, at, type);
          }
        },
      });
      this.orders.write();
      database.commit({
        completeFrom: sequence + 1,
        completeFromSeconds: timeSeconds,
        lastSequence: sequence,
        stateHash,
      });
    } catch (error) {
      this._failure = historyError(database.file, error);
      throw this._failure;
    }
    this._lastSequence = sequence;
    this.moment.sequence = sequence;
  }

  /**
   * Ends the step: readers find everything up to entry `sequence`, after which the core has `stateHash`.
   * @throws HistoryError
   */
  flush(sequence: number, stateHash: string): void {
    if (this._failure !== undefined) throw this._failure;
    if (sequence <= this._lastSequence) return;
    try {
      this.database.begin();
      this.orders.write();
      this.trades.write();
      this.activity.write();
      this.database.commit({ lastSequence: sequence, stateHash });
    } catch (error) {
      this._failure = historyError(this.database.file, error);
      throw this._failure;
    }
    this._lastSequence = sequence;
  }

  /** Users with orders of which only the state says that they stood. @throws HistoryError */
  incompleteUsers(): number[] {
    const rows = this.database.all('SELECT DISTINCT userId FROM orders WHERE sequence = 0');
    return rows.map(({ userId }) => Number(userId));
  }

  /**
   * Adds what the state does not say of orders that stood when history began, and to those that replaced them since. What was written must have
   * been flushed.
   * @param orders as they were when history began
   * @throws HistoryError
   */
  complete(orders: Iterable<OrderRecord>): void {
    if (this._failure !== undefined) throw this._failure;
    try {
      this.database.begin();
      for (const order of orders) this.completion.add(order, this.completeFrom);
      this.database.commit({});
    } catch (error) {
      this._failure = historyError(this.database.file, error);
      throw this._failure;
    }
  }

  /** Makes durable what was flushed: a snapshot that follows may forget it. @throws HistoryError */
  sync(): void {
    if (this._failure !== undefined) throw this._failure;
    try {
      this.database.sync();
    } catch (error) {
      this._failure = historyError(this.database.file, error);
      throw this._failure;
    }
  }

  #write(words: WordBuffer, from: number, to: number): void {
    const { i32, f64 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const head = i32[at];
      if ((head & IMAGE) !== 0) continue;
      const sequence = f64[(at + 2) >> 1];
      if (sequence <= this._lastSequence) continue;
      this.betweenPieces();
      this.database.begin();
      if (sequence !== this.moment.sequence) this.moment.take(words, at);
      this.#event(words, at, head & 255);
      this.moment.position++;
    }
  }

  #event(words: WordBuffer, at: number, type: number): void {
    this.activity.onEvent(words, at, type);
    switch (type) {
      case EventType.OrderAccepted:
        this.orders.accepted(words, at);
        return;
      case EventType.OrderCanceled:
        this.orders.canceled(words, at);
        return;
      case EventType.Trade:
        this.trades.traded(words, at);
        return;
      case EventType.TradeCanceled:
        this.trades.canceled(words, at);
        return;
      case EventType.FillCanceled:
        this.trades.fillCanceled(words, at);
        return;
      case EventType.OrderReplaced:
        this.orders.replaced(words, at);
        return;
      case EventType.OrderTriggered:
        this.orders.triggered(words, at);
        return;
      case EventType.LedgerPosted:
        this.ledger.posted(words, at);
        return;
      case EventType.PositionChanged:
        this.ledger.positionChanged(words, at);
        return;
      case EventType.CommandAccepted:
        this.adminActions.accepted(words, at);
        return;
      case EventType.CommandRejected:
        this.#refused(words, at);
        return;
      case EventType.IncidentPosted:
        this.incidents.posted(words, at);
        return;
      default:
        this.#register(words, at, type);
    }
  }

  /** What rows that come later need to know. */
  #register(words: WordBuffer, at: number, type: number): void {
    if (type === EventType.InstrumentAdded) this.trades.addInstrument(words, at);
    else if (type === EventType.UserAdded) {
      this.addUser.run(words.i32[at + UserAdded.at.newUserId], words.i32[at + UserAdded.at.accountId]);
    }
  }

  #refused(words: WordBuffer, at: number): void {
    const commandType = words.i32[at + CommandRejected.at.commandType] & 255;
    if (commandType >= ADMINISTRATION_FROM) this.adminActions.rejected(words, at);
    else if (commandType === CommandType.NewOrder || commandType === CommandType.ReplaceOrder)
      this.refusedOrders.refused(words, at);
  }
}
