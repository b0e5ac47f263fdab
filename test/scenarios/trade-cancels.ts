import { InstrumentKind } from '#domain/commands.ts';
import { scenario } from './scenario.ts';

/** A CancelTrade as it stands in a scenario, of the trade that the scenarios below begin with. */
const cancel = (fields: object = {}): string =>
  `raw ${JSON.stringify({
    type: 'CancelTrade',
    userId: 13,
    instrumentId: 1,
    tradeId: 1,
    qtyLots: 2,
    priceTicks: 100,
    buyerOrderId: 2,
    buyerFeeMinor: 4,
    buyerReportNumber: 2,
    buyerUserId: 1,
    buyerAccountId: 1,
    buyerClientOrderId: 1,
    sellerOrderId: 1,
    sellerFeeMinor: 2,
    sellerReportNumber: 2,
    sellerUserId: 2,
    sellerAccountId: 2,
    sellerClientOrderId: 1,
    reason: 'fat finger',
    ...fields,
  })}`;

/** Bob sells two of five to Alice: the seller rests and pays 1%, the buyer 2%. */
const TRADED = `
    deposit alice 1000 USD
      posted alice 1000 USD Deposit total 1000
      done
    deposit bob 5 BTC
      posted bob 5 BTC Deposit total 5
      done
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    alice 1 buy 2@100
      accepted alice1 buy 2@100 gtc
      trade 2@100 bob1 leaves 3 / alice1 fees 2+4`;
const MARKET = { coin: { makerFeePpm: 10_000, takerFeePpm: 20_000 }, funds: 0 };

/** One lot is half of what all balances can come to. */
const MARGIN = 4_500_000_000_000_001;
/** The cancel of a trade in which Bob sells a lot to Alice, both by their order `number`, the seller's first. */
const opened = (number: number, instrumentId: number): string =>
  cancel({
    instrumentId,
    tradeId: number,
    qtyLots: 1,
    buyerOrderId: 2 * number,
    buyerFeeMinor: 0,
    buyerReportNumber: 2 * number,
    buyerClientOrderId: number,
    sellerOrderId: 2 * number - 1,
    sellerFeeMinor: 0,
    sellerReportNumber: 2 * number,
    sellerClientOrderId: number,
  });

