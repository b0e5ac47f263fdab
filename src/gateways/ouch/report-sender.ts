import type { OuchInstruments } from '#codec/ouch/instruments.ts';
import { REPORT_BYTES_MAX, ReportSide, ReportWriter } from '#codec/ouch/report-writer.ts';
import { SoupPacket } from '#codec/soupbin/packets.ts';
import { EventType, Trade } from '#domain/events.ts';
import type { ReportStore } from '#domain/ports.ts';
import { ByteBuffer } from '#lib/byte-buffer.ts';
import { failureLines, type WriteLine } from '#lib/line-budget.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { GatewayLogger } from '../soupbin/logger.ts';
import type { SoupSession } from '../soupbin/session.ts';
import type { OuchSession, OuchUser } from './ouch-user.ts';
import { RecentReports } from './recent-reports.ts';

/** Bytes that a session which is catching up may have in its socket before it waits for them to leave. */
const CATCH_UP_BUFFERED_BYTES_MAX = 256 * 1024;
/** Reports that a session which is catching up gets in one go: orders of others come in between. */
const CATCH_UP_REPORTS_MAX = 4_096;
/** Reports that one read of the store asks for. */
const STORE_READ_REPORTS = 1_024;

/**
 * Sends reports: to a live session as they happen, to one that lacks some first those, from memory where they are
 * still there and else from the store. A session gets every report once, in order, whatever happens meanwhile.
 *
 * A live session whose socket fills up, because a turn says more than it can hold or because the client is slow, stops
 * being live: it gets the rest as its socket takes it, and holds no memory for it.
 */
export class ReportSender {
  declare private readonly writer: ReportWriter;
  declare private readonly recent: RecentReports;
  declare private readonly store: ReportStore;
  declare private readonly failure: WriteLine;
  declare private readonly flush: () => void;
  declare private readonly stored: ByteBuffer;

  /**
   * @param recentReports kept in memory, a power of two
   * @param flush writes out what sessions queued outside of a turn
   */
  constructor(
    instruments: OuchInstruments,
    recentReports: number,
    store: ReportStore,
    logger: GatewayLogger,
    flush: () => void,
  ) {
    this.writer = new ReportWriter(instruments);
    this.recent = new RecentReports(recentReports);
    this.store = store;
    this.failure = failureLines((fields, message) => logger.warn(fields, message));
    this.flush = flush;
    this.stored = new ByteBuffer(REPORT_BYTES_MAX);
  }

  /** Takes report `number` of the user: the event at word `at`, from the view of `side`. */
  report(user: OuchUser, number: number, words: WordBuffer, at: number, side: ReportSide): void {
    user.reportCount = number;
    if (!user.isKnownHere) return;
    const recent = this.recent;
    const bytes = this.writer.write(words, at, side, recent.bytes, recent.payloadAt);
    recent.commit(user, number, bytes);
    const { session } = user;
    if (session === undefined) return;
    const state = session.state as OuchSession;
    if (!state.isLive) return;
    if (session.isFull) {
      state.isLive = false;
      state.cursor = user.lastPosition;
      session.wantDrain();
      return;
    }
    state.nextNumber = number + 1;
    this.#sendRecent(session, user.lastPosition);
  }

  /** Sends what the session lacks, as far as its socket takes it now; makes it live when it has everything. */
  catchUp(session: SoupSession<OuchSession>): void {
    const state = session.state as OuchSession;
    if (state.isReading) return;
    const { user } = state;
    const recent = this.recent;
    let left = CATCH_UP_REPORTS_MAX;
    while (left-- > 0 && session.open && hasRoom(session)) {
      if (state.nextNumber > user.reportCount) {
        state.isLive = true;
        return;
      }
      if (!recent.has(state.cursor)) state.cursor = recent.find(user, state.nextNumber);
      if (state.cursor === 0) {
        this.#readStore(session, state);
        return;
      }
      this.#sendRecent(session, state.cursor);
      state.nextNumber++;
      state.cursor = recent.nextOf(state.cursor);
    }
    if (session.open) session.wantDrain();
  }

  #sendRecent(session: SoupSession<OuchSession>, position: number): void {
    const at = this.recent.packetAt(position);
    session.sendFramed(this.recent.bytes, at, at + this.recent.packetBytes(position));
  }

  #readStore(session: SoupSession<OuchSession>, state: OuchSession): void {
    const { user, nextNumber: first } = state;
    const last = Math.min(user.reportCount, first + STORE_READ_REPORTS - 1);
    state.isReading = true;
    const onRecord = (words: WordBuffer, at: number): void => {
      if (session.open) this.#sendStored(session, state, last, words, at);
    };
    this.store.read(user.userId, first, last, onRecord).then(
      () => this.#readEnded(session, state, first, undefined),
      (error) => this.#readEnded(session, state, first, error),
    );
  }

  #readEnded(session: SoupSession<OuchSession>, state: OuchSession, first: number, error: unknown): void {
    state.isReading = false;
    if (!session.open) return;
    if (error !== undefined || state.nextNumber === first) {
      const { user, sessionId } = state;
      const fields = { door: 'ouch', user: user.standing.name, userId: user.userId, sessionId, from: first };
      this.failure({ ...fields, error }, 'reports cannot be read');
      session.close(`reports from ${first} on cannot be read now`);
    } else this.catchUp(session);
    this.flush();
  }

  /** Sends the one or two next reports that the stored event holds. */
  #sendStored(
    session: SoupSession<OuchSession>,
    state: OuchSession,
    last: number,
    words: WordBuffer,
    at: number,
  ): void {
    while (session.open && state.nextNumber <= last) {
      const side = sideOfReport(words, at, state.user.userId, state.nextNumber);
      if (side === -1) return;
      const bytes = this.writer.write(words, at, side as ReportSide, this.stored, 0);
      session.send(SoupPacket.SequencedData, this.stored.u8, 0, bytes);
      state.nextNumber++;
    }
  }
}

function hasRoom(session: SoupSession<OuchSession>): boolean {
  return !session.isFull && session.bufferedBytes < CATCH_UP_BUFFERED_BYTES_MAX;
}

/** The side for which the event at `at` is the user's report `number`; -1 none. */
function sideOfReport(words: WordBuffer, at: number, userId: number, number: number): number {
  const { i32, f64 } = words;
  if ((i32[at] & 0xff) !== EventType.Trade) {
    return i32[at + 6] === userId && f64[(at + 8) >> 1] === number ? ReportSide.Owner : -1;
  }
  const field = Trade.at;
  if (i32[at + field.makerUserId] === userId && f64[(at + field.makerReportNumber) >> 1] === number) {
    return ReportSide.Maker;
  }
  return i32[at + field.takerUserId] === userId && f64[(at + field.takerReportNumber) >> 1] === number
    ? ReportSide.Taker
    : -1;
}
