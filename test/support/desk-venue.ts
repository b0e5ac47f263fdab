import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { TradingCore } from '#core/trading-core.ts';
import type { ArchiveQuery, ArchiveQuestion, OrderRecord } from '#domain/history.ts';
import type { ArchiveQueries, FollowingSink } from '#domain/ports.ts';
import { OrderDesk } from '#gateways/orders/order-desk.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { MemoryLog } from '#log/memory/memory-log.ts';
import { followerOf } from '#log/recording-reader.ts';
import { HistoryDatabase } from '#projections/history/history-database.ts';
import { type HistoryQuery, HistoryReader } from '#projections/history/history-reader.ts';
import { HistoryWriter } from '#projections/history/history-writer.ts';
import { ReportReader } from '#projections/reports/report-reader.ts';
import { ReportWriter } from '#projections/reports/report-writer.ts';
import { Outbox } from '#replica/outbox.ts';
import { marketSetup, send } from './random-flow.ts';

const LOG_ID = '11111111-1111-4111-8111-111111111111';
const CAPACITY = { ordersMax: 20_000, instrumentsMax: 8, accountsMax: 2_048, usersMax: 2_048, assetsMax: 8 };

/**
 * A venue around an order desk: the real core, history and files of reports; a log and a ring in memory. The desk sees
 * events when told to, as late as the test likes.
 */
export class DeskVenue {
  readonly outbox = new Outbox(1, 1, () => {});
  readonly clock = new ManualClock();
  readonly core: TradingCore;
  readonly desk: OrderDesk;
  readonly archive: ArchiveQueries;
  readonly #reader: HistoryReader;
  nowMs = 0;
  /** Get every event before the desk does. */
  readonly views: FollowingSink[] = [];
  /** Questions fail with this. */
  archiveError: Error | undefined;
  readonly #log: MemoryLog;
  readonly #writer: HistoryWriter;
  readonly #reports: ReportWriter;
  /** Events that the desk has not seen. */
  #ring: WordBuffer[] = [];
  #image: WordBuffer[] | undefined;
  #archived = 0;

  constructor(t: TestContext, users: number) {
    const directory = mkdtempSync(join(tmpdir(), 'hive-desk-'));
    const database = HistoryDatabase.open(join(directory, 'history'), LOG_ID);
    this.#writer = new HistoryWriter(database);
    this.#reader = new HistoryReader(database);
    this.#reports = new ReportWriter({ directory: join(directory, 'reports') });
    const venue = this;
    this.core = new TradingCore(
      {
        onEvents(words, from, to) {
          const copy = WordBuffer.allocate(to - from);
          copy.i32.set(words.i32.subarray(from, to));
          if (venue.#image !== undefined) {
            venue.#image.push(copy);
            return;
          }
          venue.#ring.push(copy);
          venue.#reports.onEvents(words, from, to);
          venue.#writer.onEvents(words, from, to);
        },
      },
      CAPACITY,
    );
    this.#log = new MemoryLog(
      this.clock,
      followerOf((sequence, seconds, nanos, words, from, to) => {
        this.#writer.onEntry(words, from, to);
        this.core.applyEntry(sequence, seconds, nanos, words, from, to);
      }),
    );
    this.archive = {
      ask: async <Type extends ArchiveQuestion>(query: ArchiveQuery<Type>, atSequence: number) => {
        await new Promise(setImmediate);
        if (this.archiveError !== undefined) throw this.archiveError;
        this.#archive();
        if (this.core.sequence < atSequence)
          throw new Error(`asked for ${atSequence}, at ${this.core.sequence}`);
        return { sequence: this.core.sequence, result: this.#reader.answer(query as HistoryQuery) as never };
      },
    };
    const store = new ReportReader({
      directory: join(directory, 'reports'),
      progress: {
        get durableSequence() {
          return venue.core.sequence;
        },
        get archivedSequence() {
          venue.#archive();
          return venue.#archived;
        },
      },
    });
    this.desk = new OrderDesk({
      sink: this.outbox,
      archive: this.archive,
      store,
      nowMs: () => this.nowMs,
      firstRequestNumber: 1_000,
    });
    t.after(() => {
      this.desk.close();
      this.#reports.close();
      database.close();
      rmSync(directory, { recursive: true, force: true });
    });
    for (const command of marketSetup(users)) send(this.outbox, command);
    this.turn();
    this.#ring = [];
    this.restart();
  }

  /** Everything in the outbox becomes an entry, durable and applied. The desk does not see it yet. */
  turn(): void {
    this.outbox.drain(this.#log);
    this.#log.commit();
  }

  /** Hands events to the desk: the oldest `batches` of them, all by default. */
  deliver(batches = this.#ring.length): void {
    for (const words of this.#ring.splice(0, batches)) this.#publish(words);
  }

  /** The ring has overtaken the edge: what it held is lost, and the desk begins anew with an image. */
  restart(): void {
    this.#ring = [];
    for (const sink of [...this.views, this.desk]) sink.onRestart();
    const image: WordBuffer[] = [];
    this.#image = image;
    this.core.describe({ liveOrders: false, restingOrders: true });
    this.#image = undefined;
    for (const words of image) this.#publish(words);
    for (const sink of [...this.views, this.desk]) sink.onImage(this.core.sequence);
  }

  #publish(words: WordBuffer): void {
    for (const sink of [...this.views, this.desk]) sink.onEvents(words, 0, words.words);
  }

  /** What history has of an order. */
  history(orderId: number): OrderRecord | undefined {
    this.#archive();
    return this.#reader.answer({ type: 'order', orderId }) as OrderRecord | undefined;
  }

  #archive(): void {
    this.#reports.flush();
    this.#writer.flush(this.core.sequence, this.core.stateHash);
    this.#archived = this.core.sequence;
  }
}
