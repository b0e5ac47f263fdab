import { Phase, SetPhase, SetSchedule, TimeInForce } from '#domain/commands.ts';
import { AuctionUncrossed, CancelReason, EventType, ScheduleSet } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventWriter } from '../event-writer.ts';
import type { Execution } from '../execution.ts';
import { byteAt } from '../registry/fields.ts';
import type { CoreState } from '../state.ts';
import { cancelInBook } from '../walk-book.ts';
import { AuctionPrice, headOfBest } from './auction.ts';
import { writeIndicative, writePhaseChanged } from './phase-events.ts';

const ENTRIES = Limits.SCHEDULE_ENTRIES_MAX;
const SECONDS_PER_DAY = 86_400;
const PHASE = byteAt(SetPhase, 'phase');
const NEXT_PHASE = byteAt(SetPhase, 'nextPhase');
const SCHEDULE_PHASE = byteAt(SetSchedule, 'phase0');

/** Phases of all instruments: what moves them, and what a move does. Rules: docs/matching.md, section 8. */
export class PhaseControl {
  declare private readonly state: CoreState;
  declare private readonly writer: EventWriter;
  declare private readonly execution: Execution;
  declare private readonly auction: AuctionPrice;

  constructor(state: CoreState, writer: EventWriter, execution: Execution) {
    this.state = state;
    this.writer = writer;
    this.execution = execution;
    this.auction = new AuctionPrice();
  }

  /** Applies a SetPhase record. Refuses: UNKNOWN_INSTRUMENT, MALFORMED_COMMAND, INVALID_CONFIGURATION. */
  setPhase(words: WordBuffer, offset: number): number {
    const phase = words.u8[offset * 4 + PHASE];
    const nextPhase = words.u8[offset * 4 + NEXT_PHASE];
    const endSeconds = words.i32[offset + SetPhase.at.endSeconds] >>> 0;
    if (!isPhase(phase) || (nextPhase !== 0 && !isPhase(nextPhase))) return RejectCode.MALFORMED_COMMAND;
    const row = this.state.instruments.rowOf(words.i32[offset + SetPhase.at.instrumentId]);
    if (row === -1) return RejectCode.UNKNOWN_INSTRUMENT;
    const isTimed = endSeconds !== 0;
    if (isTimed !== (nextPhase !== 0) || (isTimed && endSeconds <= this.state.timeSeconds)) {
      return RejectCode.INVALID_CONFIGURATION;
    }
    this.change(row, phase, nextPhase, endSeconds);
    return ACCEPTED;
  }

  /** A trade would have left a price band. */
  callVolatilityAuction(row: number): void {
    const { phases, instruments, timeSeconds } = this.state;
    const { [row]: nextPhase } = phases.nextPhase;
    const { [row]: endSeconds } = phases.endSeconds;
    const auctionEndSeconds = timeSeconds + (instruments.volatilityAuctionSeconds(row) >>> 0);
    this.change(row, Phase.VolatilityAuction, Phase.Continuous, auctionEndSeconds);
    phases.resumedNextPhase[row] = nextPhase;
    phases.resumedEndSeconds[row] = endSeconds;
  }

  /** Moves an instrument to `phase`, uncrossing on the way into continuous trading or out of the closing auction. */
  change(row: number, phase: Phase, nextPhase: Phase | 0, endSeconds: number): void {
    const { phases, instruments, books } = this.state;
    const previous = phases.phase[row];
    const closes = previous === Phase.ClosingAuction && phase === Phase.Closed;
    if ((phase === Phase.Continuous && previous !== Phase.Continuous) || closes) this.#uncross(row);
    phases.phase[row] = phase;
    phases.nextPhase[row] = nextPhase;
    phases.endSeconds[row] = endSeconds;
    phases.resumedNextPhase[row] = 0;
    phases.resumedEndSeconds[row] = 0;
    phases.indicativePriceTicks[row] = 0;
    phases.indicativeQtyLots[row] = 0;
    phases.indicativeSurplusLots[row] = 0;
    writePhaseChanged(this.writer, instruments.instrumentId(row), phase, previous, nextPhase, endSeconds);
    if (phase === Phase.VolatilityAuction) return;
    this.execution.settlePairs();
    if (phase !== Phase.Closed) return;
    const { orders } = this.state;
    cancelInBook(
      books[row],
      this.execution,
      CancelReason.EndOfDay,
      (slot) => orders.timeInForce(slot) === TimeInForce.Day,
    );
    books[row].staticReferenceTicks = 0;
  }

