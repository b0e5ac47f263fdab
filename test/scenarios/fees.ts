import { scenario } from './scenario.ts';

/** SetFees of the spot instrument as it stands in a scenario. */
const fees = (makerFeePpm: number, takerFeePpm = makerFeePpm): string =>
  `raw {"type":"SetFees","instrumentId":1,"makerFeePpm":${makerFeePpm},"takerFeePpm":${takerFeePpm}}`;

/** Fees that change, and what open buys hold for them. */
export const FEES = [
  scenario(
    'fees: other ones from the next trade on; what open buys hold is for those of before, and higher ones wait until there are none',
    `
    deposit alice 303 USD
      posted alice 303 USD Deposit total 303
      done
    deposit bob 5 BTC
      posted bob 5 BTC Deposit total 5
      done
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    raw {"type":"SetFees","userId":13,"instrumentId":1,"makerFeePpm":10000,"takerFeePpm":10001,"reason":"other prices"}
      rejected olga OPEN_ORDERS
    raw {"type":"SetFees","userId":13,"instrumentId":1,"makerFeePpm":0,"takerFeePpm":10000}
      FeesSet
      done for olga
    alice 2 buy 2@100
      accepted alice2 buy 2@100 gtc
      rested alice2 2@100
    withdraw alice 1 USD
      rejected operator INSUFFICIENT_FUNDS
    bob 1 sell 1@100
      accepted bob1 sell 1@100 gtc
      trade 1@100 alice1 / bob1 fees 0+1
    raw {"type":"SetFees","userId":15,"instrumentId":1}
      FeesSet
      done for adam
    raw {"type":"SetFees","instrumentId":1,"makerFeePpm":10000,"takerFeePpm":10000}
      FeesSet
      done
    raw {"type":"SetFees","instrumentId":1,"makerFeePpm":10000,"takerFeePpm":20000}
      rejected operator OPEN_ORDERS
    alice cancel 2
      canceled alice2 2 visible 2@100 Requested
    alice 3 buy 1@50 stop 150
      accepted alice3 buy 1@50 stop 150 gtc
    raw {"type":"SetFees","instrumentId":1,"makerFeePpm":10000,"takerFeePpm":20000}
      rejected operator OPEN_ORDERS
    alice cancel 3
      canceled alice3 1 Requested
    raw {"type":"SetFees","instrumentId":1,"makerFeePpm":10000,"takerFeePpm":20000}
      FeesSet
      done
    alice 4 buy 1@100
      accepted alice4 buy 1@100 gtc
      rested alice4 1@100
    withdraw alice 102 USD
      rejected operator INSUFFICIENT_FUNDS
    withdraw alice 101 USD
      posted alice -101 USD Withdrawal total 102
      done
    alice 5 buy 1@90 on perp
      rejected alice5 INSUFFICIENT_MARGIN
    raw {"type":"SetFees","instrumentId":2,"makerFeePpm":1000000,"takerFeePpm":1000000}
      FeesSet
      done
    `,
    { coin: { makerFeePpm: 10_000, takerFeePpm: 10_000 }, funds: 0 },
  ),
  scenario(
    'fees: refusals change nothing',
    `
    raw {"type":"SetFees","instrumentId":9,"makerFeePpm":1000001}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetFees","instrumentId":1,"takerFeePpm":4294967295}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetFees","instrumentId":9}
      rejected operator UNKNOWN_INSTRUMENT
    raw {"type":"SetFees","userId":1,"instrumentId":1}
      rejected alice NOT_ALLOWED
    raw {"type":"SetFees","userId":12,"instrumentId":1}
      rejected rita NOT_ALLOWED
    bob 1 sell 1@100
      accepted bob1 sell 1@100 gtc
      rested bob1 1@100
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      trade 1@100 bob1 / alice1
    `,
  ),
  scenario(
    'fees: once no buy is open, the next one holds for the fees that are in force, without another SetFees',
    `
    deposit alice 200 USD
      posted alice 200 USD Deposit total 200
      done
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    ${fees(0)}
      FeesSet
      done
    alice 2 buy 1@100
      rejected alice2 INSUFFICIENT_FUNDS
    alice cancel 1
      canceled alice1 1 visible 1@100 Requested
    alice 3 buy 2@100
      accepted alice3 buy 2@100 gtc
      rested alice3 2@100
    ${fees(1)}
      rejected operator OPEN_ORDERS
    alice cancel 3
      canceled alice3 2 visible 2@100 Requested
    withdraw alice 200 USD
      posted alice -200 USD Withdrawal total 0
      done
    `,
    { coin: { makerFeePpm: 10_000, takerFeePpm: 10_000 }, funds: 0 },
  ),
  scenario(
    'fees: raised beside a buy that stands, and others that would come: the kill switch, a cancel of the buys, the fees, the switch',
    `
    alice 1 buy 1@1
      accepted alice1 buy 1@1 gtc
      rested alice1 1@1
    bob 1 buy 1@900 stop 800
      accepted bob1 buy 1@900 stop 800 gtc
    carol 1 sell 2@100
      accepted carol1 sell 2@100 gtc
      rested carol1 2@100
    ${fees(500, 1_000)}
      rejected operator OPEN_ORDERS
    kill instrument coin
      killed Instrument 1
      done
    raw {"type":"CancelOrdersOfOthers","userId":13,"instrumentId":1,"side":1,"reason":"other fees"}
      canceled alice1 1 visible 1@1 MassCancel
      canceled bob1 1 MassCancel
      mass canceled 2 for olga
      done for olga
    alice 2 buy 1@1
      rejected alice2 KILL_SWITCH_INSTRUMENT
    ${fees(500, 1_000)}
      FeesSet
      done
    revive instrument coin
      revived Instrument 1
      done
    alice 3 buy 2@100
      accepted alice3 buy 2@100 gtc
      trade 2@100 carol1 / alice3
    `,
  ),
  scenario(
    'fees: lower ones while buys of every kind are open: fills, parts, replaces, triggers, partners and expiry free what was held at the rate of before',
    `
    deposit alice 3000 USD
      posted alice 3000 USD Deposit total 3000
      done
    deposit bob 30 BTC
      posted bob 30 BTC Deposit total 30
      done
    deposit carol 200 USD
      posted carol 200 USD Deposit total 200
      done
    alice 1 buy 10@100 show 3
      accepted alice1 buy 10@100 gtc show 3
      rested alice1 3@100
    alice 2 buy 3@90
      accepted alice2 buy 3@90 gtc
      rested alice2 3@90
    alice 3 buy 2@130 stop 120 oco 2
      accepted alice3 buy 2@130 stop 120 gtc oco 2
    carol 1 buy 1@80 gtd 200
      accepted carol1 buy 1@80 gtd until 200
      rested carol1 1@80
    ${fees(0, 100_000)}
      FeesSet
      done
    alice replace 1 -> 4 12@100 show 4
      replaced alice1 by alice4 buy 12@100 gtc show 4 loses priority visible 3
      rested alice4 4@100
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      trade 4@100 alice4 leaves 8 shows 0 / bob1 leaves 1 fees 0+40
      rested alice4 4@100
      trade 1@100 alice4 leaves 7 shows 3 / bob1 fees 0+10
    ${fees(200_000)}
      FeesSet
      done
    alice cancel 4 to 9
      canceled alice4 3 leaves 4 Requested
    carol 2 buy 1@120
      rejected carol2 INSUFFICIENT_FUNDS
    time 200
    tick
      canceled carol1 1 visible 1@80 Expired
    carol 3 buy 1@120
      accepted carol3 buy 1@120 gtc
      rested carol3 1@120
    bob 2 sell 1@120
      accepted bob2 sell 1@120 gtc
      trade 1@120 carol3 / bob2 fees 24+24
      triggered alice3
      rested alice3 2@130
      canceled alice2 3 visible 3@90 OneCancelsOther
    phase ClosingAuction
      phase Continuous -> ClosingAuction
      done
    bob 3 sell 4@95
      accepted bob3 sell 4@95 gtc
      rested bob3 4@95
    phase Continuous
      auction trade 2@100 alice3 / bob3 leaves 2 fees 40+40
      auction trade 2@100 alice4 leaves 2 shows 1 / bob3 fees 40+40
      uncrossed 4@100 of ClosingAuction
      phase ClosingAuction -> Continuous
      done
    withdraw alice 1781 USD
      rejected operator INSUFFICIENT_FUNDS
    withdraw alice 1780 USD
      posted alice -1780 USD Withdrawal total 240
      done
    alice cancel 4
      canceled alice4 2 visible 1@100 Requested
    withdraw alice 240 USD
      posted alice -240 USD Withdrawal total 0
      done
    withdraw carol 56 USD
      posted carol -56 USD Withdrawal total 0
      done
    `,
    { coin: { makerFeePpm: 200_000, takerFeePpm: 100_000 }, funds: 0 },
  ),
  scenario(
    'fees: of the whole amount, from one account on both sides, and paid back after they have gone',
    `
    deposit alice 200 USD
      posted alice 200 USD Deposit total 200
      done
    deposit alice 1 BTC
      posted alice 1 BTC Deposit total 1
      done
    phase ClosingAuction
      phase Continuous -> ClosingAuction
      done
    alice 1 buy 1@101
      rejected alice1 INSUFFICIENT_FUNDS
    alice 2 buy 1@100
      accepted alice2 buy 1@100 gtc
      rested alice2 1@100
    ${fees(0)}
      FeesSet
      done
    ${fees(1_000_000)}
      FeesSet
      done
    dave 1 sell 1@100
      accepted dave1 sell 1@100 gtc
      rested dave1 1@100
    phase Continuous
      auction trade 1@100 alice2 / dave1 fees 100+100
      uncrossed 1@100 of ClosingAuction
      phase ClosingAuction -> Continuous
      done
    withdraw alice 1 USD
      rejected operator INSUFFICIENT_FUNDS
    ${fees(0)}
      FeesSet
      done
    raw {"type":"CancelTrade","instrumentId":1,"tradeId":1,"qtyLots":1,"priceTicks":100,"buyerOrderId":1,"buyerFeeMinor":100,"buyerReportNumber":3,"buyerUserId":1,"buyerAccountId":1,"buyerClientOrderId":2,"sellerOrderId":2,"sellerFeeMinor":100,"sellerReportNumber":2,"sellerUserId":4,"sellerAccountId":1,"sellerClientOrderId":1}
      trade 1 canceled 1@100
      fill canceled alice2 buy 1@100 fee 100 of report 3
      fill canceled dave1 sell 1@100 fee 100 of report 2
      done
    withdraw alice 200 USD
      posted alice -200 USD Withdrawal total 0
      done
    alice 3 sell 1@100
      accepted alice3 sell 1@100 gtc
      rested alice3 1@100
    `,
    { coin: { makerFeePpm: 1_000_000 }, funds: 0 },
  ),
  scenario(
    'fees: a market order beside a buy of before holds for the fees of before at its protection, and pays those in force',
    `
    deposit alice 132 USD
      posted alice 132 USD Deposit total 132
      done
    deposit bob 1 BTC
      posted bob 1 BTC Deposit total 1
      done
    alice 1 buy 1@1
      accepted alice1 buy 1@1 gtc
      rested alice1 1@1
    bob 1 sell 1@100
      accepted bob1 sell 1@100 gtc
      rested bob1 1@100
    ${fees(0, 100_000)}
      FeesSet
      done
    alice 2 buy 1
      rejected alice2 INSUFFICIENT_FUNDS
    deposit alice 1 USD
      posted alice 1 USD Deposit total 133
      done
    alice 3 buy 1
      accepted alice3 buy 1 market ioc
      trade 1@100 bob1 / alice3 fees 0+10
    withdraw alice 23 USD
      rejected operator INSUFFICIENT_FUNDS
    withdraw alice 22 USD
      posted alice -22 USD Withdrawal total 1
      done
    `,
    {
      coin: { takerFeePpm: 200_000, marketProtectionPpm: 100_000, referencePriceTicks: 100 },
      funds: 0,
    },
  ),
];
