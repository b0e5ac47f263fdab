import { isDeepStrictEqual } from 'node:util';
import type { ToldOrder, ToldReport } from './reconnecting-client.ts';

/** What is compared with the reports that a client was told over its connections. */
export interface ReportEvidence {
  /** What a fresh client is told from the first report on. */
  readonly again: readonly ToldReport[];
  /** The user's orders, as history has them. */
  readonly orders: readonly ToldOrder[];
  /** Report numbers of the user's fills, as history has them. */
  readonly fills: readonly number[];
  /** Texts of the orders whose placing was answered. */
  readonly acknowledged: Iterable<string>;
}

/** What is wrong with a client's reports, each a sentence; empty: they are complete, in order, each once, and true. */
export function checkReports(
  name: string,
  told: readonly ToldReport[],
  { again, orders, fills, acknowledged }: ReportEvidence,
): string[] {
  const complaints: string[] = [];
  const wrong = told.findIndex(({ number }, index) => number !== index + 1);
  if (wrong !== -1) complaints.push(`${name}: report ${told[wrong].number} came where ${wrong + 1} should`);
  for (let i = 0; i < Math.max(told.length, again.length); i++) {
    if (isDeepStrictEqual(told[i], again[i])) continue;
    complaints.push(
      `${name}: was told ${JSON.stringify(told[i])}, a fresh client ${JSON.stringify(again[i])}`,
    );
    break;
  }
  const accepted = new Map<string, number>();
  for (const { kind, order } of told) {
    const text = order?.clientOrderId;
    if ((kind === 'accepted' || kind === 'replaced') && text !== undefined)
      accepted.set(text, (accepted.get(text) ?? 0) + 1);
  }
  for (const [text, times] of accepted)
    if (times > 1) complaints.push(`${name}: order ${text} came in ${times} times`);
  for (const text of acknowledged)
    if (!accepted.has(text)) complaints.push(`${name}: order ${text} was answered, and no report has it`);
  complaints.push(...checkOrders(name, told, orders));
  const filled = told.filter(({ kind }) => kind === 'filled').map(({ number }) => number);
  if (
    !isDeepStrictEqual(
      filled,
      fills.toSorted((a, b) => a - b),
    )
  )
    complaints.push(`${name}: reports have ${filled.length} fills, history has ${fills.length} or others`);
  return complaints;
}

/** Each order is in history as its last report left it; history has no others. */
function checkOrders(name: string, told: readonly ToldReport[], orders: readonly ToldOrder[]): string[] {
  const last = new Map<number, ToldOrder>();
  /** What a replace said of the order that it ended. */
  const replaced = new Set<number>();
  for (const { order, originalOrderId } of told) {
    if (order?.orderId !== undefined) last.set(order.orderId, order);
    if (originalOrderId !== undefined) replaced.add(originalOrderId);
  }
  const complaints: string[] = [];
  for (const order of orders) {
    if (order.orderId === undefined) continue;
    const known = last.get(order.orderId);
    last.delete(order.orderId);
    const isRight = replaced.has(order.orderId)
      ? known !== undefined && order.status === 'replaced'
      : isDeepStrictEqual(known, order);
    if (!isRight)
      complaints.push(`${name}: reports have ${JSON.stringify(known)}, history ${JSON.stringify(order)}`);
  }
  for (const order of last.values())
    complaints.push(`${name}: reports have ${JSON.stringify(order)}, history has no such order`);
  return complaints.slice(0, 3);
}
