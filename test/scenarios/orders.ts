import { scenario } from './scenario.ts';

/** Order types, times in force and flags in continuous trading. */
export const ORDERS = [
  scenario(
    'limit: best price first, then the oldest; trades print at the resting price; the rest rests',
    `
    bob 1 sell 5@101
      accepted bob1 sell 5@101 gtc
      rested bob1 5@101
    carol 1 sell 5@100
      accepted carol1 sell 5@100 gtc
      rested carol1 5@100
    bob 2 sell 5@100
      accepted bob2 sell 5@100 gtc
      rested bob2 5@100
    bob 3 sell 5@103
      accepted bob3 sell 5@103 gtc
      rested bob3 5@103
    alice 1 buy 18@102
      accepted alice1 buy 18@102 gtc
      trade 5@100 carol1 / alice1 leaves 13
      trade 5@100 bob2 / alice1 leaves 8
      trade 5@101 bob1 / alice1 leaves 3
      rested alice1 3@102
    carol 2 sell 10@102
      accepted carol2 sell 10@102 gtc
      trade 3@102 alice1 / carol2 leaves 7
      rested carol2 7@102
    `,
  ),
  scenario(
    'immediate-or-cancel: trades what crosses, the rest is canceled',
    `
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    alice 1 buy 8@100 ioc
      accepted alice1 buy 8@100 ioc
      trade 5@100 bob1 / alice1 leaves 3
      canceled alice1 3 ImmediateOrCancel
    alice 2 buy 8@100 ioc
      accepted alice2 buy 8@100 ioc
      canceled alice2 8 ImmediateOrCancel
    `,
  ),
  scenario(
    'fill-or-kill: whole over several levels, or not at all',
    `
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    bob 2 sell 5@101
      accepted bob2 sell 5@101 gtc
      rested bob2 5@101
    alice 1 buy 11@101 fok
      accepted alice1 buy 11@101 fok
      canceled alice1 11 FillOrKill
    alice 2 buy 10@100 fok
      accepted alice2 buy 10@100 fok
      canceled alice2 10 FillOrKill
    alice 3 buy 9@101 fok
      accepted alice3 buy 9@101 fok
      trade 5@100 bob1 / alice3 leaves 4
      trade 4@101 bob2 leaves 1 / alice3
    `,
  ),
  scenario(
    'market: reaches the protection price around the last trade, the rest is canceled',
    `
    bob 1 sell 1@100
      accepted bob1 sell 1@100 gtc
      rested bob1 1@100
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      trade 1@100 bob1 / alice1
    bob 2 sell 5@109
      accepted bob2 sell 5@109 gtc
      rested bob2 5@109
    bob 3 sell 5@110
      accepted bob3 sell 5@110 gtc
      rested bob3 5@110
    bob 4 sell 5@111
      accepted bob4 sell 5@111 gtc
      rested bob4 5@111
    alice 2 buy 12
      accepted alice2 buy 12 market ioc
      trade 5@109 bob2 / alice2 leaves 7
      trade 5@110 bob3 / alice2 leaves 2
      canceled alice2 2 MarketRemainder
    alice 3 buy 1@100
      accepted alice3 buy 1@100 gtc
      rested alice3 1@100
    alice 4 buy 1@99
      accepted alice4 buy 1@99 gtc
      rested alice4 1@99
    alice 5 buy 1@98
      accepted alice5 buy 1@98 gtc
      rested alice5 1@98
    bob 5 sell 5
      accepted bob5 sell 5 market ioc
      trade 1@100 alice3 / bob5 leaves 4
      trade 1@99 alice4 / bob5 leaves 3
      canceled bob5 3 MarketRemainder
    `,
    { coin: { marketProtectionPpm: 100_000 } },
  ),
  scenario(
    'market: a protection price is rounded towards the reference',
    `
    bob 1 sell 1@108
      accepted bob1 sell 1@108 gtc
      rested bob1 1@108
    bob 2 sell 1@109
      accepted bob2 sell 1@109 gtc
      rested bob2 1@109
    alice 1 buy 2
      accepted alice1 buy 2 market ioc
      trade 1@108 bob1 / alice1 leaves 1
      canceled alice1 1 MarketRemainder
    alice 2 buy 1@98
      accepted alice2 buy 1@98 gtc
      rested alice2 1@98
    alice 3 buy 1@97
      accepted alice3 buy 1@97 gtc
      rested alice3 1@97
    bob 3 sell 2
      accepted bob3 sell 2 market ioc
      trade 1@98 alice2 / bob3 leaves 1
      canceled bob3 1 MarketRemainder
    `,
    { coin: { marketProtectionPpm: 99_999, referencePriceTicks: 99 } },
  ),
  scenario(
    'market against an empty book: canceled; without any reference price refused, unless it needs none',
    `
    alice 1 buy 5
      rejected alice1 NO_REFERENCE_PRICE
    alice 2 sell 5
      rejected alice2 NO_REFERENCE_PRICE
    alice 3 buy 5 on perp
      accepted alice3 buy 5 market ioc
      canceled alice3 5 MarketRemainder
    alice 4 sell 5 on perp
      accepted alice4 sell 5 market ioc
      canceled alice4 5 MarketRemainder
    `,
    { coin: { marketProtectionPpm: 100_000 }, perp: { marketProtectionPpm: 0 } },
  ),
  scenario(
    'market without protection: reaches every price',
    `
    bob 1 sell 1@2147483647 on perp
      accepted bob1 sell 1@2147483647 gtc
      rested bob1 1@2147483647
    bob 2 buy 1@1 on perp
      accepted bob2 buy 1@1 gtc
      rested bob2 1@1
    alice 1 buy 2 on perp
      accepted alice1 buy 2 market ioc
      trade 1@2147483647 bob1 / alice1 leaves 1
      position bob -1 entry 2147483647 realised 0
      position alice 1 entry 2147483647 realised 0
      canceled alice1 1 MarketRemainder
    alice 2 sell 2 on perp
      accepted alice2 sell 2 market ioc
      trade 1@1 bob2 / alice2 leaves 1
      posted bob 2147483646 USD RealisedProfit total 1002147483646
      position bob 0 entry 0 realised 2147483646
      posted alice -2147483646 USD RealisedProfit total 997852516354
      position alice 0 entry 0 realised -2147483646
      canceled alice2 1 MarketRemainder
    `,
    { perp: { maxQtyLots: 10 }, funds: 1e12 },
  ),
  scenario(
    'market fill-or-kill: whole or not at all',
    `
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    alice 1 buy 6 fok
      accepted alice1 buy 6 market fok
      canceled alice1 6 FillOrKill
    alice 2 buy 5 fok
      accepted alice2 buy 5 market fok
      trade 5@100 bob1 / alice2
    `,
    { coin: { marketProtectionPpm: 10_000, referencePriceTicks: 100 } },
  ),
  scenario(
    'post-only: rests, or is canceled when it would trade; at its own price it may rest',
    `
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    alice 1 buy 5@100 post-only
      accepted alice1 buy 5@100 gtc post-only
      canceled alice1 5 PostOnlyWouldTrade
    alice 2 buy 5@99 post-only day
      accepted alice2 buy 5@99 day post-only
      rested alice2 5@99
    bob 2 sell 5@99
      accepted bob2 sell 5@99 gtc
      trade 5@99 alice2 / bob2
    `,
  ),
  scenario(
    'post-only: an own order that would be met counts as well',
    `
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    dave 1 buy 5@100 post-only
      accepted dave1 buy 5@100 gtc post-only
      canceled dave1 5 PostOnlyWouldTrade
    `,
  ),
  scenario(
    'minimum quantity: must trade at once or the order is canceled; the rest rests without one',
    `
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    alice 1 buy 10@100 min 6
      accepted alice1 buy 10@100 gtc min 6
      canceled alice1 10 MinimumQuantity
    alice 2 buy 10@100 min 5
      accepted alice2 buy 10@100 gtc min 5
      trade 5@100 bob1 / alice2 leaves 5
      rested alice2 5@100
    alice 3 buy 10@99 min 1 ioc
      accepted alice3 buy 10@99 ioc min 1
      canceled alice3 10 MinimumQuantity
    bob 2 sell 1@100
      accepted bob2 sell 1@100 gtc
      trade 1@100 alice2 leaves 4 / bob2
    alice replace 2 -> 5 10@101
      replaced alice2 by alice5 buy 10@101 gtc cum 6 loses priority visible 4
      rested alice5 4@101
    `,
  ),
  scenario(
    'minimum quantity: hidden parts count',
    `
    bob 1 sell 10@100 show 2
      accepted bob1 sell 10@100 gtc show 2
      rested bob1 2@100
    alice 1 buy 10@100 min 9 ioc
      accepted alice1 buy 10@100 ioc min 9
      trade 2@100 bob1 leaves 8 shows 0 / alice1 leaves 8
      rested bob1 2@100
      trade 2@100 bob1 leaves 6 shows 0 / alice1 leaves 6
      rested bob1 2@100
      trade 2@100 bob1 leaves 4 shows 0 / alice1 leaves 4
      rested bob1 2@100
      trade 2@100 bob1 leaves 2 shows 0 / alice1 leaves 2
      rested bob1 2@100
      trade 2@100 bob1 / alice1
    `,
  ),
  scenario(
    'fill-or-kill: an own order behind what is needed does not matter, one ahead does',
    `
    bob 1 sell 5@100 show 2
      accepted bob1 sell 5@100 gtc show 2
      rested bob1 2@100
    dave 1 sell 1@100
      accepted dave1 sell 1@100 gtc
      rested dave1 1@100
    carol 1 sell 9@100
      accepted carol1 sell 9@100 gtc
      rested carol1 9@100
    alice 1 buy 3@100 fok stp newest
      accepted alice1 buy 3@100 fok
      canceled alice1 3 FillOrKill
    alice 2 buy 2@100 fok stp newest
      accepted alice2 buy 2@100 fok
      trade 2@100 bob1 leaves 3 shows 0 / alice2
      rested bob1 2@100
    alice 3 buy 1@100 fok stp both
      accepted alice3 buy 1@100 fok
      canceled alice3 1 FillOrKill
    alice 4 buy 13@100 fok stp oldest
      accepted alice4 buy 13@100 fok
      canceled alice4 13 FillOrKill
    alice 5 buy 9@100 fok stp oldest
      accepted alice5 buy 9@100 fok
      canceled dave1 1 visible 1@100 SelfTrade
      trade 9@100 carol1 / alice5
    `,
  ),
  scenario(
    'fill-or-kill and minimum quantity: own orders end the count where they would end the matching',
    `
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    bob 2 sell 5@100
      accepted bob2 sell 5@100 gtc
      rested bob2 5@100
    alice 2 buy 10@100 fok stp newest
      accepted alice2 buy 10@100 fok
      canceled alice2 10 FillOrKill
    alice 3 buy 10@100 fok stp both
      accepted alice3 buy 10@100 fok
      canceled alice3 10 FillOrKill
    alice 4 buy 10@100 fok stp decrement
      accepted alice4 buy 10@100 fok
      canceled alice4 10 FillOrKill
    alice 5 buy 10@100 min 6 stp newest ioc
      accepted alice5 buy 10@100 ioc min 6
      canceled alice5 10 MinimumQuantity
    alice 6 buy 10@100 fok stp oldest
      accepted alice6 buy 10@100 fok
      trade 5@100 bob1 / alice6 leaves 5
      canceled alice1 5 visible 5@100 SelfTrade
      trade 5@100 bob2 / alice6
    `,
  ),
  scenario(
    'fill-or-kill: an iceberg hides behind an own order, so only its slice counts',
    `
    bob 1 sell 10@100 show 2
      accepted bob1 sell 10@100 gtc show 2
      rested bob1 2@100
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    alice 2 buy 3@100 fok
      accepted alice2 buy 3@100 fok
      canceled alice2 3 FillOrKill
    alice 3 buy 2@100 fok
      accepted alice3 buy 2@100 fok
      trade 2@100 bob1 leaves 8 shows 0 / alice3
      rested bob1 2@100
    alice 4 buy 8@100 fok
      accepted alice4 buy 8@100 fok
      canceled alice4 8 FillOrKill
    alice 5 buy 8@100 fok stp oldest
      accepted alice5 buy 8@100 fok
      canceled alice1 5 visible 5@100 SelfTrade
      trade 2@100 bob1 leaves 6 shows 0 / alice5 leaves 6
      rested bob1 2@100
      trade 2@100 bob1 leaves 4 shows 0 / alice5 leaves 4
      rested bob1 2@100
      trade 2@100 bob1 leaves 2 shows 0 / alice5 leaves 2
      rested bob1 2@100
      trade 2@100 bob1 / alice5
    `,
  ),
  scenario(
    'maximum values: the largest quantity at the highest price that still multiplies exactly',
    `
    bob 1 sell 1099511627776@8191 on perp
      accepted bob1 sell 1099511627776@8191 gtc
      rested bob1 1099511627776@8191
    alice 1 buy 1099511627776@8191 on perp
      accepted alice1 buy 1099511627776@8191 gtc
      trade 1099511627776@8191 bob1 / alice1
      position bob -1099511627776 entry 9006099743113216 realised 0
      position alice 1099511627776 entry 9006099743113216 realised 0
    alice 2 buy 1099511627776@8192 on perp
      rejected alice2 VALUE_TOO_LARGE
    alice 3 buy 1099511627777@1 on perp
      rejected alice3 INVALID_QUANTITY
    `,
    { perp: { maxQtyLots: 2 ** 40, initialMarginMinor: 0 } },
  ),
  scenario(
    'maximum values: the highest price and the largest quantity that still multiplies exactly',
    `
    alice 1 buy 4194304@2147483647 on perp
      accepted alice1 buy 4194304@2147483647 gtc
      rested alice1 4194304@2147483647
    bob 1 sell 4194304@2147483647 on perp
      accepted bob1 sell 4194304@2147483647 gtc
      trade 4194304@2147483647 alice1 / bob1
      position alice 4194304 entry 9007199250546688 realised 0
      position bob -4194304 entry 9007199250546688 realised 0
    alice 2 buy 4194305@2147483647 on perp
      rejected alice2 VALUE_TOO_LARGE
    alice 3 buy 1@2147483647 stop 2147483647 on perp
      rejected alice3 INVALID_STOP_PRICE
    `,
    { perp: { maxQtyLots: 2 ** 40, initialMarginMinor: 0 } },
  ),
  scenario(
    'identity: a clientOrderId must grow, is used up by refused orders too, and belongs to its user',
    `
    alice 5 buy 1@100
      accepted alice5 buy 1@100 gtc
      rested alice5 1@100
    alice 5 buy 1@100
      rejected alice5 DUPLICATE_CLIENT_ORDER_ID
    alice 4 buy 1@100
      rejected alice4 DUPLICATE_CLIENT_ORDER_ID
    alice 6 buy 0@100
      rejected alice6 INVALID_QUANTITY
    alice 6 buy 1@100
      rejected alice6 DUPLICATE_CLIENT_ORDER_ID
    dave 1 buy 1@100
      accepted dave1 buy 1@100 gtc
      rested dave1 1@100
    dave cancel 5
      rejected dave5 UNKNOWN_ORDER
    alice cancel 5
      canceled alice5 1 visible 1@100 Requested
    alice cancel 5
      rejected alice5 UNKNOWN_ORDER
    raw {"type":"NewOrder","userId":1,"instrumentId":9,"clientOrderId":7}
      rejected alice7 UNKNOWN_INSTRUMENT
    alice 7 buy 1@100
      rejected alice7 DUPLICATE_CLIENT_ORDER_ID
    raw {"type":"NewOrder","userId":9,"instrumentId":1,"clientOrderId":7}
      rejected ?97 UNKNOWN_USER
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":0}
      rejected alice MALFORMED_COMMAND
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":2147483648}
      rejected alice2147483648 CLIENT_ORDER_ID_LIMIT
    raw {"type":"NewOrder","userId":1,"instrumentId":9,"clientOrderId":2147483648}
      rejected alice2147483648 UNKNOWN_INSTRUMENT
    raw {"type":"NewOrder","userId":9,"instrumentId":1,"clientOrderId":2147483648}
      rejected ?92147483648 UNKNOWN_USER
    raw {"type":"ReplaceOrder","userId":1,"instrumentId":1,"clientOrderId":4294967295,"originalClientOrderId":99}
      rejected alice4294967295 CLIENT_ORDER_ID_LIMIT
    alice 2147483647 buy 1@100 tag last-of-all
      accepted alice2147483647 buy 1@100 gtc tag last-of-all
      rested alice2147483647 1@100
    alice 2147483647 buy 1@100 tag last-of-all
      rejected alice2147483647 DUPLICATE_CLIENT_ORDER_ID
    `,
  ),
  scenario(
    'cancel: reduces in place and keeps priority, or takes the order out',
    `
    bob 1 sell 10@100
      accepted bob1 sell 10@100 gtc
      rested bob1 10@100
    carol 1 sell 10@100
      accepted carol1 sell 10@100 gtc
      rested carol1 10@100
    bob cancel 1 to 10
      rejected bob1 INVALID_QUANTITY
    bob cancel 1 to 4
      canceled bob1 6 leaves 4 visible 6@100 Requested
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      trade 4@100 bob1 / alice1 leaves 1
      trade 1@100 carol1 leaves 9 / alice1
    bob cancel 1
      rejected bob1 UNKNOWN_ORDER
    carol cancel 1 to 8
      canceled carol1 2 leaves 7 visible 2@100 Requested
    carol cancel 1
      canceled carol1 7 visible 7@100 Requested
    raw {"type":"CancelOrder","userId":3,"clientOrderId":1,"instrumentId":9}
      rejected carol1 UNKNOWN_INSTRUMENT
    `,
  ),
  scenario(
    'cancel: instrumentId may be 0 or that of the order',
    `
    bob 1 sell 10@100
      accepted bob1 sell 10@100 gtc
      rested bob1 10@100
    raw {"type":"CancelOrder","userId":2,"clientOrderId":1,"instrumentId":2}
      rejected bob1 UNKNOWN_ORDER
    raw {"type":"CancelOrder","userId":2,"clientOrderId":1,"instrumentId":9}
      rejected bob1 UNKNOWN_INSTRUMENT
    raw {"type":"CancelOrder","userId":2,"clientOrderId":1,"instrumentId":1}
      canceled bob1 10 visible 10@100 Requested
    `,
  ),
];
