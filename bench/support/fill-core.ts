import { writeCommand } from '#codec/log/commands.ts';
import { NewOrder, OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { CoreReader, FLOW_ACCOUNTS, venueCommands } from './core-flow.ts';

const PRICES = 10_000;
const LOWEST_TICKS = 1_000_000;

/** A core of a node's size in which `count` orders rest, bids below asks, without any memory of how they came in. */
export function fillCore(count: number): { readonly reader: CoreReader; readonly openOrders: number } {
  const reader = new CoreReader();
  const { core } = reader;
  const words = WordBuffer.allocate(64);
  core.begin(1, 1_800_000_000, 0, 1, 1, 1);
  for (const command of venueCommands(FLOW_ACCOUNTS)) {
    writeCommand(words, 0, command);
    core.apply(words, 0);
  }
  core.end();
  const { i32, f64 } = words;
  for (let order = 1; order <= count; order++) {
    i32.fill(0, 0, NewOrder.shortWords);
    i32[0] = NewOrder.type | (NewOrder.shortWords << 16);
    i32[NewOrder.at.userId] = 1 + (order % FLOW_ACCOUNTS);
    i32[NewOrder.at.instrumentId] = 1;
    i32[NewOrder.at.clientOrderId] = order;
    const away = Math.imul(order, 0x9e3779b1) >>> 8;
    const side = order % 2 === 0 ? Side.Buy : Side.Sell;
    i32[NewOrder.at.priceTicks] = LOWEST_TICKS + (away % PRICES) + (side === Side.Sell ? PRICES : 0);
    f64[NewOrder.at.qtyLots >> 1] = 1 + (order % 100);
    i32[NewOrder.at.side] = side | (OrderType.Limit << 8) | (TimeInForce.GoodTillCancel << 16);
    core.begin(order + 1, 1_800_000_000, order, 1, 1, order + 1);
    core.apply(words, 0);
    core.end();
  }
  return { reader, openOrders: core.state.orders.store.liveOrders };
}
