import { readCommand } from '#codec/log/commands.ts';
import { OuchInstruments } from '#codec/ouch/instruments.ts';
import { REPORT_BYTES_MAX, ReportSide, ReportWriter } from '#codec/ouch/report-writer.ts';
import type { TradingCore } from '#core/trading-core.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import { EventType, Trade } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { ByteBuffer } from '#lib/byte-buffer.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { checkCore } from '../oracle/core-check.ts';
import { CountedEntries } from './counted-entries.ts';
import { CAPACITY } from './environment.ts';
import { NextCore } from './next-core.ts';
import { SimulationFailure } from './trace.ts';
import type { World } from './world.ts';

/** The reports of every user as the log says them, by number. */
class ExpectedReports implements EventSink {
  readonly byUser = new Map<number, Uint8Array[]>();
  tradesCanceled = 0;
  feesSet = 0;
  readonly #instruments = new OuchInstruments();
  readonly #writer = new ReportWriter(this.#instruments);
  readonly #bytes = new ByteBuffer(REPORT_BYTES_MAX);

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32, f64 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const type = i32[at] & 0xff;
      if (type === EventType.InstrumentAdded) this.#instruments.add(words, at);
      if (type === EventType.TradeCanceled) this.tradesCanceled++;
      if (type === EventType.FeesSet) this.feesSet++;
      if (type === EventType.Trade) {
        const field = Trade.at;
        this.#add(
          words,
          at,
          ReportSide.Maker,
          i32[at + field.makerUserId],
          f64[(at + field.makerReportNumber) >> 1],
        );
        this.#add(
          words,
          at,
          ReportSide.Taker,
          i32[at + field.takerUserId],
          f64[(at + field.takerReportNumber) >> 1],
        );
      } else this.#add(words, at, ReportSide.Owner, i32[at + 6], f64[(at + 8) >> 1]);
    }
  }

  #add(words: WordBuffer, at: number, side: ReportSide, userId: number, number: number): void {
    if (number === 0) return;
    let reports = this.byUser.get(userId);
    if (reports === undefined) {
      reports = [new Uint8Array(0)];
      this.byUser.set(userId, reports);
    }
    const size = this.#writer.write(words, at, side, this.#bytes, 0);
    reports[number] = this.#bytes.u8.slice(0, size);
  }
}

/** What there was in a run. */
export interface RunTotals {
  /** Entries that did not count: repeats, and those before which another was lost. */
  readonly ignored: number;
  readonly tradesCanceled: number;
  readonly feesSet: number;
}

/**
 * What must hold of a run that is over, from the log alone: a fresh core that is given the log says what every node and every client must have. Which entries count is
 * worked out here a second time, by the rule of docs/records.md, and so is what was paid in.
 */
export function checkFinal({ stream, checkers, clients, nodes }: World): RunTotals {
  const expected = new ExpectedReports();
  const core = new NextCore(expected, CAPACITY);
  const counted = new CountedEntries();
  const paidIn = new Map<number, number>();
  stream.entries.forEach(({ words, timeSeconds, timeNanos }, index) => {
    const sequence = index + 1;
    const counts = counted.take(sequence, words);
    if (counts) sumDeposits(words, paidIn);
    if (core.applyEntry(sequence, timeSeconds, timeNanos, words, 0, words.words) !== counts) {
      throw new SimulationFailure(
        `the core does not say whether entry ${sequence} counts as docs/records.md does`,
      );
    }
    const hash = checkers.hashAfter(sequence);
    if (hash !== undefined && (hash.high !== core.state.hashHigh || hash.low !== core.state.hashLow)) {
      throw new SimulationFailure(`after entry ${sequence} the nodes have another state than the log gives`);
    }
  });
  checkMoney(core, paidIn);
  for (const { name, running } of nodes) {
    if (running === undefined) throw new SimulationFailure(`${name} is down`);
    try {
      checkCore(running.core);
    } catch (error) {
      throw new SimulationFailure(`${name}: ${(error as Error).message}`);
    }
    if (running.core.stateHash !== core.stateHash)
      throw new SimulationFailure(`${name} ends with another state`);
  }
  for (const { process, userId, reports, references } of clients) {
    const said = expected.byUser.get(userId) ?? [new Uint8Array(0)];
    if (said.length !== reports.length) {
      throw new SimulationFailure(
        `${process.name} has ${reports.length - 1} reports, the log says ${said.length - 1}`,
      );
    }
    for (let number = 1; number < said.length; number++) {
      if (Buffer.compare(said[number], reports[number]) !== 0) {
        throw new SimulationFailure(`${process.name}: report ${number} is not what the log says`);
      }
    }
    for (const [ref, { accepts, rejects, sends }] of references) {
      if (sends > 0 && accepts + rejects === 0) {
        throw new SimulationFailure(`${process.name}: UserRefNum ${ref} has no answer`);
      }
    }
  }
  const { tradesCanceled, feesSet } = expected;
  return { ignored: counted.ignored, tradesCanceled, feesSet };
}

function sumDeposits(words: WordBuffer, paidIn: Map<number, number>): void {
  for (let at = ENTRY_HEADER_WORDS; at < words.words; at += words.i32[at] >>> 16) {
    const command = readCommand(words, at, words.words);
    if (command.type !== 'Deposit') continue;
    paidIn.set(command.assetId, (paidIn.get(command.assetId) ?? 0) + command.amountMinor);
  }
}

/** What all accounts have together is what was paid in. */
function checkMoney({ state: { ledger, assets } }: TradingCore, paidIn: Map<number, number>): void {
  const totals = new Map<number, number>();
  for (let row = 0; row < ledger.balances.count; row++) {
    const assetId = assets.assetId[ledger.balances.assetRow(row)];
    totals.set(assetId, (totals.get(assetId) ?? 0) + ledger.balances.totalMinor(row));
  }
  for (const [assetId, amountMinor] of paidIn) {
    if (totals.get(assetId) !== amountMinor) {
      throw new SimulationFailure(
        `asset ${assetId}: accounts have ${totals.get(assetId)}, paid in was ${amountMinor}`,
      );
    }
  }
}
