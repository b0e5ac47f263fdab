import type { NatsConnection } from '@nats-io/transport-node';
import { WordBuffer } from '#lib/word-buffer.ts';
import { lackingSlots, mergeSlots } from '#projections/reports/merge-slots.ts';
import { readSlots } from '#projections/reports/read-slots.ts';
import { SLOT_BYTES, SLOT_WORDS } from '#projections/reports/report-slot.ts';
import type { ReportWriter } from '#projections/reports/report-writer.ts';
import type { NodeLogger } from '../threads/threads.ts';
import { askNodes } from './cluster-nodes.ts';
import { REPORTS_PER_ANSWER, type ReportRequest, reportSubject } from './report-requests.ts';

/** How long a node may take for an answer: one that takes longer is asked nothing more in this round. */
const ANSWER_MS_MAX = 2_000;

export interface ReportFetchOptions {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly nodeId: number;
  readonly logId: string;
  readonly directory: string;
  /** By user: how many reports the user had at entry `lastSequence`. Those are wanted. */
  readonly counts: ReadonlyMap<number, number>;
  readonly lastSequence: number;
  readonly writer: Pick<ReportWriter, 'fill'>;
  readonly logger: NodeLogger;
}

/** What a round brought. */
export interface FetchedReports {
  readonly fetched: number;
  /** Reports that no node that answered has. */
  readonly lacking: number;
}

/** Gets reports that this node's files lack from those of the other nodes. */
export class ReportFetch {
  declare private readonly options: ReportFetchOptions;
  declare private readonly own: WordBuffer;
  declare private readonly other: WordBuffer;
  declare private isClosed: boolean;

  constructor(options: ReportFetchOptions) {
    this.options = options;
    this.own = WordBuffer.allocate(REPORTS_PER_ANSWER * SLOT_WORDS);
    this.other = WordBuffer.allocate(REPORTS_PER_ANSWER * SLOT_WORDS);
    this.isClosed = false;
  }

  /** Nothing is written any more. */
  close(): void {
    this.isClosed = true;
  }

  /**
   * Looks for what is lacking and asks every node that serves or observes for it. To be called once at a time.
   * @throws ReportFileError, ReportsUnavailableError; the client's error when nobody can be asked
   */
  async round(): Promise<FetchedReports> {
    const { connection, stream, nodeId, counts } = this.options;
    const nodes = (await askNodes(connection, stream))
      .filter((node) => node.nodeId !== nodeId && (node.state === 'serving' || node.state === 'observing'))
      .map((node) => node.nodeId);
    let fetched = 0;
    let lacking = 0;
    for (const [userId, reports] of counts) {
      for (let from = 1; from <= reports && !this.isClosed; from += REPORTS_PER_ANSWER) {
        const count = Math.min(REPORTS_PER_ANSWER, reports - from + 1);
        const piece = await this.#piece(nodes, userId, from, count);
        fetched += piece.fetched;
        lacking += piece.lacking;
      }
    }
    return { fetched, lacking };
  }

  /** @param nodes those that answer; who does not is taken out */
  async #piece(nodes: number[], userId: number, from: number, count: number): Promise<FetchedReports> {
    const { directory, lastSequence, logger, logId, writer } = this.options;
    const { own, other } = this;
    await readSlots(directory, userId, from, count, own);
    let lacking = lackingSlots(own, userId, from, count);
    let fetched = 0;
    for (const node of [...nodes]) {
      if (lacking === 0) break;
      const answer = await this.#ask(node, { logId, userId, from, count });
      if (this.isClosed) break;
      if (answer === undefined) {
        nodes.splice(nodes.indexOf(node), 1);
        continue;
      }
      if (answer.length !== count * SLOT_BYTES) continue;
      other.u8.set(answer);
      const merged = mergeSlots(own, other, userId, from, count, lastSequence);
      if (merged === undefined) {
        const what = 'reports of another node cannot be those of this log: they are not taken';
        logger.error({ otherNode: node, userId, from }, `${what}. Compare both files (docs/report-files.md)`);
        continue;
      }
      fetched += merged.taken;
      lacking = merged.lacking;
    }
    if (fetched > 0) writer.fill(userId, from, own, count);
    return { fetched, lacking };
  }

  /** undefined: the node does not answer. */
  async #ask(nodeId: number, request: ReportRequest): Promise<Uint8Array | undefined> {
    const { connection, stream } = this.options;
    try {
      const subject = reportSubject(stream, nodeId);
      const answer = await connection.request(subject, JSON.stringify(request), { timeout: ANSWER_MS_MAX });
      return answer.data;
    } catch {
      return undefined;
    }
  }
}
