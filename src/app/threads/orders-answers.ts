import type { MessagePort } from 'node:worker_threads';
import type { TradingCore } from '#core/trading-core.ts';
import type { StatusBoard } from '#replica/status-board.ts';
import type { EventFan } from '../event-fan.ts';
import type { OrdersReply, OrdersRequest } from './messages.ts';
import { writeOrdersFile } from './orders-file.ts';

interface Waiting {
  readonly port: MessagePort;
  readonly request: OrdersRequest;
}

/**
 * Questions for the orders that stand after an entry. The archive stops behind each such entry, for as long as it takes to write
 * them down.
 */
export class OrdersAnswers {
  declare private readonly core: TradingCore;
  declare private readonly fan: EventFan;
  declare private readonly board: StatusBoard;
  declare private readonly betweenPieces: () => void;
  declare private waiting: Waiting[];

  /** @param betweenPieces called after each piece of a file, which is some thousand orders */
  constructor(core: TradingCore, fan: EventFan, board: StatusBoard, betweenPieces: () => void) {
    this.core = core;
    this.fan = fan;
    this.board = board;
    this.betweenPieces = betweenPieces;
    this.waiting = [];
  }

  /** Entry behind which the archive stops next; Infinity: none. */
  get stopSequence(): number {
    return Math.min(...this.waiting.map(({ request }) => request.sequence));
  }

  /** Takes a question. Between entries: one for what is past is answered at once. */
  add(port: MessagePort, request: OrdersRequest): void {
    this.waiting.push({ port, request });
    this.answer();
  }

  /** Forgets a question, or all of an asker that is gone. */
  remove(port: MessagePort, id?: number): void {
    this.waiting = this.waiting.filter(
      (one) => one.port !== port || (id !== undefined && one.request.id !== id),
    );
  }

  /** Answers what the core has come to. */
  answer(): void {
    if (this.waiting.length === 0) return;
    const { sequence } = this.core;
    const ready = this.waiting.filter(({ request }) => request.sequence <= sequence);
    this.waiting = this.waiting.filter(({ request }) => request.sequence > sequence);
    for (const { port, request } of ready) {
      const isWritten = request.sequence === sequence && this.#write(request);
      const problem = typeof isWritten === 'string' ? isWritten : undefined;
      const reply: OrdersReply = {
        kind: 'orders',
        id: request.id,
        isWritten: isWritten === true,
        sequence,
        problem,
      };
      port.postMessage(reply);
    }
  }

  /** True, or why not. */
  #write({ path }: OrdersRequest): true | string {
    if (this.board.divergedSequence !== 0) return 'the archive has another state than the order path';
    try {
      writeOrdersFile(path, this.core, this.fan, this.betweenPieces);
      return true;
    } catch (error) {
      return `${path} cannot be written: ${(error as Error).message}`;
    }
  }
}
