import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeEvent } from '#codec/log/events.ts';
import type { CommandInput, Event, EventInput } from '#codec/log/record-types.ts';
import { InstrumentKind, KillScope, OrderType, Phase, Role, Side, TimeInForce } from '#domain/commands.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { MetricsRegistry } from '#projections/metrics/registry.ts';
import { VenueMetrics } from '#projections/metrics/venue-metrics.ts';
import { FastEngine } from './oracle/fast-engine.ts';
import { cancelOf } from './support/cancel-trade.ts';
import { parseExposition } from './support/exposition.ts';

const ANN = 1;
const BOB = 2;

/** A core, and the metrics of what it says. */
class Venue {
  readonly metrics = new VenueMetrics(() => this.seconds);
  readonly engine = new FastEngine();
  readonly words = WordBuffer.allocate(1 << 14);
  readonly trades: Event<'Trade'>[] = [];
  seconds = 1_700_000_000;

  send(command: CommandInput): void {
    this.tell(this.engine.apply(command, this.seconds));
  }

  tell(events: readonly Event[]): void {
    this.trades.push(...events.filter((event) => event.type === 'Trade'));
    let to = 0;
    this.words.i32.fill(0);
    for (const event of events) to = writeEvent(this.words, to, event as EventInput);
    this.metrics.onEvents(this.words, 0, to);
  }

  order(userId: number, clientOrderId: number, side: Side, priceTicks: number, qtyLots: number): void {
    const terms = {
      orderType: OrderType.Limit,
      timeInForce: TimeInForce.GoodTillCancel,
      priceTicks,
      qtyLots,
    };
    this.send({ type: 'NewOrder', userId, instrumentId: 1, clientOrderId, side, ...terms });
  }

  samples(): ReadonlyMap<string, number> {
    const registry = new MetricsRegistry(false);
    this.metrics.addSamples(registry);
    return parseExposition(registry.text()).samples;
  }
}

function market(): Venue {
  const venue = new Venue();
  venue.send({ type: 'AddAsset', assetId: 1, symbol: 'USD', decimals: 2 });
  venue.send({ type: 'AddAsset', assetId: 2, symbol: 'BTC', decimals: 4 });
  venue.send({
    type: 'AddInstrument',
    instrumentId: 1,
    symbol: 'BTCUSD',
    kind: InstrumentKind.Spot,
    phase: Phase.Continuous,
    baseAssetId: 2,
    quoteAssetId: 1,
    tickSize: 1,
    lotSize: 1,
    lotBaseMinor: 1,
    valueNumerator: 1,
    valueDenominator: 1,
    minQtyLots: 1,
    maxQtyLots: 1_000,
    takerFeePpm: 10_000,
  });
  for (const user of [ANN, BOB]) {
    venue.send({ type: 'AddAccount', accountId: user });
    venue.send({ type: 'AddUser', newUserId: user, accountId: user, role: Role.Trader, name: `U${user}` });
    venue.send({ type: 'Deposit', accountId: user, assetId: 1, amountMinor: 1_000_000 });
    venue.send({ type: 'Deposit', accountId: user, assetId: 2, amountMinor: 1_000 });
  }
  return venue;
}

