import { COMMAND_LAYOUTS, CommandType, InstrumentKind } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS, EntryHeader } from '#domain/entry.ts';
import { CancelReason } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import type { EventSink } from '#domain/ports.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { assert } from '#lib/assert.ts';
import type { Columns } from '#lib/columns.ts';
import { WORD_OFFSET_MASK, type WordBuffer } from '#lib/word-buffer.ts';
import { Administration } from './administration.ts';
import { OrderCancellation } from './cancel-order.ts';
import { TradeCancellation } from './cancel-trade.ts';
import { CORE_VERSION_INITIAL } from './core-version.ts';
import { describeStatus } from './describe-status.ts';
import { EventWriter } from './event-writer.ts';
import { Execution } from './execution.ts';
import { GatewaySessions } from './gateway-sessions.ts';
import { Identity } from './identity.ts';
import { Incoming } from './incoming.ts';
import { MassCancellation } from './mass-cancel.ts';
import { OrderEntry } from './order-entry.ts';
import { PhaseControl } from './phase/phase-control.ts';
import { Refusals } from './refusals.ts';
import { Reports } from './reports.ts';
import { type CoreCapacity, CoreState, DEFAULT_CAPACITY } from './state.ts';
import { walkBook } from './walk-book.ts';

/** Words of each command by type, with its optional fields and without; 0 for an unknown type. */
const WORDS_OF_TYPE = new Int32Array(256);
const SHORT_WORDS_OF_TYPE = new Int32Array(256);
for (const { type, words, shortWords } of COMMAND_LAYOUTS) {
  WORDS_OF_TYPE[type] = words;
  SHORT_WORDS_OF_TYPE[type] = shortWords;
}

const { NewOrder: NEW_ORDER, CancelOrder: CANCEL_ORDER, ReplaceOrder: REPLACE_ORDER } = CommandType;
const { epoch: EPOCH, entryNo: ENTRY_NO } = EntryHeader.at;
const HEADER_WORDS = ENTRY_HEADER_WORDS;
const MASK = WORD_OFFSET_MASK;
const COMMAND_COUNT_SHIFT = 16;

export interface TradingCoreOptions {
  /**
   * 32 bits that scatter the indexes by clientOrderId and by text. It reaches neither events nor hash nor image, so every core may
   * have its own: a secret random number where clients are not trusted, since they choose the keys; default a fixed one.
   */
  readonly hashSeed?: number;
}

/**
 * The deterministic core: risk, matching, ledger. State is a function of the entries applied, in order; nothing
 * else goes in, and what comes out are events. Same entries, same version: same event bytes, same hash, same image.
 *
 * One entry goes through it as
 *   1. `begin`  its sequence and time become current; a repeat of the node's entry is recognised and ignored
 *   2. `apply`  each command: checks, then effect, then what the effect sets off (pairs, stops)
 *   3. `end`    the events are hashed and handed to the sink
 */
export class TradingCore {
  /** The tables and books, to be read by tools and tests, never written. */
  declare readonly state: CoreState;
  declare private readonly writer: EventWriter;
  declare private readonly execution: Execution;
  declare private readonly reports: Reports;
  declare private readonly refusals: Refusals;
  declare private readonly phaseControl: PhaseControl;
  declare private readonly incoming: Incoming;
  declare private readonly orderEntry: OrderEntry;
  declare private readonly orderCancellation: OrderCancellation;
  declare private readonly massCancellation: MassCancellation;
  declare private readonly gatewaySessions: GatewaySessions;
  declare private readonly identity: Identity;
  declare private readonly administration: Administration;