  #uncross(row: number): void {
    const { books, orders, instruments, phases } = this.state;
    const { store } = orders;
    const book = books[row];
    const auction = this.auction;
    auction.find(book);
    const price = auction.priceTicks;
    let buyer = 0;
    let seller = 0;
    for (let left = auction.qtyLots; left > 0; ) {
      buyer = headOfBest(book, book.bids);
      seller = headOfBest(book, book.asks);
      const qty = Math.min(left, store.leavesQtyLots(buyer), store.leavesQtyLots(seller));
      const buyerTaken = Math.min(qty, store.visibleQtyLots(buyer));
      const sellerTaken = Math.min(qty, store.visibleQtyLots(seller));
      book.uncrossFill(buyer, seller, qty, price);
      this.execution.onAuctionTrade(buyer, seller, qty, price, buyerTaken, sellerTaken);
      left -= qty;
    }
    if (auction.qtyLots > 0) {
      book.staticReferenceTicks = price;
      if (store.leavesQtyLots(buyer) > 0) book.refresh(buyer);
      if (store.leavesQtyLots(seller) > 0) book.refresh(seller);
    }
    const instrumentId = instruments.instrumentId(row);
    const at = this.writer.begin(EventType.AuctionUncrossed, AuctionUncrossed.words, instrumentId, 0, 0);
    const { i32, f64 } = this.writer.words;
    f64[(at + AuctionUncrossed.at.qtyLots) >> 1] = auction.qtyLots;
    i32[at + AuctionUncrossed.at.priceTicks] = price;
    i32[at + AuctionUncrossed.at.phase] = phases.phase[row];
  }

  /** Applies a SetSchedule record. Refuses: MALFORMED_COMMAND, UNKNOWN_INSTRUMENT, INVALID_CONFIGURATION. */
  setSchedule(words: WordBuffer, offset: number): number {
    const { phases, instruments, timeSeconds } = this.state;
    const { i32, u8 } = words;
    let entries = 0;
    for (; entries < ENTRIES && u8[offset * 4 + SCHEDULE_PHASE + entries] !== 0; entries++) {
      if (!isPhase(u8[offset * 4 + SCHEDULE_PHASE + entries])) return RejectCode.MALFORMED_COMMAND;
    }
    const row = instruments.rowOf(i32[offset + SetSchedule.at.instrumentId]);
    if (row === -1) return RejectCode.UNKNOWN_INSTRUMENT;
    const seconds = offset + SetSchedule.at.secondOfDay0;
    for (let entry = 0; entry < entries; entry++) {
      const second = i32[seconds + entry] >>> 0;
      if (second >= SECONDS_PER_DAY || (entry > 0 && second <= i32[seconds + entry - 1])) {
        return RejectCode.INVALID_CONFIGURATION;
      }
    }
    for (let entry = 0; entry < ENTRIES; entry++) {
      const isSet = entry < entries;
      phases.schedulePhase[row * ENTRIES + entry] = isSet ? u8[offset * 4 + SCHEDULE_PHASE + entry] : 0;
      phases.scheduleSecond[row * ENTRIES + entry] = isSet ? i32[seconds + entry] : 0;
    }
    phases.scheduleRunSeconds[row] = timeSeconds;
    this.writer.begin(EventType.ScheduleSet, ScheduleSet.words, instruments.instrumentId(row), 0, 0);
    return ACCEPTED;
  }

  /** Ends timed phases that are due. */
  endTimedPhases(): void {
    const { phases, instruments } = this.state;
    for (let row = 0; row < instruments.count; row++) {
      if (!this.#isDue(row)) continue;
      const { [row]: next } = phases.nextPhase;
      this.change(
        row,
        next as Phase,
        phases.resumedNextPhase[row] as Phase | 0,
        phases.resumedEndSeconds[row],
      );
      if (this.#isDue(row)) this.change(row, phases.nextPhase[row] as Phase, 0, 0);
    }
  }

  #isDue(row: number): boolean {
    const { phases, timeSeconds } = this.state;
    const end = phases.endSeconds[row] >>> 0;
    return end !== 0 && end <= timeSeconds;
  }

  /** Runs the schedule entries that lie after the last run and not after now, at most the last 24 hours' worth. */
  runSchedules(): void {
    const { phases, instruments, timeSeconds } = this.state;
    for (let row = 0; row < instruments.count; row++) {
      if (phases.schedulePhase[row * ENTRIES] === 0) continue;
      const from = Math.max(phases.scheduleRunSeconds[row] >>> 0, timeSeconds - SECONDS_PER_DAY);
      phases.scheduleRunSeconds[row] = timeSeconds;
      for (
        let midnight = from - (from % SECONDS_PER_DAY);
        midnight <= timeSeconds;
        midnight += SECONDS_PER_DAY
      ) {
        for (let entry = row * ENTRIES; entry < (row + 1) * ENTRIES; entry++) {
          const phase = phases.schedulePhase[entry];
          if (phase === 0) break;
          const due = midnight + phases.scheduleSecond[entry];
          if (due > from && due <= timeSeconds) this.change(row, phase as Phase, 0, 0);
        }
      }
    }
  }

  /** Publishes what the running auctions would do, where that changed. */
  publishIndicatives(): void {
    const { phases, instruments, books } = this.state;
    const auction = this.auction;
    for (let row = 0; row < instruments.count; row++) {
      if (!phases.isAuction(row)) continue;
      auction.find(books[row]);
      if (
        auction.priceTicks === phases.indicativePriceTicks[row] &&
        auction.qtyLots === phases.indicativeQtyLots[row] &&
        auction.surplusLots === phases.indicativeSurplusLots[row]
      ) {
        continue;
      }
      phases.indicativePriceTicks[row] = auction.priceTicks;
      phases.indicativeQtyLots[row] = auction.qtyLots;
      phases.indicativeSurplusLots[row] = auction.surplusLots;
      const { priceTicks, qtyLots, surplusLots } = auction;
      const instrumentId = instruments.instrumentId(row);
      writeIndicative(this.writer, instrumentId, phases.phase[row], priceTicks, qtyLots, surplusLots);
    }
  }
}

function isPhase(value: number): value is Phase {
  return value >= Phase.Closed && value <= Phase.ClosingAuction;
}
