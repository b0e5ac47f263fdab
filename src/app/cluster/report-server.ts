import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { WordBuffer } from '#lib/word-buffer.ts';
import { lackingSlots } from '#projections/reports/merge-slots.ts';
import { readSlots } from '#projections/reports/read-slots.ts';
import { SLOT_BYTES, SLOT_WORDS } from '#projections/reports/report-slot.ts';
import {
  REPORTS_PER_ANSWER,
  type ReportRequest,
  readReportRequest,
  reportSubject,
} from './report-requests.ts';

/** Questions that wait: of more the askers hear nothing, and ask again. */
const WAITING_MAX = 64;

export interface ReportServerOptions {
  readonly stream: string;
  readonly nodeId: number;
  readonly logId: string;
  readonly directory: string;
}

/** Gives other nodes what they lack of users' reports, from this node's files: the slots as they stand there, one question at a time. */
export class ReportServer {
  declare private readonly options: ReportServerOptions;
  declare private readonly slots: WordBuffer;
  declare private readonly waiting: Msg[];
  declare private readonly subscription: Subscription;
  declare private isAnswering: boolean;

  constructor(connection: NatsConnection, options: ReportServerOptions) {
    this.options = options;
    this.slots = WordBuffer.allocate(REPORTS_PER_ANSWER * SLOT_WORDS);
    this.waiting = [];
    this.isAnswering = false;
    this.subscription = connection.subscribe(reportSubject(options.stream, options.nodeId), {
      callback: (error, message) => {
        if (error !== null || this.waiting.length >= WAITING_MAX) return;
        this.waiting.push(message);
        if (!this.isAnswering) void this.#answerAll();
      },
    });
  }

  close(): void {
    this.subscription.unsubscribe();
    this.waiting.length = 0;
  }

  async #answerAll(): Promise<void> {
    this.isAnswering = true;
    for (let message = this.waiting.shift(); message !== undefined; message = this.waiting.shift()) {
      const request = readReportRequest(message.string());
      // What cannot be read is not there: the asker turns to another node.
      const answer = request && (await this.#slotsOf(request).catch(() => undefined));
      message.respond(answer ?? new Uint8Array(0));
    }
    this.isAnswering = false;
  }

  /** The slots, when one of the reports is among them. */
  async #slotsOf({ logId, userId, from, count }: ReportRequest): Promise<Uint8Array | undefined> {
    if (logId !== this.options.logId) return undefined;
    await readSlots(this.options.directory, userId, from, count, this.slots);
    if (lackingSlots(this.slots, userId, from, count) === count) return undefined;
    return this.slots.u8.slice(0, count * SLOT_BYTES);
  }
}
