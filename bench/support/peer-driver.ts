import { type IProcessOrder, type LimitOrderOptions, OrderBook, Side } from 'nodejs-order-book';
import { FLOW_WORDS, type Flow, FlowKind } from '../flows.ts';
import { hashTrade } from './book-driver.ts';

type TimeInForce = NonNullable<LimitOrderOptions['timeInForce']>;
const GTC = 'GTC' as TimeInForce;
const IOC = 'IOC' as TimeInForce;

/** What npm `nodejs-order-book` is asked to do for one command; built before anything is timed. */
interface PeerCommand {
  readonly kind: number;
  readonly order: number;
  readonly id: string;
  readonly limit: {
    readonly id: string;
    readonly side: Side;
    readonly size: number;
    readonly price: number;
    readonly timeInForce: TimeInForce;
  };
  readonly update: { readonly size: number; readonly price: number };
}

/**
 * npm `nodejs-order-book` on a flow. Its `modify` is a cancel and a new order at the tail under the same id,
 * which is what the flow's replaces mean.
 */
export class PeerDriver {
  declare private readonly book: OrderBook;
  declare private readonly commands: PeerCommand[];

  constructor(flow: Flow, commands: PeerCommand[]) {
    if (commands.length !== flow.commands) throw new Error('the commands are of another flow');
    this.book = new OrderBook();
    this.commands = commands;
  }

  /** The flow in the library's terms. */
  static translate(flow: Flow): PeerCommand[] {
    const ids: string[] = [];
    for (let order = 0; order <= flow.orders; order++) ids.push(String(order));
    const commands: PeerCommand[] = [];
    for (let at = 0; at < flow.commands * FLOW_WORDS; at += FLOW_WORDS) {
      const kind = flow.words[at] & 255;
      const side = flow.words[at] >> 8 === 1 ? Side.BUY : Side.SELL;
      const price = flow.words[at + 1];
      const size = flow.words[at + 2];
      const order = flow.words[at + 3];
      const id = ids[order];
      const timeInForce = kind === FlowKind.ImmediateOrCancel ? IOC : GTC;
      commands.push({
        kind,
        order,
        id,
        limit: { id, side, size, price, timeInForce },
        update: { size, price },
      });
    }
    return commands;
  }

  /** Applies the commands `from` up to, not including, `to`. */
  apply(from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const command = this.commands[i];
      if (command.kind === FlowKind.Cancel) this.book.cancel(command.id);
      else if (command.kind === FlowKind.Replace) this.book.modify(command.id, command.update);
      else this.book.limit(command.limit);
    }
  }

  /** As `apply`, and hashes the trades that the answers tell of. */
  applyAndHash(from: number, to: number): { readonly trades: number; readonly hash: number } {
    let hash = 0;
    let trades = 0;
    for (let i = from; i < to; i++) {
      const command = this.commands[i];
      if (command.kind === FlowKind.Cancel) {
        this.book.cancel(command.id);
        continue;
      }
      const answer: IProcessOrder =
        command.kind === FlowKind.Replace
          ? this.book.modify(command.id, command.update)
          : this.book.limit(command.limit);
      for (const done of answer.done) {
        if (done.id === command.id || !('price' in done)) continue;
        hash = hashTrade(hash, Number(done.id), command.order, done.size, done.price);
        trades++;
      }
      const { partial } = answer;
      if (partial !== null && partial.id !== command.id) {
        hash = hashTrade(
          hash,
          Number(partial.id),
          command.order,
          answer.partialQuantityProcessed,
          partial.price,
        );
        trades++;
      }
    }
    return { trades, hash };
  }
}
