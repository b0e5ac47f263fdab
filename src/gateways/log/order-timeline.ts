import type { Static } from 'typebox';
import { orderJson } from '#codec/json/history-json.ts';
import { decodedCommand, decodedEvent, type LoggedEntry, type LogLookup } from '#codec/json/log-json.ts';
import type { OrderTimeline, TimelineStep } from '#codec/json/timeline-json.ts';
import { formatTime } from '#codec/log/describe.ts';
import { readEvent } from '#codec/log/events.ts';
import type { Command, Event } from '#codec/log/record-types.ts';
import { CommandType } from '#domain/commands.ts';
import { type OrderRecord, OrderStatus } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { LogReceipts, StoredReports } from '../rest/sources.ts';
import { causeOf } from './cause-of.ts';
import { LogLimits } from './limits.ts';

const CANCEL = CommandType.CancelOrder;
const REPLACE = CommandType.ReplaceOrder;

export interface TimelineSources {
  readonly archive: ArchiveQueries;
  readonly reports: StoredReports;
  readonly receipts: LogReceipts;
  readonly lookup: LogLookup;
}

/** Everything that the log said of an order and those that it replaced or was replaced by. */
class OrderChain {
  /** The oldest first. */
  declare readonly orders: readonly OrderRecord[];
  declare readonly isWhole: boolean;
  /** The newest entry that the orders take in. */
  declare readonly sequence: number;
  /** The last entry that took a trade of theirs back; 0 none. */
  declare readonly canceledSequence: number;
  declare private readonly orderIds: ReadonlySet<number>;
  declare private readonly numbers: ReadonlySet<number>;

  constructor(orders: readonly OrderRecord[], isWhole: boolean, sequence: number, canceledSequence: number) {
    this.orders = orders;
    this.isWhole = isWhole;
    this.sequence = sequence;
    this.canceledSequence = canceledSequence;
    this.orderIds = new Set(orders.map(({ orderId }) => orderId));
    this.numbers = new Set(orders.map(({ clientOrderId }) => clientOrderId));
  }

  has(orderId: number): boolean {
    return this.orderIds.has(orderId);
  }

  /** Whether a report is about it. Of a refused replace only its command tells. */
  mayConcern(event: Event): boolean {
    switch (event.type) {
      case 'OrderAccepted':
      case 'OrderReplaced':
      case 'OrderCanceled':
      case 'OrderTriggered':
      case 'FillCanceled':
        return this.has(event.orderId);
      case 'Trade':
        return this.has(event.makerOrderId) || this.has(event.takerOrderId);
      case 'CommandRejected':
        return (
          event.commandType === REPLACE ||
          (event.commandType === CANCEL && this.numbers.has(event.clientOrderId))
        );
      default:
        return false;
    }
  }

  /** Whether an event that may concern it does, now that the commands of its entry are known. */
  concerns(event: Event, commands: readonly Command[]): boolean {
    if (event.type !== 'CommandRejected' || event.commandType !== REPLACE) return true;
    return commands.some(
      (command) =>
        command.type === 'ReplaceOrder' &&
        command.userId === event.userId &&
        command.clientOrderId === event.clientOrderId &&
        this.numbers.has(command.originalClientOrderId),
    );
  }
}

/** An order as it stood after an entry. */
export interface FoundOrder {
  readonly order: OrderRecord;
  readonly sequence: number;
  /** The last entry that took a trade of the order back; 0 none. */
  readonly canceledSequence: number;
}

/** Finds an order; undefined: there is none that the asker may see. */
type FindOrder = (orderId: number) => Promise<FoundOrder | undefined>;

/**
 * The life of an order, put together from history (the orders), the files of reports (what happened) and the log (who did it).
 * @param seesAll whether the asker sees any account: then the other side of trades, and commands of others
 * @returns undefined when `find` has no such order
 * @throws UnknownTermsError, ArchiveRefusedError, LogCorruptError
 */
