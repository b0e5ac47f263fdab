import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import type { OrdersAnswer, StandingOrders } from '#projections/market-data/standing-orders.ts';
import type { FromArchive, OrdersReply, OrdersRequest, OrdersWithdrawal } from './messages.ts';
import { OrdersFile } from './orders-file.ts';

const GONE = 'the archive thread is gone: restart the node';

/** The displayed orders as the archive thread knows them, asked over its port, which may carry images too. */
export class ArchiveOrders implements StandingOrders {
  declare private readonly port: MessagePort;
  declare private readonly directory: string;
  /** By question. */
  declare private readonly asked: Map<number, (answer: OrdersAnswer) => void>;
  declare private lastId: number;
  declare private isGone: boolean;

  /** @param directory where the archive writes them, each time into a file that is removed when it was read */
  constructor(port: MessagePort, directory: string) {
    this.port = port;
    this.directory = directory;
    this.asked = new Map();
    this.lastId = 0;
    this.isGone = false;
    port.on('message', (message: FromArchive) => {
      if (message.kind === 'orders') this.#onReply(message);
    });
    port.on('close', () => this.#onClose());
  }

  ask(sequence: number, onAnswer: (answer: OrdersAnswer) => void): () => void {
    if (this.isGone) {
      onAnswer({ problem: GONE });
      return () => {};
    }
    const id = ++this.lastId;
    this.asked.set(id, onAnswer);
    this.#post({ kind: 'orders', id, sequence, path: this.#pathOf(id) });
    return () => {
      if (this.asked.delete(id)) this.#post({ kind: 'withdrawOrders', id });
    };
  }

  #post(message: OrdersRequest | OrdersWithdrawal): void {
    this.port.postMessage(message);
  }

  #pathOf(id: number): string {
    return join(this.directory, `orders-${id}.events`);
  }

  #onReply({ id, isWritten, sequence, problem }: OrdersReply): void {
    const onAnswer = this.asked.get(id);
    const path = this.#pathOf(id);
    this.asked.delete(id);
    // Withdrawn while the reply was on its way.
    if (onAnswer === undefined) rmSync(path, { force: true });
    else if (isWritten) onAnswer({ image: new OrdersFile(path) });
    else onAnswer(problem === undefined ? { passedTo: sequence } : { problem });
  }

  #onClose(): void {
    this.isGone = true;
    const waiting = [...this.asked.values()];
    this.asked.clear();
    for (const onAnswer of waiting) onAnswer({ problem: GONE });
  }
}