/** Trades that staff takes back. */
export const TRADE_CANCELS = [
  scenario(
    'a trade that is taken back: money, asset and fees return, the order that rests stays as it is, and it counts once',
    `${TRADED}
    ${cancel()}
      trade 1 canceled 2@100
      fill canceled alice1 buy 2@100 fee 4 of report 2
      fill canceled bob1 sell 2@100 fee 2 of report 2
      done for olga
    ${cancel({ userId: 15 })}
      rejected adam TRADE_CANCELED
    withdraw alice 1001 USD
      rejected operator INSUFFICIENT_FUNDS
    withdraw alice 1000 USD
      posted alice -1000 USD Withdrawal total 0
      done
    withdraw alice 1 BTC
      rejected operator INSUFFICIENT_FUNDS
    withdraw bob 3 BTC
      rejected operator INSUFFICIENT_FUNDS
    withdraw bob 2 BTC
      posted bob -2 BTC Withdrawal total 3
      done
    withdraw bob 1 USD
      rejected operator INSUFFICIENT_FUNDS
    bob cancel 1
      canceled bob1 3 visible 3@100 Requested
    `,
    MARKET,
  ),
  scenario(
    'a trade that cannot be taken back while a side has not what it gives back, and can when it has; the venue owes the fees that it has not',
    `${TRADED}
    alice 2 sell 1@300
      accepted alice2 sell 1@300 gtc
      rested alice2 1@300
    ${cancel()}
      rejected olga INSUFFICIENT_FUNDS
    alice cancel 2
      canceled alice2 1 visible 1@300 Requested
    withdraw bob 1 USD
      posted bob -1 USD Withdrawal total 197
      done
    ${cancel()}
      rejected olga INSUFFICIENT_FUNDS
    deposit bob 1 USD
      posted bob 1 USD Deposit total 198
      done
    raw {"type":"Withdraw","accountId":0,"assetId":1,"amountMinor":5}
      posted venue -5 USD Withdrawal total 1
      done
    ${cancel()}
      trade 1 canceled 2@100
      fill canceled alice1 buy 2@100 fee 4 of report 2
      fill canceled bob1 sell 2@100 fee 2 of report 2
      done for olga
    raw {"type":"Deposit","accountId":0,"assetId":1,"amountMinor":7}
      posted venue 7 USD Deposit total 2
      done
    `,
    MARKET,
  ),
  scenario(
    'a trade in a margined instrument is taken back at its price, also after it was traded on',
    `
    deposit alice 1000 USD
      posted alice 1000 USD Deposit total 1000
      done
    deposit bob 1000 USD
      posted bob 1000 USD Deposit total 1000
      done
    bob 1 sell 2@100 on perp
      accepted bob1 sell 2@100 gtc
      rested bob1 2@100
    alice 1 buy 2@100 on perp
      accepted alice1 buy 2@100 gtc
      trade 2@100 bob1 / alice1
      position bob -2 entry 200 realised 0
      position alice 2 entry 200 realised 0
    alice 2 sell 2@110 on perp
      accepted alice2 sell 2@110 gtc
      rested alice2 2@110
    deposit carol 1000 USD
      posted carol 1000 USD Deposit total 1000
      done
    carol 1 buy 2@110 on perp
      accepted carol1 buy 2@110 gtc
      trade 2@110 alice2 / carol1
      posted alice 20 USD RealisedProfit total 1020
      position alice 0 entry 0 realised 20
      position carol 2 entry 220 realised 0
    ${cancel({ instrumentId: 2, buyerFeeMinor: 0, sellerFeeMinor: 0 })}
      trade 1 canceled 2@100
      fill canceled alice1 buy 2@100 of report 2
      fill canceled bob1 sell 2@100 of report 2
      position alice -2 entry 200 realised 20
      position bob 0 entry 0 realised 0
      done for olga
    ${cancel({ instrumentId: 2, tradeId: 2, priceTicks: 110, buyerFeeMinor: 0, sellerFeeMinor: 0, buyerOrderId: 4, buyerUserId: 3, buyerAccountId: 3, sellerOrderId: 3, sellerUserId: 1, sellerAccountId: 1, sellerClientOrderId: 2 })}
      trade 2 canceled 2@110
      fill canceled carol1 buy 2@110 of report 2
      fill canceled alice2 sell 2@110 of report 2
      position carol 0 entry 0 realised 0
      posted alice -20 USD RealisedProfit total 1000
      position alice 0 entry 0 realised 0
      done for olga
    `,
    { funds: 0 },
  ),
  scenario(
    'a trade is taken back also where the venue and the seller owe, when neither has anything to give back',
    `
    deposit alice 1000 USD
      posted alice 1000 USD Deposit total 1000
      done
    deposit bob 1000 USD
      posted bob 1000 USD Deposit total 1000
      done
    deposit bob 5 BTC
      posted bob 5 BTC Deposit total 5
      done
    deposit carol 1000 USD
      posted carol 1000 USD Deposit total 1000
      done
    bob 1 sell 2@100
      accepted bob1 sell 2@100 gtc
      rested bob1 2@100
    alice 1 buy 2@100
      accepted alice1 buy 2@100 gtc
      trade 2@100 bob1 / alice1
    bob 2 sell 4@100 on perp
      accepted bob2 sell 4@100 gtc
      rested bob2 4@100
    alice 2 buy 4@100 on perp
      accepted alice2 buy 4@100 gtc
      trade 4@100 bob2 / alice2
      position bob -4 entry 400 realised 0
      position alice 4 entry 400 realised 0
    bob 3 buy 2@700 on perp
      accepted bob3 buy 2@700 gtc
      rested bob3 2@700
    carol 1 sell 2@700 on perp
      accepted carol1 sell 2@700 gtc
      trade 2@700 bob3 / carol1
      posted bob -1200 USD RealisedProfit total -200
      position bob -2 entry 200 realised -1200
      position carol -2 entry 1400 realised 0
    carol 2 buy 4@700 on perp
      accepted carol2 buy 4@700 gtc
      rested carol2 4@700
    alice 3 sell 4@700 on perp
      accepted alice3 sell 4@700 gtc
      trade 4@700 carol2 / alice3
      position carol 2 entry 1400 realised 0
      posted alice 2400 USD RealisedProfit total 3400
      position alice 0 entry 0 realised 2400
    ${cancel({ buyerFeeMinor: 0, sellerFeeMinor: 0 })}
      trade 1 canceled 2@100
      fill canceled alice1 buy 2@100 of report 2
      fill canceled bob1 sell 2@100 of report 2
      done for olga
    `,
    { funds: 0, coin: { valueDenominator: 1_000 } },
  ),
  scenario(
    'a trade of an account with itself is taken back: only its fees move, in a margined instrument too',
    `
    deposit alice 1000 USD
      posted alice 1000 USD Deposit total 1000
      done
    deposit bob 1000 USD
      posted bob 1000 USD Deposit total 1000
      done
    bob 1 sell 8@100 on perp
      accepted bob1 sell 8@100 gtc
      rested bob1 8@100
    alice 1 buy 8@100 on perp
      accepted alice1 buy 8@100 gtc
      trade 8@100 bob1 / alice1 fees 8+0
      position bob -8 entry 800 realised 0
      position alice 8 entry 800 realised 0
    phase OpeningAuction on perp
      phase Continuous -> OpeningAuction
      done
    alice 2 buy 2@150 on perp
      accepted alice2 buy 2@150 gtc
      rested alice2 2@150
    dave 1 sell 2@150 on perp
      accepted dave1 sell 2@150 gtc
      rested dave1 2@150
    phase Continuous on perp
      auction trade 2@150 alice2 / dave1 fees 3+3
      position alice 8 entry 880 realised 80
      posted alice 80 USD RealisedProfit total 1074
      position alice 8 entry 880 realised 80
      uncrossed 2@150 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    ${cancel({
      instrumentId: 2,
      tradeId: 2,
      priceTicks: 150,
      buyerOrderId: 3,
      buyerFeeMinor: 3,
      buyerReportNumber: 4,
      buyerClientOrderId: 2,
      sellerOrderId: 4,
      sellerFeeMinor: 3,
      sellerUserId: 4,
      sellerAccountId: 1,
    })}
      trade 2 canceled 2@150
      fill canceled alice2 buy 2@150 fee 3 of report 4
      fill canceled dave1 sell 2@150 fee 3 of report 2
      position alice 8 entry 880 realised 80
      position alice 8 entry 880 realised 80
      done for olga
    withdraw alice 1001 USD
      rejected operator INSUFFICIENT_FUNDS
    withdraw alice 1000 USD
      posted alice -1000 USD Withdrawal total 80
      done
    `,
    { funds: 0, perp: { makerFeePpm: 10_000 } },
  ),
  scenario(
    'a trade is not taken back where the margins of all instruments would no longer add up exactly',
    `
    deposit alice 4_500_000_000_000_001 USD
      posted alice 4500000000000001 USD Deposit total 4500000000000001
      done
    deposit bob 4_500_000_000_000_001 USD
      posted bob 4500000000000001 USD Deposit total 4500000000000001
      done
    bob 1 sell 1@100 on perp
      accepted bob1 sell 1@100 gtc
      rested bob1 1@100
    alice 1 buy 1@100 on perp
      accepted alice1 buy 1@100 gtc
      trade 1@100 bob1 / alice1
      position bob -1 entry 100 realised 0
      position alice 1 entry 100 realised 0
    alice 2 sell 1@100 on perp
      accepted alice2 sell 1@100 gtc
      rested alice2 1@100
    bob 2 buy 1@100 on perp
      accepted bob2 buy 1@100 gtc
      trade 1@100 alice2 / bob2
      position alice 0 entry 0 realised 0
      position bob 0 entry 0 realised 0
    bob 3 sell 1@100 on perp
      accepted bob3 sell 1@100 gtc
      rested bob3 1@100
    alice 3 buy 1@100 on perp
      accepted alice3 buy 1@100 gtc
      trade 1@100 bob3 / alice3
      position bob -1 entry 100 realised 0
      position alice 1 entry 100 realised 0
    alice 4 sell 1@100 on perp
      accepted alice4 sell 1@100 gtc
      rested alice4 1@100
    bob 4 buy 1@100 on perp
      accepted bob4 buy 1@100 gtc
      trade 1@100 alice4 / bob4
      position alice 0 entry 0 realised 0
      position bob 0 entry 0 realised 0
    bob 5 sell 1@100
      accepted bob5 sell 1@100 gtc
      rested bob5 1@100
    alice 5 buy 1@100
      accepted alice5 buy 1@100 gtc
      trade 1@100 bob5 / alice5
      position bob -1 entry 100 realised 0
      position alice 1 entry 100 realised 0
    alice 6 sell 1@100
      accepted alice6 sell 1@100 gtc
      rested alice6 1@100
    bob 6 buy 1@100
      accepted bob6 buy 1@100 gtc
      trade 1@100 alice6 / bob6
      position alice 0 entry 0 realised 0
      position bob 0 entry 0 realised 0
    ${opened(1, 2)}
      trade 1 canceled 1@100
      fill canceled alice1 buy 1@100 of report 2
      fill canceled bob1 sell 1@100 of report 2
      position alice -1 entry 100 realised 0
      position bob 1 entry 100 realised 0
      done for olga
    ${opened(3, 2)}
      trade 3 canceled 1@100
      fill canceled alice3 buy 1@100 of report 6
      fill canceled bob3 sell 1@100 of report 6
      position alice -2 entry 200 realised 0
      position bob 2 entry 200 realised 0
      done for olga
    ${opened(5, 1)}
      rejected olga VALUE_TOO_LARGE
    `,
    {
      funds: 0,
      coin: { kind: InstrumentKind.Margined, baseAssetId: 0, lotBaseMinor: 0, initialMarginMinor: MARGIN },
      perp: { initialMarginMinor: MARGIN },
    },
  ),
  scenario(
    'a trade is not taken back by whom it does not concern, nor as it was not',
    `${TRADED}
    ${cancel({ userId: 12 })}
      rejected rita NOT_ALLOWED
    ${cancel({ userId: 1 })}
      rejected alice NOT_ALLOWED
    ${cancel({ userId: 14 })}
      rejected cora NOT_ALLOWED
    ${cancel({ tradeId: 0 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ qtyLots: 0 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ qtyLots: 2 ** 40 + 1 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ priceTicks: 0 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ buyerOrderId: 0 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ sellerFeeMinor: -1 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ sellerReportNumber: 0 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ buyerUserId: 0 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ sellerAccountId: 0 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ sellerClientOrderId: 2 ** 31 })}
      rejected olga MALFORMED_COMMAND
    ${cancel({ sellerUserId: 999, sellerAccountId: 999, instrumentId: 99 })}
      rejected olga UNKNOWN_USER
    ${cancel({ buyerAccountId: 999, instrumentId: 99 })}
      rejected olga UNKNOWN_ACCOUNT
    ${cancel({ instrumentId: 99 })}
      rejected olga UNKNOWN_INSTRUMENT
    ${cancel({ tradeId: 2 })}
      rejected olga UNKNOWN_TRADE
    ${cancel({ buyerOrderId: 3 })}
      rejected olga UNKNOWN_TRADE
    ${cancel({ sellerReportNumber: 4 })}
      rejected olga UNKNOWN_TRADE
    ${cancel({ buyerFeeMinor: 201 })}
      rejected olga UNKNOWN_TRADE
    ${cancel({ qtyLots: 2 ** 40, priceTicks: 2 ** 31 - 1 })}
      rejected olga UNKNOWN_TRADE
    ${cancel()}
      trade 1 canceled 2@100
      fill canceled alice1 buy 2@100 fee 4 of report 2
      fill canceled bob1 sell 2@100 fee 2 of report 2
      done for olga
    `,
    MARKET,
  ),
];