test('venue metrics: orders, trades, profit, execution quality, rejects, switches', async () => {
  const venue = market();
  venue.order(ANN, 1, Side.Sell, 110, 20);
  venue.order(ANN, 2, Side.Buy, 90, 20);
  venue.seconds += 2;
  // Takes 10 at 110 with a limit of 112: half a spread of 10 from the middle of 100.
  venue.order(BOB, 1, Side.Buy, 112, 10);
  venue.seconds += 5;
  // Sells half of it at 90.
  venue.order(BOB, 2, Side.Sell, 90, 5);
  venue.send({ type: 'CancelOrder', userId: ANN, instrumentId: 1, clientOrderId: 1 });
  venue.send({ type: 'CancelOrder', userId: ANN, instrumentId: 1, clientOrderId: 77 });
  venue.send({ type: 'SetKillSwitch', scope: KillScope.Account, scopeId: 2, engaged: 1 });
  const samples = venue.samples();
  const is = (key: string, value: number | undefined) => assert.equal(samples.get(key), value, key);
  is('hive_orders_total{event="accepted"}', 4);
  is('hive_orders_total{event="canceled"}', 1);
  is('hive_trades_total{symbol="BTCUSD"}', 2);
  is('hive_traded_value_total{symbol="BTCUSD"}', (1_100 + 450) / 100);
  is('hive_rejects_total{code="UNKNOWN_ORDER"}', 1);
  is('hive_kill_switch{scope="account"}', 1);
  is('hive_kill_switch{scope="venue"}', 0);
  is('hive_instrument_phase{symbol="BTCUSD",phase="Continuous"}', 1);
  // The asks are gone: no spread, and the last price says what holdings are worth.
  is('hive_book_spread_ticks{symbol="BTCUSD"}', undefined);
  is('hive_pnl_realised{account="2",asset="USD"}', -1);
  is('hive_pnl_unrealised{account="2",asset="USD"}', -1);
  is('hive_pnl_realised{account="1",asset="USD"}', 1);
  is('hive_pnl_unrealised{account="1",asset="USD"}', 1);
  is('hive_pnl_realised{account="venue",asset="USD"}', (11 + 4) / 100);
  is('hive_effective_spread_ticks{symbol="BTCUSD"}', 20);
  is('hive_realised_spread_ticks{symbol="BTCUSD"}', 20);
  is('hive_price_improvement_ticks{symbol="BTCUSD"}', (2 * 10 + 0 * 5) / 15);
  is('hive_fill_ratio{symbol="BTCUSD"}', 30 / 55);
  is('hive_order_to_trade_ratio{account="2"}', 2 / 2);
  is('hive_order_to_trade_ratio{account="1"}', 3 / 2);
  is('hive_time_to_fill_seconds_count{symbol="BTCUSD"}', 2);
  is('hive_pnl_anomaly_score{account="1"}', 0);
});

test('venue metrics: a trade that is taken back is no profit of its sides, and its fees are none of the venue', () => {
  const venue = market();
  venue.order(ANN, 1, Side.Sell, 110, 10);
  venue.order(BOB, 1, Side.Buy, 110, 10);
  // Both are worth another price now: two lots at 150.
  venue.order(ANN, 2, Side.Sell, 150, 2);
  venue.order(BOB, 2, Side.Buy, 150, 2);
  const is = (key: string, value: number | undefined) => assert.equal(venue.samples().get(key), value, key);
  is('hive_pnl_unrealised{account="1",asset="USD"}', -4);
  is('hive_pnl_unrealised{account="2",asset="USD"}', 4);
  is('hive_pnl_realised{account="venue",asset="USD"}', (11 + 3) / 100);
  venue.send(cancelOf(venue.trades[0]));
  for (const account of ['1', '2']) {
    const figures = ['realised', 'unrealised'].map(
      (kind) => venue.samples().get(`hive_pnl_${kind}{account="${account}",asset="USD"}`) ?? 0,
    );
    assert.ok(Math.abs(figures[0] + figures[1]) < 1e-9, `account ${account}: ${figures}`);
  }
  is('hive_pnl_realised{account="venue",asset="USD"}', 3 / 100);
  is('hive_trades_total{symbol="BTCUSD"}', 2);
});

test('venue metrics: the user who has used most of its order numbers, refused orders included', () => {
  const venue = market();
  const used = () => [...venue.samples()].filter(([key]) => key.startsWith('hive_order_numbers_used_ratio'));
  const ratio = (userId: number, number: number) => [
    [`hive_order_numbers_used_ratio{user="${userId}"}`, number / (2 ** 31 - 1)],
  ];
  assert.deepEqual(used(), []);
  venue.order(ANN, 7, Side.Buy, 90, 20);
  venue.order(BOB, 6, Side.Buy, 90, 20);
  assert.deepEqual(used(), ratio(ANN, 7));
  venue.order(BOB, 1_000, Side.Buy, 90, 10_000);
  assert.deepEqual(used(), ratio(BOB, 1_000));
  venue.send({
    type: 'ReplaceOrder',
    userId: ANN,
    originalClientOrderId: 7,
    clientOrderId: 2 ** 31 - 1,
    priceTicks: 91,
    qtyLots: 20,
  });
  assert.deepEqual(used(), ratio(ANN, 2 ** 31 - 1));
  // A node that has just started learns it from the image.
  const begun = new Venue();
  begun.tell(venue.engine.describe());
  assert.deepEqual(
    [...begun.samples()].filter(([key]) => key.startsWith('hive_order_numbers')),
    used(),
  );
});