export async function orderTimeline(
  sources: TimelineSources,
  orderId: number,
  seesAll: boolean,
  find: FindOrder,
): Promise<Static<typeof OrderTimeline> | undefined> {
  const chain = await chainOf(orderId, find);
  if (chain === undefined) return undefined;
  const { steps, isWhole } = await stepsOf(sources, chain);
  const commands = await sources.receipts.entries(steps.keys(), Limits.ENTRY_COMMANDS_MAX);
  const entries = new Map(commands.map((entry) => [entry.sequence, entry]));
  const shown: Static<typeof TimelineStep>[] = [];
  for (const [sequence, all] of steps) {
    const entry = entries.get(sequence);
    const events = all.filter((event) => chain.concerns(event, entry?.commands ?? []));
    if (events.length > 0) shown.push(stepJson(sources.lookup, chain, events, entry, seesAll));
  }
  return {
    sequence: chain.sequence,
    orders: chain.orders.map((order) => orderJson(sources.lookup, order)),
    steps: shown,
    complete: isWhole && chain.isWhole,
  };
}

async function chainOf(orderId: number, find: FindOrder): Promise<OrderChain | undefined> {
  const asked = await find(orderId);
  if (asked === undefined) return undefined;
  const orders = [asked.order];
  let { sequence, canceledSequence } = asked;
  let isWhole = true;
  const follow = async (next: number, add: (found: FoundOrder) => number): Promise<void> => {
    for (let id = next; id !== 0; ) {
      const found = orders.length < LogLimits.CHAIN_ORDERS_MAX ? await find(id) : undefined;
      if (found === undefined) isWhole = false;
      else canceledSequence = Math.max(canceledSequence, found.canceledSequence);
      id = found === undefined ? 0 : add(found);
    }
  };
  await follow(asked.order.originalOrderId, ({ order }) => {
    orders.unshift(order);
    return order.originalOrderId;
  });
  await follow(asked.order.replacedByOrderId, (found) => {
    orders.push(found.order);
    // Those before it do not change any more: the last one says how things stand.
    sequence = found.sequence;
    return found.order.replacedByOrderId;
  });
  return new OrderChain(orders, isWhole, sequence, canceledSequence);
}

async function stepsOf(
  { reports }: TimelineSources,
  chain: OrderChain,
): Promise<{ readonly steps: Map<number, Event[]>; readonly isWhole: boolean }> {
  const first = chain.orders[0];
  const last = chain.orders[chain.orders.length - 1];
  const steps = new Map<number, Event[]>();
  let isCut = false;
  const isWhole = await reports.read(
    {
      userId: first.userId,
      fromSequence: first.sequence,
      // What happened since would be steps to an end that the order does not have yet.
      toSequence:
        last.status === OrderStatus.Open
          ? chain.sequence
          : Math.max(last.updatedSequence, chain.canceledSequence),
      max: LogLimits.TIMELINE_REPORTS_MAX,
    },
    (words, at) => {
      const event = readEvent(words, at, at + (words.i32[at] >>> 16));
      if (!chain.mayConcern(event)) return;
      const step = steps.get(event.sequence) ?? [];
      if (step.length === 0 && steps.size >= LogLimits.TIMELINE_STEPS_MAX) isCut = true;
      else steps.set(event.sequence, [...step, event]);
    },
  );
  return { steps, isWhole: isWhole && !isCut && steps.has(first.sequence) };
}

function stepJson(
  lookup: LogLookup,
  chain: OrderChain,
  events: readonly Event[],
  entry: LoggedEntry | undefined,
  seesAll: boolean,
): Static<typeof TimelineStep> {
  const { sequence, timeSeconds, timeNanos } = events[0];
  const command = entry && causeOf(entry.commands, events);
  const isShown = command !== undefined && (seesAll || command.userId === chain.orders[0].userId);
  return {
    sequence,
    time: formatTime(timeSeconds, timeNanos),
    ...(entry === undefined || !seesAll ? {} : { nodeId: entry.nodeId }),
    ...(isShown ? { command: decodedCommand(lookup, command, events) } : {}),
    events: events.map((event) => {
      const json = decodedEvent(lookup, event);
      if (event.type !== 'Trade' || seesAll) return json;
      return { ...json, values: withoutOthers(json.values, chain, event) };
    }),
  };
}

/** Of a trade's values those that the owner of the chain may see. */
function withoutOthers<Value>(
  values: Record<string, Value>,
  chain: OrderChain,
  { makerOrderId, takerOrderId }: Event<'Trade'>,
): Record<string, Value> {
  const hidden = [
    ...(chain.has(makerOrderId) ? [] : ['maker']),
    ...(chain.has(takerOrderId) ? [] : ['taker']),
  ];
  return Object.fromEntries(
    Object.entries(values).filter(([name]) => !hidden.some((side) => name.startsWith(side))),
  );
}
