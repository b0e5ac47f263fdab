import { scenario } from './scenario.ts';

/** Mass cancels, disconnects, kill switches, limits, refusals of risk. */
export const MASS_CANCELS = [
  scenario(
    'mass cancel: by account in the order of entry, a replaced order counts from its replacement',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave 1 sell 1@110
      accepted dave1 sell 1@110 gtc
      rested dave1 1@110
    alice 2 buy 1@99 on perp
      accepted alice2 buy 1@99 gtc
      rested alice2 1@99
    alice 3 buy 1@120 stop 115
      accepted alice3 buy 1@120 stop 115 gtc
    alice replace 1 -> 4 1@100
      replaced alice1 by alice4 buy 1@100 gtc keeps priority
    bob 1 buy 1@100
      accepted bob1 buy 1@100 gtc
      rested bob1 1@100
    alice mass-cancel
      canceled dave1 1 visible 1@110 MassCancel
      canceled alice2 1 visible 1@99 MassCancel
      canceled alice3 1 MassCancel
      canceled alice4 1 visible 1@100 MassCancel
      mass canceled 4 for alice
    alice mass-cancel
      mass canceled 0 for alice
    `,
  ),
  scenario(
    'mass cancel: every field given restricts it',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    alice 2 sell 1@110
      accepted alice2 sell 1@110 gtc
      rested alice2 1@110
    dave 1 buy 1@99
      accepted dave1 buy 1@99 gtc
      rested dave1 1@99
    alice 3 buy 1@99 on perp
      accepted alice3 buy 1@99 gtc
      rested alice3 1@99
    bob 1 buy 1@98
      accepted bob1 buy 1@98 gtc
      rested bob1 1@98
    alice mass-cancel side buy on perp
      canceled alice3 1 visible 1@99 MassCancel
      mass canceled 1 for alice
    alice mass-cancel session dave
      canceled dave1 1 visible 1@99 MassCancel
      mass canceled 1 for alice
    operator mass-cancel account 1 side sell
      canceled alice2 1 visible 1@110 MassCancel
      mass canceled 1
    operator mass-cancel session alice
      canceled alice1 1 visible 1@100 MassCancel
      mass canceled 1
    operator mass-cancel account 2 session alice
      mass canceled 0
    operator mass-cancel account 2
      canceled bob1 1 visible 1@98 MassCancel
      mass canceled 1
    `,
  ),
  scenario(
    'mass cancel: by instrument alone bids, asks, buy stops, sell stops by priority',
    `
    alice 1 buy 1@98
      accepted alice1 buy 1@98 gtc
      rested alice1 1@98
    bob 1 buy 1@99
      accepted bob1 buy 1@99 gtc
      rested bob1 1@99
    alice 2 buy 1@99
      accepted alice2 buy 1@99 gtc
      rested alice2 1@99
    bob 2 sell 1@111
      accepted bob2 sell 1@111 gtc
      rested bob2 1@111
    alice 3 sell 1@110
      accepted alice3 sell 1@110 gtc
      rested alice3 1@110
    bob 3 buy 1@130 stop 121
      accepted bob3 buy 1@130 stop 121 gtc
    alice 4 buy 1@130 stop 120
      accepted alice4 buy 1@130 stop 120 gtc
    bob 4 sell 1@70 stop 79
      accepted bob4 sell 1@70 stop 79 gtc
    alice 5 sell 1@70 stop 80
      accepted alice5 sell 1@70 stop 80 gtc
    bob 5 buy 1@99 on perp
      accepted bob5 buy 1@99 gtc
      rested bob5 1@99
    operator mass-cancel on coin side sell
      canceled alice3 1 visible 1@110 MassCancel
      canceled bob2 1 visible 1@111 MassCancel
      canceled alice5 1 MassCancel
      canceled bob4 1 MassCancel
      mass canceled 4
    operator mass-cancel on coin
      canceled bob1 1 visible 1@99 MassCancel
      canceled alice2 1 visible 1@99 MassCancel
      canceled alice1 1 visible 1@98 MassCancel
      canceled alice4 1 MassCancel
      canceled bob3 1 MassCancel
      mass canceled 5
    `,
  ),
  scenario(
    'mass cancel: refusals',
    `
    operator mass-cancel
      rejected operator INVALID_CONFIGURATION
    operator mass-cancel side buy
      rejected operator INVALID_CONFIGURATION
    operator mass-cancel account 9
      rejected operator UNKNOWN_ACCOUNT
    operator mass-cancel session carol
      mass canceled 0
    raw {"type":"MassCancel","userId":0,"sessionUserId":9}
      rejected operator UNKNOWN_USER
    raw {"type":"MassCancel","userId":9}
      rejected ?9 UNKNOWN_USER
    raw {"type":"MassCancel","userId":1,"instrumentId":9}
      rejected alice UNKNOWN_INSTRUMENT
    raw {"type":"MassCancel","userId":1,"side":3}
      rejected alice INVALID_SIDE
    alice mass-cancel account 2
      rejected alice NOT_ALLOWED
    alice mass-cancel session bob
      rejected alice NOT_ALLOWED
    alice mass-cancel account 1
      mass canceled 0 for alice
    `,
  ),
  scenario(
    'mass cancel: both of an OCO pair are canceled for its reason',
    `
    alice 1 sell 5@110
      accepted alice1 sell 5@110 gtc
      rested alice1 5@110
    alice 2 sell 5@111 oco 1
      accepted alice2 sell 5@111 gtc oco 1
      rested alice2 5@111
    alice mass-cancel
      canceled alice1 5 visible 5@110 MassCancel
      canceled alice2 5 visible 5@111 MassCancel
      mass canceled 2 for alice
    `,
  ),
  scenario(
    'disconnect: cancels the orders of the user when the session asked for it',
    `
    alice connect cancel-on-disconnect
      SessionOpened alice 1.1
    dave connect
      SessionOpened dave 1.4
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave 1 buy 1@99
      accepted dave1 buy 1@99 gtc
      rested dave1 1@99
    alice 2 buy 1@120 stop 110
      accepted alice2 buy 1@120 stop 110 gtc
    dave disconnect
      SessionClosed dave 1.4
    alice disconnect
      SessionClosed alice 1.1
      canceled alice1 1 visible 1@100 Disconnected
      canceled alice2 1 Disconnected
      mass canceled 2 for alice
    alice disconnect
      rejected alice UNKNOWN_SESSION
    raw {"type":"OpenSession","userId":9,"sessionId":1}
      rejected ?9 UNKNOWN_USER
    raw {"type":"CloseSession","userId":0}
      rejected operator UNKNOWN_USER
    `,
  ),
  scenario(
    'kill switch: refuses new orders and replaces in its scope, cancels go on',
    `
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      rested alice1 5@100
    kill venue
      killed Venue
      done
    alice 2 buy 1@100
      rejected alice2 KILL_SWITCH_VENUE
    alice replace 1 -> 3 4@100
      rejected alice3 KILL_SWITCH_VENUE
    alice cancel 1 to 3
      canceled alice1 2 leaves 3 visible 2@100 Requested
    revive venue
      revived Venue
      done
    kill instrument coin
      killed Instrument 1
      done
    alice 4 buy 1@100
      rejected alice4 KILL_SWITCH_INSTRUMENT
    alice 5 buy 1@100 on perp
      accepted alice5 buy 1@100 gtc
      rested alice5 1@100
    revive instrument coin
      revived Instrument 1
      done
    kill account alice
      killed Account 1
      done
    dave 1 buy 1@100
      rejected dave1 KILL_SWITCH_ACCOUNT
    bob 1 buy 1@90
      accepted bob1 buy 1@90 gtc
      rested bob1 1@90
    revive account alice
      revived Account 1
      done
    kill user alice
      killed User 1
      done
    alice 6 buy 1@100
      rejected alice6 KILL_SWITCH_USER
    dave 2 buy 1@99
      accepted dave2 buy 1@99 gtc
      rested dave2 1@99
    alice cancel 1
      canceled alice1 3 visible 3@100 Requested
    `,
  ),
  scenario(
    'kill switch: cancels what is open in its scope',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave 1 buy 1@101
      accepted dave1 buy 1@101 gtc
      rested dave1 1@101
    bob 1 buy 1@102
      accepted bob1 buy 1@102 gtc
      rested bob1 1@102
    kill user alice cancel
      killed User 1
      canceled alice1 1 visible 1@100 KillSwitch
      mass canceled 1
      done
    revive user alice
      revived User 1
      done
    alice 2 buy 1@100 on perp
      accepted alice2 buy 1@100 gtc
      rested alice2 1@100
    alice 3 buy 1@99
      accepted alice3 buy 1@99 gtc
      rested alice3 1@99
    kill account alice cancel
      killed Account 1
      canceled dave1 1 visible 1@101 KillSwitch
      canceled alice2 1 visible 1@100 KillSwitch
      canceled alice3 1 visible 1@99 KillSwitch
      mass canceled 3
      done
    revive account alice
      revived Account 1
      done
    alice 4 buy 1@100 on perp
      accepted alice4 buy 1@100 gtc
      rested alice4 1@100
    alice 5 buy 1@99
      accepted alice5 buy 1@99 gtc
      rested alice5 1@99
    kill instrument coin cancel
      killed Instrument 1
      canceled bob1 1 visible 1@102 KillSwitch
      canceled alice5 1 visible 1@99 KillSwitch
      mass canceled 2
      done
    bob 2 buy 1@100 on perp
      accepted bob2 buy 1@100 gtc
      rested bob2 1@100
    revive instrument coin
      revived Instrument 1
      done
    bob 3 buy 1@100
      accepted bob3 buy 1@100 gtc
      rested bob3 1@100
    kill venue cancel
      killed Venue
      canceled bob3 1 visible 1@100 KillSwitch
      canceled alice4 1 visible 1@100 KillSwitch
      canceled bob2 1 visible 1@100 KillSwitch
      mass canceled 3
      done
    `,
  ),
  scenario(
    'kill switch: refusals',
    `
    raw {"type":"SetKillSwitch","scope":0}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetKillSwitch","scope":5}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetKillSwitch","scope":1,"engaged":2}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetKillSwitch","scope":2,"scopeId":9}
      rejected operator UNKNOWN_INSTRUMENT
    raw {"type":"SetKillSwitch","scope":3,"scopeId":9}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"SetKillSwitch","scope":3,"scopeId":0}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"SetKillSwitch","scope":4,"scopeId":9}
      rejected operator UNKNOWN_USER
    raw {"type":"SetKillSwitch","scope":1,"userId":1,"engaged":1}
      rejected alice NOT_ALLOWED
    `,
  ),
];

export const RISK = [
  scenario(
    'throttle: counts new orders, replaces and cancels of the account, refused ones too; never refuses single cancels',
    `
    limits alice messagesPerSecondMax 3
      AccountLimitsSet
      done
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave 1 buy 0@100
      rejected dave1 INVALID_QUANTITY
    alice cancel 9
      rejected alice9 UNKNOWN_ORDER
    alice 2 buy 1@100
      rejected alice2 THROTTLED
    dave cancel 1
      rejected dave1 UNKNOWN_ORDER
    alice cancel 1
      canceled alice1 1 visible 1@100 Requested
    time 101
    alice 3 buy 1@100
      accepted alice3 buy 1@100 gtc
      rested alice3 1@100
    alice replace 3 -> 4 2@100
      replaced alice3 by alice4 buy 2@100 gtc loses priority visible 1
      rested alice4 2@100
    alice replace 4 -> 5 3@100
      replaced alice4 by alice5 buy 3@100 gtc loses priority visible 2
      rested alice5 3@100
    alice replace 5 -> 6 4@100
      rejected alice6 THROTTLED
    bob 1 buy 1@90
      accepted bob1 buy 1@90 gtc
      rested bob1 1@90
    `,
  ),
  scenario(
    'throttle: counts mass cancels of a trader, refused ones too, and refuses them; never the operator',
    `
    limits alice messagesPerSecondMax 2
      AccountLimitsSet
      done
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave mass-cancel account 2
      rejected dave NOT_ALLOWED
    alice 2 buy 1@100
      rejected alice2 THROTTLED
    alice mass-cancel
      rejected alice THROTTLED
    raw {"type":"MassCancel","userId":1,"side":3}
      rejected alice INVALID_SIDE
    operator mass-cancel account 1 side sell
      mass canceled 0
    time 101
    dave mass-cancel side sell
      mass canceled 0 for dave
    alice mass-cancel
      canceled alice1 1 visible 1@100 MassCancel
      mass canceled 1 for alice
    alice mass-cancel
      rejected alice THROTTLED
    bob mass-cancel
      mass canceled 0 for bob
    `,
  ),
  scenario(
    'limits: open orders, stops included; a replace does not add one',
    `
    limits alice ordersMax 2
      AccountLimitsSet
      done
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave 1 buy 1@120 stop 110
      accepted dave1 buy 1@120 stop 110 gtc
    alice 2 buy 1@100 ioc
      rejected alice2 TOO_MANY_OPEN_ORDERS
    alice replace 1 -> 3 2@100
      replaced alice1 by alice3 buy 2@100 gtc loses priority visible 1
      rested alice3 2@100
    dave cancel 1
      canceled dave1 1 Requested
    alice 4 buy 1@100
      accepted alice4 buy 1@100 gtc
      rested alice4 1@100
    `,
  ),
  scenario(
    'limits: quantity and value of an order at their edges',
    `
    limits alice orderQtyLotsMax 10 orderValueMinorMax 1000
      AccountLimitsSet
      done
    alice 1 buy 11@1
      rejected alice1 ORDER_QUANTITY_LIMIT
    alice 2 buy 10@101
      rejected alice2 ORDER_VALUE_LIMIT
    alice 3 buy 10@100
      accepted alice3 buy 10@100 gtc
      rested alice3 10@100
    alice replace 3 -> 4 10@101
      rejected alice4 ORDER_VALUE_LIMIT
    alice replace 3 -> 5 11@1
      rejected alice5 ORDER_QUANTITY_LIMIT
    alice 6 sell 10@101
      rejected alice6 ORDER_VALUE_LIMIT
    bob 1 sell 9@100
      accepted bob1 sell 9@100 gtc
      trade 9@100 alice3 leaves 1 / bob1
    alice replace 3 -> 7 10@500
      replaced alice3 by alice7 buy 10@500 gtc cum 9 loses priority visible 1
      rested alice7 1@500
    `,
  ),
  scenario(
    'limits: value of open orders per quote asset, both sides, stops at their limit',
    `
    limits alice openValueMinorMax 1000
      AccountLimitsSet
      done
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      rested alice1 5@100
    dave 1 sell 1@200 on perp
      accepted dave1 sell 1@200 gtc
      rested dave1 1@200
    alice 2 buy 2@150 stop 120
      accepted alice2 buy 2@150 stop 120 gtc
    alice 3 buy 1@1
      rejected alice3 OPEN_VALUE_LIMIT
    alice replace 1 -> 4 5@101
      rejected alice4 OPEN_VALUE_LIMIT
    bob 1 sell 2@100
      accepted bob1 sell 2@100 gtc
      trade 2@100 alice1 leaves 3 / bob1
    alice 5 buy 1@200
      accepted alice5 buy 1@200 gtc
      rested alice5 1@200
    alice 6 buy 1@1
      rejected alice6 OPEN_VALUE_LIMIT
    `,
  ),
  scenario(
    'collar: limit prices at the edge and beyond, around the reference, then the last trade',
    `
    alice 1 buy 1@111
      rejected alice1 PRICE_COLLAR
    alice 2 buy 1@110
      accepted alice2 buy 1@110 gtc
      rested alice2 1@110
    alice 3 sell 1@89 stop 95
      rejected alice3 PRICE_COLLAR
    alice 4 sell 1@90 stop 95
      accepted alice4 sell 1@90 stop 95 gtc
    bob 1 sell 1@110
      accepted bob1 sell 1@110 gtc
      trade 1@110 alice2 / bob1
    alice 5 sell 1@121
      accepted alice5 sell 1@121 gtc
      rested alice5 1@121
    alice 6 sell 1@122
      rejected alice6 PRICE_COLLAR
    alice replace 5 -> 7 1@122
      rejected alice7 PRICE_COLLAR
    alice replace 5 -> 8 1@120
      replaced alice5 by alice8 sell 1@120 gtc loses priority visible 1
      rested alice8 1@120
    alice 9 buy 1
      accepted alice9 buy 1 market ioc
      canceled alice9 1 SelfTrade
    alice 10 buy 1@111 on perp
      accepted alice10 buy 1@111 gtc
      rested alice10 1@111
    `,
    { coin: { collarPpm: 100_000, referencePriceTicks: 100 } },
  ),
  scenario(
    'position limit: the worst case of position and open orders; what does not enlarge it is not refused',
    `
    limits alice positionLotsMax 10
      AccountLimitsSet
      done
    alice 1 buy 6@100 on perp
      accepted alice1 buy 6@100 gtc
      rested alice1 6@100
    dave 1 buy 5@100 on perp
      rejected dave1 POSITION_LIMIT
    dave 2 buy 4@100 on perp
      accepted dave2 buy 4@100 gtc
      rested dave2 4@100
    alice 2 sell 10@200 on perp
      accepted alice2 sell 10@200 gtc
      rested alice2 10@200
    alice 3 sell 1@200 on perp
      rejected alice3 POSITION_LIMIT
    bob 1 sell 10@100 on perp
      accepted bob1 sell 10@100 gtc
      trade 6@100 alice1 / bob1 leaves 4
      position alice 6 entry 600 realised 0
      position bob -6 entry 600 realised 0
      trade 4@100 dave2 / bob1
      position alice 10 entry 1000 realised 0
      position bob -10 entry 1000 realised 0
    alice 4 buy 1@100 on perp
      rejected alice4 POSITION_LIMIT
    alice 5 sell 10@200 on perp
      accepted alice5 sell 10@200 gtc
      rested alice5 10@200
    limits alice positionLotsMax 5
      AccountLimitsSet
      done
    alice replace 5 -> 6 9@200
      replaced alice5 by alice6 sell 9@200 gtc keeps priority visible 1
    alice 7 sell 1@200 on perp
      accepted alice7 sell 1@200 gtc
      rested alice7 1@200
    alice 8 sell 1@200 on perp
      rejected alice8 POSITION_LIMIT
    `,
  ),
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
    'capacity: the venue holds its maximum of live orders',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    bob 1 buy 1@100
      accepted bob1 buy 1@100 gtc
      rested bob1 1@100
    alice 2 buy 1@100
      rejected alice2 ORDER_CAPACITY
    alice replace 1 -> 3 2@100
      replaced alice1 by alice3 buy 2@100 gtc loses priority visible 1
      rested alice3 2@100
    alice cancel 3
      canceled alice3 2 visible 2@100 Requested
    alice 4 buy 1@100
      accepted alice4 buy 1@100 gtc
      rested alice4 1@100
    `,
    { engine: { ordersMax: 2 } },
  ),
  scenario(
    'configuration: ids and names once, unknown ones and contradictions refused, only by those who may',
    `
    raw {"type":"AddAsset","assetId":1,"symbol":"EUR"}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddAsset","assetId":3,"symbol":"USD"}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddAsset","assetId":0,"symbol":"EUR"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAsset","assetId":3,"symbol":""}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAsset","assetId":3,"symbol":"EUR","decimals":19}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAsset","userId":1,"assetId":3,"symbol":"EUR"}
      rejected alice NOT_ALLOWED
    raw {"type":"AddAsset","assetId":3,"symbol":"EUR","decimals":2}
      AssetAdded
      done
    raw {"type":"AddAccount","accountId":1}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddAccount","accountId":0}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAccount","accountId":2147483648}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddAccount","accountId":7}
      AccountAdded
      done
    raw {"type":"AddUser","newUserId":1,"accountId":1,"role":2,"name":"X"}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddUser","newUserId":9,"accountId":1,"role":2,"name":"alice"}
      rejected operator ALREADY_EXISTS
    raw {"type":"AddUser","newUserId":9,"accountId":9,"role":2,"name":"X"}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"AddUser","newUserId":9,"accountId":0,"role":2,"name":"X"}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"AddUser","newUserId":9,"accountId":1,"role":2,"name":"A B"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":9,"accountId":1,"name":"X"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":9,"accountId":1,"role":8,"name":"X"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":9,"accountId":1,"role":2,"mustChangePassword":2,"name":"X"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":0,"accountId":1,"role":2,"name":"X"}
      rejected operator MALFORMED_COMMAND
    raw {"type":"AddUser","newUserId":9,"accountId":7,"role":2,"name":"X"}
      UserAdded
      done
    raw {"type":"SetAccountLimits","accountId":99}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"SetAccountLimits","accountId":1,"ordersMax":1,"orderQtyLotsMax":-1}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetCoreVersion","version":99}
      rejected operator UNSUPPORTED_CORE_VERSION
    raw {"type":"SetCoreVersion","version":3}
      rejected operator UNSUPPORTED_CORE_VERSION
    raw {"type":"SetCoreVersion","version":0}
      rejected operator UNSUPPORTED_CORE_VERSION
    raw {"type":"SetCoreVersion","version":4294967295}
      rejected operator UNSUPPORTED_CORE_VERSION
    raw {"type":"SetCoreVersion","userId":1,"version":2}
      rejected alice NOT_ALLOWED
    raw {"type":"SetCoreVersion","userId":99,"version":2}
      rejected ?99 UNKNOWN_USER
    raw {"type":"SetCoreVersion","version":1}
      CoreVersionSet
      done
    raw {"type":"SetCoreVersion","version":1}
      CoreVersionSet
      done
    raw {"type":"OpenSession","userId":1,"sessionId":1,"cancelOnDisconnect":2}
      rejected alice MALFORMED_COMMAND
    raw {"type":"OpenSession","userId":99,"sessionId":1,"cancelOnDisconnect":2}
      rejected ?99 MALFORMED_COMMAND
    raw {"type":"Attest","nodeId":1,"attestedSequence":5}
      Attested
    raw {"type":"Attest","userId":1,"nodeId":1,"attestedSequence":5}
      rejected alice NOT_ALLOWED
    raw {"type":"Tick","userId":1}
      rejected alice NOT_ALLOWED
    `,
  ),
];
