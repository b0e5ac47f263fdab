import { ItchCode, ItchMessage, ItchType, packAlpha4 } from './itch-messages.ts';

/** One message of every type that can be encoded, by the name of its line in test/golden/itch.hex. For tests. */
export function itchSamples(): Map<string, ItchMessage> {
  const samples = new Map<string, ItchMessage>();
  const add = (name: string, type: ItchType, fields: Partial<ItchMessage>): void => {
    const message = new ItchMessage();
    Object.assign(message, { type, stockLocate: 13, trackingNumber: 2, timeNs: 34_200_123_456_789 }, fields);
    samples.set(name, message);
  };
  const stock = { stockHigh: packAlpha4('BTC-'), stockLow: packAlpha4('USD') };
  const order = { orderReference: 2 ** 40 + 5 };

  add('system event', ItchType.SystemEvent, { stockLocate: 0, eventCode: ItchCode.StartOfMessages });
  add('stock directory', ItchType.StockDirectory, {
    ...stock,
    marketCategory: ItchCode.Space,
    financialStatus: ItchCode.Space,
    roundLotSize: 1,
    roundLotsOnly: ItchCode.No,
    issueClassification: 0x51,
    issueSubType: 0x5a20,
    authenticity: 0x50,
    shortSaleThreshold: ItchCode.Space,
    ipoFlag: ItchCode.Space,
    luldTier: ItchCode.Space,
    etpFlag: ItchCode.Space,
    etpLeverage: 0,
    inverseIndicator: ItchCode.No,
  });
  add('instrument scale', ItchType.InstrumentScale, {
    ...stock,
    priceDecimals: 4,
    qtyDecimals: 8,
    tickSize: 100,
    lotSize: 1_000,
  });
  add('trading action', ItchType.TradingAction, {
    ...stock,
    tradingState: ItchCode.QuotationOnly,
    reserved: ItchCode.Space,
    reason: packAlpha4('LUDP'),
  });
  add('reg sho', ItchType.RegSho, { ...stock, regShoAction: 0x31 });
  add('participant position', ItchType.ParticipantPosition, {
    ...stock,
    participant: packAlpha4('HIVE'),
    primaryMarketMaker: ItchCode.Yes,
    marketMakerMode: 0x4e,
    participantState: 0x41,
  });
  add('add order', ItchType.AddOrder, {
    ...order,
    ...stock,
    side: ItchCode.Buy,
    shares: 4_294_967_295,
    price: 4_294_967_294,
  });
  add('add order attributed', ItchType.AddOrderAttributed, {
    ...order,
    ...stock,
    side: ItchCode.Sell,
    shares: 300,
    price: 3_194_500,
    attribution: packAlpha4('HIVE'),
  });
  add('order executed', ItchType.OrderExecuted, { ...order, shares: 7, matchNumber: 2 ** 53 - 1 });
  add('order executed with price', ItchType.OrderExecutedWithPrice, {
    ...order,
    shares: 7,
    matchNumber: 900,
    printable: ItchCode.No,
    price: 3_194_400,
  });
  add('order cancel', ItchType.OrderCancel, { ...order, shares: 12 });
  add('order delete', ItchType.OrderDelete, order);
  add('order replace', ItchType.OrderReplace, {
    ...order,
    newOrderReference: 2 ** 40 + 6,
    shares: 55,
    price: 3_194_600,
  });
  add('trade', ItchType.Trade, {
    ...stock,
    orderReference: 0,
    side: ItchCode.Buy,
    shares: 9,
    price: 3_194_500,
    matchNumber: 901,
  });
  add('cross trade', ItchType.CrossTrade, {
    ...stock,
    shares: 2 ** 41,
    price: 3_194_500,
    matchNumber: 902,
    crossType: ItchCode.OpeningCross,
  });
  add('broken trade', ItchType.BrokenTrade, { matchNumber: 903 });
  add('imbalance', ItchType.Imbalance, {
    ...stock,
    pairedShares: 1_000_000,
    imbalanceShares: 250,
    imbalanceDirection: ItchCode.Sell,
    farPrice: 3_194_500,
    nearPrice: 3_194_501,
    referencePrice: 3_194_502,
    crossType: ItchCode.ClosingCross,
    priceVariation: ItchCode.Space,
  });
  add('end of snapshot', ItchType.EndOfSnapshot, {
    stockLocate: 0,
    trackingNumber: 0,
    timeNs: 0,
    nextSequence: 1_234_567,
  });
  return samples;
}
