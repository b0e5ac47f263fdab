import { NaiveBook } from '../naive-book.ts';
import { ReportList, ReportType } from './reports.ts';
import { MESSAGE_WORDS, MessageKind, type Workload } from './workload.ts';

/** A book's best prices (0: none) and the quantity at a price: what the harness' state audit asks for. */
export interface BookState {
  readonly bestBid: number;
  readonly bestAsk: number;
  depthAt(sell: boolean, price: number): number;
}

/** The naive book's report stream of a workload. `audit` is called after each message. */
export function naiveReports(
  workload: Workload,
  audit?: (index: number, state: BookState) => void,
): ReportList {
  const { words } = workload;
  const reports = new ReportList();
  let sequence = 0;
  const book = new NaiveBook((maker, taker, qty, price) => {
    reports.add(ReportType.Trade, 0, sequence, maker, price, qty, taker);
  });
  const state: BookState = {
    get bestBid() {
      return book.bestBid;
    },
    get bestAsk() {
      return book.bestAsk;
    },
    depthAt: (sell, price) => {
      const queue = (sell ? book.asks : book.bids).queues.get(price) ?? [];
      return queue.reduce((sum, order) => sum + order.leaves, 0);
    },
  };
  for (; sequence < workload.messages; sequence++) {
    const at = sequence * MESSAGE_WORDS;
    const kind = words[at] & 255;
    const sell = (words[at] >> 8) & 255;
    const ioc = words[at] >> 16 === 1;
    const price = words[at + 1];
    const qty = words[at + 2];
    const id = words[at + 3];
    if (kind === MessageKind.New) {
      reports.add(ReportType.OrderAck, sell, sequence, id, price, qty, 0);
      const left = book.add(id, sell === 0, price, qty, !ioc);
      if (ioc && left > 0) reports.add(ReportType.CancelAck, sell, sequence, id, price, 0, 0);
    } else if (kind === MessageKind.Cancel) {
      const order = book.cancel(id);
      if (order === undefined) reports.add(ReportType.CancelReject, 0, sequence, id, 0, 0, 0);
      else reports.add(ReportType.CancelAck, order.buy ? 0 : 1, sequence, id, order.priceTicks, 0, 0);
    } else {
      const order = book.replace(id, price, qty);
      if (order === undefined) reports.add(ReportType.ModifyReject, 0, sequence, id, 0, 0, 0);
      else reports.add(ReportType.ModifyAck, order.buy ? 0 : 1, sequence, id, price, qty, 0);
    }
    audit?.(sequence, state);
  }
  return reports;
}