  constructor(sink: EventSink, capacity: Partial<CoreCapacity> = {}, { hashSeed }: TradingCoreOptions = {}) {
    for (const [name, rows] of Object.entries(capacity)) {
      assert(
        Object.hasOwn(DEFAULT_CAPACITY, name) && Number.isInteger(rows) && rows >= 0,
        'Condition: a capacity has the name of one, and is a whole number of at least 0',
      );
    }
    const state = new CoreState({ ...DEFAULT_CAPACITY, ...capacity }, CORE_VERSION_INITIAL, hashSeed);
    const writer = new EventWriter(sink);
    state.hashHigh = writer.hashHigh;
    state.hashLow = writer.hashLow;
    const reports = new Reports(writer, state.orders, state.instruments, state.accounts, state.users);
    const execution = new Execution(state, writer, reports);
    const refusals = new Refusals(state, writer);
    const phaseControl = new PhaseControl(state, writer, execution);
    const incoming = new Incoming(state, execution, reports, phaseControl);
    const massCancellation = new MassCancellation(state, writer, execution, refusals);
    this.state = state;
    this.writer = writer;
    this.reports = reports;
    this.execution = execution;
    this.refusals = refusals;
    this.phaseControl = phaseControl;
    this.incoming = incoming;
    this.massCancellation = massCancellation;
    this.orderEntry = new OrderEntry(state, execution, reports, incoming, refusals);
    this.orderCancellation = new OrderCancellation(state, execution, reports, incoming, refusals);
    this.gatewaySessions = new GatewaySessions(state, writer, massCancellation, refusals);
    this.identity = new Identity(state, writer, massCancellation);
    this.administration = new Administration(
      state,
      writer,
      execution,
      phaseControl,
      massCancellation,
      new TradeCancellation(state, writer, execution),
      refusals,
      this.identity,
      this.gatewaySessions,
    );
  }

  /** Sequence of the last entry applied; 0 before the first. */
  get sequence(): number {
    return this.state.sequence;
  }

  /** Numbers of the nodes of which an entry was applied. */
  nodeIds(): number[] {
    const { nodes, nodeId } = this.state;
    return Array.from({ length: nodes.rows }, (_, row) => nodeId[row]);
  }

  /** The rolling state hash after the last entry, as 16 hexadecimal digits. */
  get stateHash(): string {
    return hex(this.writer.hashHigh) + hex(this.writer.hashLow);
  }

  /**
   * Applies one log entry, words `from` to `to`. Structurally broken entries must not come here: the replica
   * checks them with codec/log's requireEntry.
   * @returns whether its commands were applied: false as for `begin`
   * @throws CoreVersionError when the entry switches to rules that this build lacks; the core is then unusable.
   */
  applyEntry(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    words: WordBuffer,
    from: number,
    to: number,
  ): boolean {
    const { i32, f64 } = words;
    const start = from & MASK;
    const head = i32[start];
    const epoch = i32[start + EPOCH] >>> 0;
    const entryNo = f64[(start + ENTRY_NO) >> 1];
    const isNext = this.begin(sequence, timeSeconds, timeNanos, head & 0xffff, epoch, entryNo);
    if (isNext) {
      let left = head >>> COMMAND_COUNT_SHIFT;
      for (let at = start + HEADER_WORDS; at < to && left > 0; left--) {
        this.apply(words, at);
        at += i32[at] >>> 16;
      }
    }
    this.end();
    return isNext;
  }

  /**
   * Makes an entry current. False when it is not the node's next one: its commands must then not be applied, but `end`
   * must still be called. The next one is the first of a later epoch, or has the number after the last one's. So
   * one that the log has twice counts once, and one that was lost on its way is waited for: its node appends it again,
   * with all that followed.
   */
  begin(
    sequence: number,
    timeSeconds: number,
    timeNanos: number,
    nodeId: number,
    epoch: number,
    entryNo: number,
  ): boolean {
    const state = this.state;
    state.sequence = sequence;
    const isLater =
      timeSeconds > state.timeSeconds || (timeSeconds === state.timeSeconds && timeNanos > state.timeNanos);
    if (isLater) {
      state.timeSeconds = timeSeconds;
      state.timeNanos = timeNanos;
    }
    this.writer.stamp(sequence, state.timeSeconds, state.timeNanos);
    return this.#isNext(nodeId, epoch, entryNo);
  }

