import { scenario } from './scenario.ts';

/** Alice's spot order holds all that she has; then she loses it in the margined instrument. */
const LOST_WHAT_IS_HELD = `
    deposit alice 1000 USD
      posted alice 1000 USD Deposit total 1000
      done
    deposit bob 1000 USD
      posted bob 1000 USD Deposit total 1000
      done
    alice 1 buy 10@100
      accepted alice1 buy 10@100 gtc
      rested alice1 10@100
    bob 1 buy 1@1 on perp
      accepted bob1 buy 1@1 gtc
      rested bob1 1@1
    alice 2 sell 1@1 on perp
      accepted alice2 sell 1@1 gtc
      trade 1@1 bob1 / alice2
      position bob 1 entry 1 realised 0
      position alice -1 entry 1 realised 0
    bob 2 sell 1@1001 on perp
      accepted bob2 sell 1@1001 gtc
      rested bob2 1@1001
    alice 3 buy 1@1001 on perp
      accepted alice3 buy 1@1001 gtc
      trade 1@1001 bob2 / alice3
      posted bob 1000 USD RealisedProfit total 2000
      position bob 0 entry 0 realised 1000
      posted alice -1000 USD RealisedProfit total 0
      position alice 0 entry 0 realised -1000`;

/** What orders hold, and what fills, deposits and withdrawals move. */
export const FUNDS = [
  scenario(
    'funds: a buy holds value and the larger fee, a sell its base amount; cancels, fills and replaces free them',
    `
    deposit alice 1010 USD
      posted alice 1010 USD Deposit total 1010
      done
    deposit alice 10 BTC
      posted alice 10 BTC Deposit total 10
      done
    deposit bob 10 BTC
      posted bob 10 BTC Deposit total 10
      done
    alice 1 buy 10@101
      rejected alice1 INSUFFICIENT_FUNDS
    alice 2 buy 10@100
      accepted alice2 buy 10@100 gtc
      rested alice2 10@100
    alice 3 buy 1@1
      rejected alice3 INSUFFICIENT_FUNDS
    withdraw alice 1 USD
      rejected operator INSUFFICIENT_FUNDS
    alice replace 2 -> 4 5@200
      replaced alice2 by alice4 buy 5@200 gtc loses priority visible 10
      rested alice4 5@200
    alice replace 4 -> 5 5@201
      rejected alice5 INSUFFICIENT_FUNDS
    alice cancel 4 to 4
      canceled alice4 1 leaves 4 visible 1@200 Requested
    withdraw alice 202 USD
      posted alice -202 USD Withdrawal total 808
      done
    withdraw alice 1 USD
      rejected operator INSUFFICIENT_FUNDS
    bob 1 sell 2@200
      accepted bob1 sell 2@200 gtc
      trade 2@200 alice4 leaves 2 / bob1 fees 2+4
    withdraw alice 3 USD
      rejected operator INSUFFICIENT_FUNDS
    withdraw alice 2 USD
      posted alice -2 USD Withdrawal total 404
      done
    alice 6 sell 13@300
      rejected alice6 INSUFFICIENT_FUNDS
    alice 7 sell 12@300
      accepted alice7 sell 12@300 gtc
      rested alice7 12@300
    alice 8 sell 1@300
      rejected alice8 INSUFFICIENT_FUNDS
    withdraw alice 1 BTC
      rejected operator INSUFFICIENT_FUNDS
    alice mass-cancel
      canceled alice4 2 visible 2@200 MassCancel
      canceled alice7 12 visible 12@300 MassCancel
      mass canceled 2 for alice
    `,
    { coin: { makerFeePpm: 5_000, takerFeePpm: 10_000 }, funds: 0 },
  ),
  scenario(
    'funds: the largest value that there is, traded for nearly all the money that there can be',
    `
    deposit alice 9007199254740991 USD
      posted alice 9007199254740991 USD Deposit total 9007199254740991
      done
    deposit bob 4194304 BTC
      posted bob 4194304 BTC Deposit total 4194304
      done
    alice 1 buy 4194305@2147483647
      rejected alice1 VALUE_TOO_LARGE
    alice 2 buy 4194304@2147483647
      accepted alice2 buy 4194304@2147483647 gtc
      rested alice2 4194304@2147483647
    bob 1 sell 4194304@2147483647
      accepted bob1 sell 4194304@2147483647 gtc
      trade 4194304@2147483647 alice2 / bob1
    withdraw bob 9007199250546689 USD
      rejected operator INSUFFICIENT_FUNDS
    withdraw bob 9007199250546688 USD
      posted bob -9007199250546688 USD Withdrawal total 0
      done
    withdraw alice 4194303 USD
      posted alice -4194303 USD Withdrawal total 0
      done
    `,
    { coin: { maxQtyLots: 5_000_000 }, funds: 0 },
  ),
  scenario(
    'funds: rounding of value and fees is down, whatever the parts in which it fills',
    `
    alice 1 buy 9@10
      accepted alice1 buy 9@10 gtc
      rested alice1 9@10
    bob 1 sell 3@10
      accepted bob1 sell 3@10 gtc
      trade 3@10 alice1 leaves 6 / bob1 fees 7+10
    bob 2 sell 1@10
      accepted bob2 sell 1@10 gtc
      trade 1@10 alice1 leaves 5 / bob2 fees 2+3
    bob 3 sell 5@10
      accepted bob3 sell 5@10 gtc
      trade 5@10 alice1 / bob3 fees 11+17
    carol 1 buy 9@10
      accepted carol1 buy 9@10 gtc
      rested carol1 9@10
    bob 4 sell 9@10
      accepted bob4 sell 9@10 gtc
      trade 9@10 carol1 / bob4 fees 21+31
    `,
    {
      coin: { valueNumerator: 7, valueDenominator: 3, makerFeePpm: 100_000, takerFeePpm: 150_000 },
    },
  ),
  scenario(
    'funds: what a loss has taken of what is held counts against the room of an asset while it is held, and no longer',
    `${LOST_WHAT_IS_HELD}
    deposit carol 9_007_199_254_736_992 USD
      rejected operator VALUE_TOO_LARGE
    alice cancel 1
      canceled alice1 10 visible 10@100 Requested
    deposit carol 9_007_199_254_738_992 USD
      rejected operator VALUE_TOO_LARGE
    deposit carol 9_007_199_254_738_991 USD
      posted carol 9007199254738991 USD Deposit total 9007199254738991
      done
    `,
    { perp: { initialMarginMinor: 0 }, funds: 0 },
  ),
  scenario(
    'funds: an order whose hold a loss has taken still fills, and the account owes the money',
    `${LOST_WHAT_IS_HELD}
    deposit carol 10 BTC
      posted carol 10 BTC Deposit total 10
      done
    carol 1 sell 10@100
      accepted carol1 sell 10@100 gtc
      trade 10@100 alice1 / carol1
    alice 4 buy 1@1
      rejected alice4 INSUFFICIENT_FUNDS
    deposit alice 1_000 USD
      posted alice 1000 USD Deposit total 0
      done
    withdraw alice 1 USD
      rejected operator INSUFFICIENT_FUNDS
    deposit carol 9_007_199_254_737_992 USD
      rejected operator VALUE_TOO_LARGE
    deposit carol 9_007_199_254_737_991 USD
      posted carol 9007199254737991 USD Deposit total 9007199254738991
      done
    `,
    { perp: { initialMarginMinor: 0 }, funds: 0 },
  ),
  scenario(
    'margin: the worst case must be covered by what is neither held nor margin; a growing one is refused',
    `
    deposit alice 100 USD
      posted alice 100 USD Deposit total 100
      done
    deposit bob 1000 USD
      posted bob 1000 USD Deposit total 1000
      done
    alice 1 buy 10@50 on perp
      accepted alice1 buy 10@50 gtc
      rested alice1 10@50
    alice 2 sell 10@60 on perp
      accepted alice2 sell 10@60 gtc
      rested alice2 10@60
    alice 3 buy 1@50 on perp
      rejected alice3 INSUFFICIENT_MARGIN
    withdraw alice 1 USD
      rejected operator INSUFFICIENT_FUNDS
    bob 1 sell 4@50 on perp
      accepted bob1 sell 4@50 gtc
      trade 4@50 alice1 leaves 6 / bob1
      position alice 4 entry 200 realised 0
      position bob -4 entry 200 realised 0
    dave 1 sell 4@60 on perp
      accepted dave1 sell 4@60 gtc
      rested dave1 4@60
    dave 2 sell 1@60 on perp
      rejected dave2 INSUFFICIENT_MARGIN
    alice replace 1 -> 4 12@50
      rejected alice4 INSUFFICIENT_MARGIN
    alice replace 1 -> 5 9@50
      replaced alice1 by alice5 buy 9@50 gtc cum 4 keeps priority visible 1
    `,
    { perp: { initialMarginMinor: 10 }, funds: 0 },
  ),
  scenario(
    'positions: increase, reduce, close and turn; realised profit moves against the clearing account',
    `
    bob 1 sell 10@100 on perp
      accepted bob1 sell 10@100 gtc
      rested bob1 10@100
    alice 1 buy 10@100 on perp
      accepted alice1 buy 10@100 gtc
      trade 10@100 bob1 / alice1 fees 3+6
      position bob -10 entry 333 realised 0
      position alice 10 entry 333 realised 0
    bob 2 sell 5@130 on perp
      accepted bob2 sell 5@130 gtc
      rested bob2 5@130
    alice 2 buy 5@130 on perp
      accepted alice2 buy 5@130 gtc
      trade 5@130 bob2 / alice2 fees 2+4
      position bob -15 entry 549 realised 0
      position alice 15 entry 549 realised 0
    carol 1 buy 4@120 on perp
      accepted carol1 buy 4@120 gtc
      rested carol1 4@120
    alice 3 sell 4@120 on perp
      accepted alice3 sell 4@120 gtc
      trade 4@120 carol1 / alice3 fees 1+3
      position carol 4 entry 160 realised 0
      posted alice 14 USD RealisedProfit total 1000000000001
      position alice 11 entry 403 realised 14
    carol 2 buy 20@90 on perp
      accepted carol2 buy 20@90 gtc
      rested carol2 20@90
    alice 4 sell 20@90 on perp
      accepted alice4 sell 20@90 gtc
      trade 20@90 carol2 / alice4 fees 6+12
      position carol 24 entry 760 realised 0
      posted alice -73 USD RealisedProfit total 999999999916
      position alice -9 entry 270 realised -59
    carol 3 sell 9@100 on perp
      accepted carol3 sell 9@100 gtc
      rested carol3 9@100
    alice 5 buy 9@100 on perp
      accepted alice5 buy 9@100 gtc
      trade 9@100 carol3 / alice5 fees 3+6
      posted carol 15 USD RealisedProfit total 1000000000005
      position carol 15 entry 475 realised 15
      posted alice -30 USD RealisedProfit total 999999999880
      position alice 0 entry 0 realised -89
    `,
    { perp: { makerFeePpm: 10_000, takerFeePpm: 20_000, valueNumerator: 1, valueDenominator: 3 } },
  ),
  scenario(
    'money: deposits and withdrawals, their refusals, the account of the venue',
    `
    deposit alice 0 USD
      rejected operator MALFORMED_COMMAND
    raw {"type":"Deposit","accountId":9,"assetId":1,"amountMinor":1}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"Deposit","accountId":1,"assetId":9,"amountMinor":1}
      rejected operator UNKNOWN_ASSET
    raw {"type":"Deposit","userId":1,"accountId":1,"assetId":1,"amountMinor":1}
      rejected alice NOT_ALLOWED
    raw {"type":"Deposit","userId":9,"accountId":1,"assetId":1,"amountMinor":1}
      rejected ?9 UNKNOWN_USER
    deposit alice 9007199254740991 USD
      posted alice 9007199254740991 USD Deposit total 9007199254740991
      done
    deposit alice 1 USD
      rejected operator VALUE_TOO_LARGE
    withdraw bob 1 USD
      rejected operator INSUFFICIENT_FUNDS
    withdraw alice 9007199254740991 USD
      posted alice -9007199254740991 USD Withdrawal total 0
      done
    raw {"type":"Deposit","accountId":0,"assetId":2,"amountMinor":50}
      posted venue 50 BTC Deposit total 50
      done
    raw {"type":"Withdraw","accountId":0,"assetId":2,"amountMinor":20}
      posted venue -20 BTC Withdrawal total 30
      done
    raw {"type":"Withdraw","accountId":0,"assetId":2,"amountMinor":31}
      rejected operator INSUFFICIENT_FUNDS
    `,
    { funds: 0 },
  ),
  scenario(
    'funds: fees of the whole amount: a buy holds twice its value, a sale brings nothing',
    `
    deposit alice 2000 USD
      posted alice 2000 USD Deposit total 2000
      done
    deposit bob 10 BTC
      posted bob 10 BTC Deposit total 10
      done
    alice 1 buy 10@101
      rejected alice1 INSUFFICIENT_FUNDS
    alice 2 buy 10@100
      accepted alice2 buy 10@100 gtc
      rested alice2 10@100
    bob 1 sell 4@100
      accepted bob1 sell 4@100 gtc
      trade 4@100 alice2 leaves 6 / bob1 fees 400+400
    bob 2 sell 6@100
      accepted bob2 sell 6@100 gtc
      trade 6@100 alice2 / bob2 fees 600+600
    withdraw alice 1 USD
      rejected operator INSUFFICIENT_FUNDS
    withdraw bob 1 USD
      rejected operator INSUFFICIENT_FUNDS
    `,
    { coin: { makerFeePpm: 1_000_000, takerFeePpm: 1_000_000 }, funds: 0 },
  ),
];
