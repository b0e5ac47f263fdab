import { scenario } from './scenario.ts';

/** What accounts may send and have at most, and how far prices may be. */
export const RISK_LIMITS = [
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
];