  #isNext(nodeId: number, epoch: number, entryNo: number): boolean {
    const { nodes, nodeId: ids, nodeEpoch, nodeEntryNo } = this.state;
    let row = 0;
    while (row < nodes.rows && ids[row] !== nodeId) row++;
    const isKnown = row < nodes.rows;
    const isNext =
      isKnown && epoch === nodeEpoch[row]
        ? entryNo === nodeEntryNo[row] + 1
        : entryNo === 1 && (!isKnown || epoch > nodeEpoch[row]);
    if (!isNext) return false;
    if (!isKnown) {
      // Leaving the node's entries out would lose what it was told is durable: rather no node goes on.
      assert(nodes.addRow() !== -1, 'Condition: at most Limits.NODES_MAX nodes ever append to one log');
      ids[row] = nodeId;
    }
    nodeEpoch[row] = epoch;
    nodeEntryNo[row] = entryNo;
    return true;
  }

  /**
   * Applies the command record at word `offset`. Between `begin` and `end`.
   * @throws CoreVersionError as `applyEntry`
   */
  apply(words: WordBuffer, offset: number): void {
    const head = words.i32[offset];
    const type = head & 255;
    const sizeWords = head >>> 16;
    if (sizeWords !== SHORT_WORDS_OF_TYPE[type] && sizeWords !== WORDS_OF_TYPE[type]) {
      this.refusals.refuse(type as CommandType, RejectCode.MALFORMED_COMMAND, words, offset, 0);
      return;
    }
    switch (type) {
      case NEW_ORDER:
        this.orderEntry.newOrder(words, offset);
        return;
      case CANCEL_ORDER:
        this.orderCancellation.cancelOrder(words, offset);
        return;
      case REPLACE_ORDER:
        this.orderEntry.replaceOrder(words, offset);
        return;
      case CommandType.MassCancel:
        this.massCancellation.massCancel(words, offset);
        return;
      case CommandType.OpenSession:
        this.gatewaySessions.open(words, offset);
        return;
      case CommandType.CloseSession:
        this.gatewaySessions.close(words, offset);
        return;
      case CommandType.Tick:
        if (words.i32[offset + 1] !== 0) break;
        this.#tick();
        return;
      case CommandType.Attest:
        if (words.i32[offset + 1] !== 0) break;
        this.administration.attest(words, offset);
        return;
    }
    const code = this.administration.apply(type as CommandType, words, offset);
    if (code === ACCEPTED && type === CommandType.SetPhase) {
      this.incoming.triggerStops(this.state.instruments.rowOf(words.i32[offset + 2]));
    }
  }

  /** Ends the entry: hashes its events and hands them to the sink. */
  end(): void {
    this.writer.flush();
    this.state.hashHigh = this.writer.hashHigh;
    this.state.hashLow = this.writer.hashLow;
  }

  /** What time does: expiries, ends of phases, schedules, indicatives, leftover stops. Not later than the last: nothing. */
  #tick(): void {
    const state = this.state;
    const { timeSeconds, timeNanos, lastTickSeconds, lastTickNanos, orders } = state;
    if (timeSeconds < lastTickSeconds || (timeSeconds === lastTickSeconds && timeNanos <= lastTickNanos))
      return;
    state.lastTickSeconds = timeSeconds;
    state.lastTickNanos = timeNanos;
    for (let expired = 0; expired < Limits.EXPIRIES_PER_TICK_MAX; expired++) {
      const slot = state.expiry.due(timeSeconds);
      if (slot === 0) break;
      this.execution.cancel(slot, CancelReason.Expired);
    }
    this.phaseControl.endTimedPhases();
    this.phaseControl.runSchedules();
    this.phaseControl.publishIndicatives();
    let budget: number = Limits.STOP_TRIGGERS_PER_COMMAND_MAX;
    for (let row = 0; row < state.books.length && budget > 0; row++) {
      if (orders.store.liveOrders === 0) break;
      budget = this.incoming.triggerStops(row, budget);
    }
  }

  /**
   * Describes standing state to the sink as image events: what a reader needs that starts from here. In an order in
   * which it can be applied: configuration, accounts and users, trading status, keys and open sessions; then, where asked for, every live order as
   * OrderAccepted, by account; then every resting order as OrderRested, by priority.
   */
  describe(wanted: { readonly liveOrders: boolean; readonly restingOrders: boolean }): void {
    const { assets, instruments, accounts, users, apiKeys, nodeKeys, sessions, orders } = this.state;
    this.writer.image(true);
    for (let row = 0; row < assets.count; row++) this.administration.writeAsset(row);
    for (let row = 0; row < instruments.count; row++) this.administration.writeInstrument(row);
    for (let row = 0; row < accounts.count; row++) this.administration.writeAccount(row);
    for (let row = 0; row < users.count; row++) this.identity.writeUser(row);
    describeStatus(this.state, this.writer);
    for (let row = 0; row < apiKeys.count; row++) this.identity.writeApiKey(row);
    for (let row = 0; row < nodeKeys.count; row++) this.identity.writeNodeKey(row);
    for (let row = 0; row < sessions.count; row++) this.gatewaySessions.writeSession(row);
    for (let row = 0; row < accounts.count && wanted.liveOrders; row++) {
      for (let slot = orders.firstOfAccount(row); slot !== 0; slot = orders.nextOfAccount(slot)) {
        this.reports.image(slot);
      }
    }
    if (wanted.restingOrders) this.#writeRestingOrders();
    this.writer.image(false);
  }

  /** Describes every resting order to the sink as an image event, OrderRested, by priority. Between entries. */
  describeRestingOrders(): void {
    this.writer.image(true);
    this.#writeRestingOrders();
    this.writer.image(false);
  }

  #writeRestingOrders(): void {
    const { books, orders } = this.state;
    for (const book of books) {
      walkBook(book, (slot) => {
        if (!book.isWaitingStop(slot)) this.reports.rested(slot, orders.store.levelKey(slot));
      });
    }
  }

  /**
   * Describes what an account has to the sink as image events: a balance for each asset that it ever had, positions in
   * margined instruments (also those that are closed: they have a realised profit), then up to `openOrdersMax` open
   * orders, the oldest first. False when there is no such account. Account 0 is the venue's. Between entries.
   */
  describeAccount(accountId: number, openOrdersMax: number): boolean {
    const { accounts, assets, instruments, ledger, orders } = this.state;
    const account = accounts.rowOf(accountId);
    if (account === -1) return false;
    this.writer.image(true);
    for (let asset = 0; asset < assets.count; asset++) {
      const balance = ledger.balances.find(account, asset);
      if (balance !== -1) this.administration.writeBalance(balance);
    }
    for (let row = ledger.firstOfAccount(account); row !== -1; row = ledger.nextOfAccount(row)) {
      const isSpot = instruments.kind(ledger.instrumentRow(row)) === InstrumentKind.Spot;
      const isUsed = ledger.positionLots(row) !== 0 || ledger.realisedMinor(row) !== 0;
      if (!isSpot && isUsed) this.execution.writePosition(row);
    }
    let slot = orders.firstOfAccount(account);
    for (let left = openOrdersMax; slot !== 0 && left > 0; left--) {
      this.reports.image(slot);
      slot = orders.nextOfAccount(slot);
    }
    this.writer.image(false);
    return true;
  }

  /** Every store of the state: together they are its image (see core/snapshot). */
  stores(): readonly Columns[] {
    return this.state.stores();
  }

  /**
   * To be called when every store of a fresh core has been restored.
   * @throws CoreVersionError when the image's rules are not this build's; the core is then unusable.
   */
  restored(): void {
    const { state } = this;
    state.restored(this.execution);
    this.writer.hashHigh = state.hashHigh | 0;
    this.writer.hashLow = state.hashLow | 0;
    this.writer.stamp(state.sequence, state.timeSeconds, state.timeNanos);
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
