import {
  Engine,
  InstrumentKind,
  LimitBook,
  OrderType,
  Phase,
  Role,
  rejectName,
  Side,
  TimeInForce,
} from 'hive-mind/engine';

// The full core: risk checks, matching, ledger. Commands are plain objects, and each returns all that it caused.
// Time is what you say it is.
const engine = new Engine();
let seconds = 1_700_000_000;
const send = (command) => engine.submit(command, { seconds: seconds++, nanos: 0 });

// A small market: bitcoin in dollars, prices in cents, lots of 0.0001 bitcoin. Commands without a userId are the operator's.
const [USD, BTC, BTCUSD] = [1, 2, 1];
const [ANN, BOB] = [1, 2];
send({ type: 'AddAsset', assetId: USD, symbol: 'USD', decimals: 2 });
send({ type: 'AddAsset', assetId: BTC, symbol: 'BTC', decimals: 8 });
send({
  type: 'AddInstrument',
  instrumentId: BTCUSD,
  symbol: 'BTCUSD',
  kind: InstrumentKind.Spot,
  phase: Phase.Continuous,
  baseAssetId: BTC,
  quoteAssetId: USD,
  priceDecimals: 2,
  tickSize: 1,
  qtyDecimals: 4,
  lotSize: 1,
  lotBaseMinor: 10_000,
  // A trade costs ticks x lots / 10,000 cents.
  valueNumerator: 1,
  valueDenominator: 10_000,
  minQtyLots: 1,
  maxQtyLots: 1_000_000,
  makerFeePpm: 100,
  takerFeePpm: 200,
});

// Two users, each with an account: Ann has two bitcoin, Bob has 100,000 dollars.
for (const [user, name] of [
  [ANN, 'ANN'],
  [BOB, 'BOB'],
]) {
  send({ type: 'AddAccount', accountId: user });
  send({ type: 'AddUser', newUserId: user, accountId: user, role: Role.Trader, name });
}
send({ type: 'Deposit', accountId: ANN, assetId: BTC, amountMinor: 2_00000000 });
send({ type: 'Deposit', accountId: BOB, assetId: USD, amountMinor: 100_000_00 });

/** Sends a limit order and prints what became of it. */
function order(userId, clientOrderId, side, dollars, bitcoin) {
  const events = send({
    type: 'NewOrder',
    userId,
    instrumentId: BTCUSD,
    clientOrderId,
    side,
    orderType: OrderType.Limit,
    timeInForce: TimeInForce.GoodTillCancel,
    priceTicks: dollars * 100,
    qtyLots: bitcoin * 10_000,
  });
  for (const event of events) {
    if (event.type === 'CommandRejected') console.log(`rejected: ${rejectName(event.rejectCode)}`);
    if (event.type === 'OrderRested') console.log(`rests: ${event.displayQtyLots / 10_000} BTC`);
    if (event.type === 'Trade') {
      const { qtyLots, priceTicks, amountMinor, makerFeeMinor, takerFeeMinor } = event;
      console.log(`trade: ${qtyLots / 10_000} BTC at ${priceTicks / 100} for ${amountMinor / 100} dollars`);
      console.log(`       fees: maker ${makerFeeMinor / 100}, taker ${takerFeeMinor / 100}`);
    }
  }
}

order(ANN, 1, Side.Sell, 60_000, 0.5);
order(ANN, 2, Side.Sell, 60_100, 1);
order(BOB, 1, Side.Buy, 60_100, 0.75);
order(BOB, 2, Side.Buy, 60_000, 1);

// The order book alone: no accounts, no money, order ids of your own.
const book = new LimitBook({
  onTrade: (makerId, takerId, qtyLots, priceTicks) =>
    console.log(`book: ${takerId} takes ${qtyLots} from ${makerId} at ${priceTicks}`),
});
book.add(1, Side.Sell, 101, 5);
book.add(2, Side.Sell, 102, 5);
book.add(3, Side.Buy, 100, 4);
const rests = book.add(4, Side.Buy, 101, 7);
console.log(`book: ${rests} of order 4 rest, ${book.bestBidTicks} bid, ${book.bestAskTicks} asked`);
book.replace(2, 101, 3);
book.cancel(3);
console.log(`book: ${book.depthAt(Side.Sell, 101)} asked at 101, nothing bid: ${book.bestBidTicks === 0}`);