test('venue metrics: what was averaged falls out of the window, also where nothing happens any more', async () => {
  const venue = market();
  venue.order(ANN, 1, Side.Sell, 110, 20);
  venue.order(ANN, 2, Side.Buy, 90, 20);
  venue.order(BOB, 1, Side.Buy, 110, 10);
  const told = () => {
    const samples = venue.samples();
    const names = ['hive_fill_ratio', 'hive_effective_spread_ticks', 'hive_realised_spread_ticks'];
    return [
      ...names.map((name) => samples.get(`${name}{symbol="BTCUSD"}`)),
      samples.get('hive_order_to_trade_ratio{account="1"}'),
    ];
  };
  assert.deepEqual(told(), [20 / 50, 20, undefined, 2]);
  // What the trade was worth is known five seconds later, without an event that says so.
  venue.seconds += 5;
  assert.deepEqual(told(), [20 / 50, 20, 20, 2]);
  venue.seconds += 400;
  assert.deepEqual(told(), [undefined, undefined, undefined, 0]);
});

test('venue metrics: each order of a mass cancel is a cancel of its account, none of a kill switch is', async () => {
  const venue = market();
  const ratio = () => venue.samples().get('hive_order_to_trade_ratio{account="1"}');
  for (let id = 1; id <= 3; id++) venue.order(ANN, id, Side.Sell, 110, 20);
  venue.order(BOB, 1, Side.Buy, 110, 10);
  assert.equal(ratio(), 3);
  venue.send({ type: 'MassCancel', userId: ANN, sessionUserId: ANN, instrumentId: 1 });
  assert.equal(venue.samples().get('hive_orders_total{event="canceled"}'), 3);
  assert.equal(ratio(), 6);
  venue.order(ANN, 4, Side.Sell, 110, 20);
  venue.send({ type: 'SetKillSwitch', scope: KillScope.Account, scopeId: ANN, engaged: 1, cancelOrders: 1 });
  assert.equal(venue.samples().get('hive_orders_total{event="canceled"}'), 4);
  assert.equal(ratio(), 7);
});

test('venue metrics: a replace orders what is left anew, unless the order keeps its place', async () => {
  const venue = market();
  const told = () => venue.samples().get('hive_fill_ratio{symbol="BTCUSD"}');
  const replace = (
    originalClientOrderId: number,
    clientOrderId: number,
    priceTicks: number,
    qtyLots: number,
  ) =>
    venue.send({
      type: 'ReplaceOrder',
      userId: ANN,
      instrumentId: 1,
      originalClientOrderId,
      clientOrderId,
      priceTicks,
      qtyLots,
    });
  venue.order(ANN, 1, Side.Sell, 110, 20);
  venue.order(BOB, 1, Side.Buy, 110, 10);
  assert.equal(told(), 20 / 30);
  replace(1, 2, 110, 15);
  assert.equal(told(), 20 / 30);
  replace(2, 3, 111, 15);
  assert.equal(told(), 20 / 35);
});

test('venue metrics: after events were missed an image begins anew', async () => {
  const venue = market();
  venue.order(ANN, 1, Side.Sell, 110, 20);
  venue.order(ANN, 2, Side.Buy, 90, 20);
  assert.equal(venue.samples().get('hive_book_spread_ticks{symbol="BTCUSD"}'), 20);
  venue.metrics.onRestart();
  assert.equal(venue.samples().get('hive_book_spread_ticks{symbol="BTCUSD"}'), undefined);
});

test('venue metrics: a phase whose end was missed is not late with the next change', async () => {
  const venue = market();
  const offset = () => venue.samples().get('hive_market_timing_offset_seconds{symbol="BTCUSD"}');
  const setPhase = (phase: Phase, endSeconds = 0): CommandInput => ({
    type: 'SetPhase',
    instrumentId: 1,
    phase,
    nextPhase: endSeconds === 0 ? 0 : Phase.Continuous,
    endSeconds,
  });
  venue.send(setPhase(Phase.Halted, venue.seconds + 10));
  venue.seconds += 10;
  venue.metrics.onRestart();
  venue.engine.apply({ type: 'Tick' }, venue.seconds);
  venue.tell(venue.engine.describe());
  venue.seconds += 3_600;
  venue.send(setPhase(Phase.Halted, venue.seconds + 10));
  assert.equal(offset(), undefined);
  venue.seconds += 12;
  venue.send({ type: 'Tick' });
  assert.equal(offset(), 2);
});
