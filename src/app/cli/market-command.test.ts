import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ItchCode, ItchMessage, ItchType, packAlpha4 } from '#codec/itch/itch-messages.ts';
import { MarketView } from './market-command.ts';

const message = (fields: Partial<ItchMessage>): ItchMessage =>
  Object.assign(new ItchMessage(), { stockLocate: 1, ...fields });

test('market: an instrument that the feed does not have', () => {
  const view = new MarketView('TEST', 5);
  assert.equal(view.unknownText(), 'the feed has no instrument TEST; it has none yet');
  for (const [stockLocate, symbol] of [
    [1, 'HIVE'],
    [2, 'BTC'],
  ] as const) {
    const stock = { stockHigh: packAlpha4(symbol), stockLow: packAlpha4('') };
    view.apply(message({ type: ItchType.StockDirectory, stockLocate, ...stock }));
  }
  assert.equal(view.unknownText(), 'the feed has no instrument TEST; it has HIVE, BTC');
});

test('market: an auction is one trade at its price, and none where nothing traded', () => {
  const stock = { stockHigh: packAlpha4('TEST'), stockLow: packAlpha4('') };
  const scale = { priceDecimals: 4, qtyDecimals: 0, tickSize: 100, lotSize: 1 };
  const order = (orderReference: number, side: number): Partial<ItchMessage> => ({
    ...{ type: ItchType.AddOrder, orderReference, side, shares: 10, price: 12_500 },
  });
  const executed = (orderReference: number): Partial<ItchMessage> => ({
    ...{ type: ItchType.OrderExecutedWithPrice, orderReference, shares: 10, price: 12_400 },
    printable: ItchCode.No,
  });
  const view = new MarketView('TEST', 5);
  const seen = (...messages: Partial<ItchMessage>[]): object => {
    for (const fields of messages) view.apply(message(fields));
    const { last, trades } = view.book();
    return { last, trades };
  };
  seen({ type: ItchType.StockDirectory, ...stock }, { type: ItchType.InstrumentScale, ...stock, ...scale });
  const traded = seen(order(1, ItchCode.Buy), order(2, ItchCode.Sell), ...[executed(1), executed(2)], {
    type: ItchType.CrossTrade,
    shares: 10,
    price: 12_400,
    matchNumber: 7,
  });
  assert.deepEqual(traded, { last: '1.24', trades: 1 });
  assert.deepEqual(seen({ type: ItchType.CrossTrade, shares: 0, price: 0 }), traded);
});
