import { scenario } from './scenario.ts';

/** Makes a last trade at 100. */
const LAST_100 = `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1`;

/** Stops and one-cancels-other pairs. */
export const STOPS = [
  scenario(
    'stop: triggers at its price, becomes a market order within the protection',
    `${LAST_100}
    bob 102 sell 5@106
      accepted bob102 sell 5@106 gtc
      rested bob102 5@106
    alice 1 buy 10 stop 105
      accepted alice1 buy 10 stop 105 gtc
    carol 102 buy 1@104
      accepted carol102 buy 1@104 gtc
      rested carol102 1@104
    bob 103 sell 1@104
      accepted bob103 sell 1@104 gtc
      trade 1@104 carol102 / bob103
    bob 104 sell 1@105
      accepted bob104 sell 1@105 gtc
      rested bob104 1@105
    carol 103 buy 1@105
      accepted carol103 buy 1@105 gtc
      trade 1@105 bob104 / carol103
      triggered alice1
      trade 5@106 bob102 / alice1 leaves 5
      canceled alice1 5 MarketRemainder
    `,
    { coin: { marketProtectionPpm: 10_000 } },
  ),
  scenario(
    'stop: one that would trigger at once is refused; without a last trade nothing would',
    `
    alice 1 buy 1 stop 1
      accepted alice1 buy 1 stop 1 gtc
    alice 2 sell 1 stop 999
      accepted alice2 sell 1 stop 999 gtc
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
      triggered alice1
      canceled alice1 1 MarketRemainder
      triggered alice2
      canceled alice2 1 MarketRemainder
    alice 3 buy 1 stop 100
      rejected alice3 INVALID_STOP_PRICE
    alice 4 buy 1 stop 101
      accepted alice4 buy 1 stop 101 gtc
    alice 5 sell 1 stop 100
      rejected alice5 INVALID_STOP_PRICE
    alice 6 sell 1 stop 99
      accepted alice6 sell 1 stop 99 gtc
    `,
  ),
  scenario(
    'stop-limit: becomes a limit order that may rest, as an iceberg if it is one',
    `${LAST_100}
    bob 102 sell 5@106
      accepted bob102 sell 5@106 gtc
      rested bob102 5@106
    alice 1 buy 10@106 stop 105 show 2
      accepted alice1 buy 10@106 stop 105 gtc show 2
    bob 103 sell 1@105
      accepted bob103 sell 1@105 gtc
      rested bob103 1@105
    carol 102 buy 1@105
      accepted carol102 buy 1@105 gtc
      trade 1@105 bob103 / carol102
      triggered alice1
      trade 5@106 bob102 / alice1 leaves 5
      rested alice1 2@106
    bob 104 sell 3@106
      accepted bob104 sell 3@106 gtc
      trade 2@106 alice1 leaves 3 shows 0 / bob104 leaves 1
      rested alice1 2@106
      trade 1@106 alice1 leaves 2 shows 1 / bob104
    `,
  ),
  scenario(
    'stop cascade: sells by descending stop price, the oldest first; each may trigger more',
    `${LAST_100}
    carol 102 buy 1@95
      accepted carol102 buy 1@95 gtc
      rested carol102 1@95
    carol 103 buy 2@90
      accepted carol103 buy 2@90 gtc
      rested carol103 2@90
    carol 104 buy 5@85
      accepted carol104 buy 5@85 gtc
      rested carol104 5@85
    alice 1 sell 1 stop 97
      accepted alice1 sell 1 stop 97 gtc
    alice 2 sell 1 stop 90
      accepted alice2 sell 1 stop 90 gtc
    alice 3 sell 1 stop 95
      accepted alice3 sell 1 stop 95 gtc
    alice 4 sell 1 stop 97
      accepted alice4 sell 1 stop 97 gtc
    carol 105 buy 1@97
      accepted carol105 buy 1@97 gtc
      rested carol105 1@97
    bob 103 sell 1@97
      accepted bob103 sell 1@97 gtc
      trade 1@97 carol105 / bob103
      triggered alice1
      trade 1@95 carol102 / alice1
      triggered alice4
      trade 1@90 carol103 leaves 1 / alice4
      triggered alice3
      trade 1@90 carol103 / alice3
      triggered alice2
      trade 1@85 carol104 leaves 4 / alice2
    `,
  ),
  scenario(
    'stops: buys by ascending stop price first, then sells by descending, the oldest first',
    `
    alice 1 sell 1@1 stop 100
      accepted alice1 sell 1@1 stop 100 gtc
    alice 2 sell 1@1 stop 105
      accepted alice2 sell 1@1 stop 105 gtc
    bob 1 buy 1@1000 stop 100
      accepted bob1 buy 1@1000 stop 100 gtc
    bob 2 buy 1@1000 stop 95
      accepted bob2 buy 1@1000 stop 95 gtc
    dave 1 sell 1@1 stop 105
      accepted dave1 sell 1@1 stop 105 gtc
    bob 3 buy 1@1000 stop 95
      accepted bob3 buy 1@1000 stop 95 gtc
    alice 3 sell 1@1 stop 99
      accepted alice3 sell 1@1 stop 99 gtc
    erin 1 buy 3@100
      accepted erin1 buy 3@100 gtc
      rested erin1 3@100
    frank 1 sell 1@100
      accepted frank1 sell 1@100 gtc
      trade 1@100 erin1 leaves 2 / frank1
      triggered bob2
      rested bob2 1@1000
      triggered bob3
      rested bob3 1@1000
      triggered bob1
      rested bob1 1@1000
      triggered alice2
      trade 1@1000 bob2 / alice2
    `,
  ),
  scenario(
    'stop: the search starts again after each triggered order',
    `${LAST_100}
    bob 102 sell 1@105
      accepted bob102 sell 1@105 gtc
      rested bob102 1@105
    bob 103 sell 1@110
      accepted bob103 sell 1@110 gtc
      rested bob103 1@110
    bob 104 sell 5@111
      accepted bob104 sell 5@111 gtc
      rested bob104 5@111
    alice 1 buy 1 stop 110
      accepted alice1 buy 1 stop 110 gtc
    alice 2 buy 1 stop 104
      accepted alice2 buy 1 stop 104 gtc
    carol 102 buy 2@105 stop 103
      accepted carol102 buy 2@105 stop 103 gtc
    alice 3 sell 1 stop 50
      accepted alice3 sell 1 stop 50 gtc
    bob 105 sell 1@103
      accepted bob105 sell 1@103 gtc
      rested bob105 1@103
    carol 103 buy 1@103
      accepted carol103 buy 1@103 gtc
      trade 1@103 bob105 / carol103
      triggered carol102
      trade 1@105 bob102 / carol102 leaves 1
      rested carol102 1@105
      triggered alice2
      trade 1@110 bob103 / alice2
      triggered alice1
      trade 1@111 bob104 leaves 4 / alice1
    `,
  ),
  scenario(
    'stop: replaced it stays a stop and goes to the tail; canceled it shows nothing',
    `${LAST_100}
    alice 1 buy 1@120 stop 105
      accepted alice1 buy 1@120 stop 105 gtc
    bob 1 buy 1@121 stop 105
      accepted bob1 buy 1@121 stop 105 gtc
    alice replace 1 -> 2 2@120 stop 105
      replaced alice1 by alice2 buy 2@120 stop 105 gtc loses priority
    alice replace 2 -> 3 2@120 stop 99
      rejected alice3 INVALID_STOP_PRICE
    alice replace 2 -> 4 2@120 stop 0
      rejected alice4 INVALID_STOP_PRICE
    bob replace 1 -> 2 3@121 stop 105 show 1
      replaced bob1 by bob2 buy 3@121 stop 105 gtc show 1 loses priority
    bob cancel 2 to 2
      canceled bob2 1 leaves 2 Requested
    dave 1 sell 5 stop 50
      accepted dave1 sell 5 stop 50 gtc
    dave replace 1 -> 2 6@0 stop 60
      replaced dave1 by dave2 sell 6 stop 60 gtc loses priority
    dave replace 1 -> 3 6@7 stop 60
      rejected dave3 UNKNOWN_ORDER
    dave cancel 2
      canceled dave2 6 Requested
    dave cancel 1
      rejected dave1 UNKNOWN_ORDER
    carol 102 sell 1@105
      accepted carol102 sell 1@105 gtc
      rested carol102 1@105
    bob 3 buy 1@105
      accepted bob3 buy 1@105 gtc
      trade 1@105 carol102 / bob3
      triggered alice2
      rested alice2 2@120
      triggered bob2
      rested bob2 1@121
    `,
  ),
  scenario(
    'stop-limit: after its trigger a replace ignores the stop price',
    `${LAST_100}
    alice 1 buy 5@104 stop 103
      accepted alice1 buy 5@104 stop 103 gtc
    bob 102 sell 1@103
      accepted bob102 sell 1@103 gtc
      rested bob102 1@103
    carol 102 buy 1@103
      accepted carol102 buy 1@103 gtc
      trade 1@103 bob102 / carol102
      triggered alice1
      rested alice1 5@104
    alice replace 1 -> 2 6@105 stop 77
      replaced alice1 by alice2 buy 6@105 stop 103 gtc loses priority visible 5
      rested alice2 6@105
    alice replace 2 -> 3 5@105
      replaced alice2 by alice3 buy 5@105 stop 103 gtc keeps priority visible 1
    `,
  ),
  scenario(
    'stop: refused at the trigger when the kill switch is on or the funds no longer suffice',
    `${LAST_100}
    alice 1 sell 1@90 stop 95
      accepted alice1 sell 1@90 stop 95 gtc
    kill user alice
      killed User 1
      done
    bob 102 sell 1@95
      accepted bob102 sell 1@95 gtc
      rested bob102 1@95
    carol 102 buy 1@95
      accepted carol102 buy 1@95 gtc
      trade 1@95 bob102 / carol102
      triggered alice1
      canceled alice1 1 TriggerRefused
    revive user alice
      revived User 1
      done
    withdraw alice 999_999_999_500 USD
      posted alice -999999999500 USD Withdrawal total 500
      done
    alice 2 buy 4 stop 96
      accepted alice2 buy 4 stop 96 gtc
    bob 103 sell 1@100
      accepted bob103 sell 1@100 gtc
      rested bob103 1@100
    carol 103 buy 1@100
      accepted carol103 buy 1@100 gtc
      trade 1@100 bob103 / carol103
      triggered alice2
      canceled alice2 4 MarketRemainder
    alice 3 buy 5 stop 99 tag poor
      rejected alice3 INVALID_STOP_PRICE
    alice 4 buy 4 stop 101
      accepted alice4 buy 4 stop 101 gtc
    bob 104 sell 1@130
      accepted bob104 sell 1@130 gtc
      rested bob104 1@130
    carol 104 buy 1@130
      accepted carol104 buy 1@130 gtc
      trade 1@130 bob104 / carol104
      triggered alice4
      canceled alice4 4 TriggerRefused
    `,
    { coin: { marketProtectionPpm: 100_000 } },
  ),
  scenario(
    'stop: waits through an auction and a halt, looked at when continuous trading begins',
    `${LAST_100}
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 2@110 stop 104
      accepted alice1 buy 2@110 stop 104 gtc
    bob 102 sell 3@105
      accepted bob102 sell 3@105 gtc
      rested bob102 3@105
    carol 102 buy 1@105
      accepted carol102 buy 1@105 gtc
      rested carol102 1@105
    phase Continuous
      auction trade 1@105 carol102 / bob102 leaves 2
      uncrossed 1@105 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
      triggered alice1
      trade 2@105 bob102 / alice1
    `,
  ),
];

export const OCO = [
  scenario(
    'oco: a trade of any size cancels the other, after matching',
    `${LAST_100}
    alice 1 sell 5@110
      accepted alice1 sell 5@110 gtc
      rested alice1 5@110
    alice 2 sell 5 stop 90 oco 1
      accepted alice2 sell 5 stop 90 gtc oco 1
    bob 1 buy 2@110
      accepted bob1 buy 2@110 gtc
      trade 2@110 alice1 leaves 3 / bob1
      canceled alice2 5 OneCancelsOther
    `,
  ),
  scenario(
    'oco: a trigger cancels the other, after the triggered order has matched',
    `${LAST_100}
    alice 1 sell 5@110
      accepted alice1 sell 5@110 gtc
      rested alice1 5@110
    alice 2 sell 5 stop 90 oco 1
      accepted alice2 sell 5 stop 90 gtc oco 1
    carol 102 buy 3@89
      accepted carol102 buy 3@89 gtc
      rested carol102 3@89
    carol 103 buy 1@90
      accepted carol103 buy 1@90 gtc
      rested carol103 1@90
    bob 1 sell 1@90
      accepted bob1 sell 1@90 gtc
      trade 1@90 carol103 / bob1
      triggered alice2
      trade 3@89 carol102 / alice2 leaves 2
      canceled alice2 2 MarketRemainder
      canceled alice1 5 visible 5@110 OneCancelsOther
    `,
  ),
  scenario(
    'oco: the incoming order itself trades',
    `
    alice 1 sell 5@110
      accepted alice1 sell 5@110 gtc
      rested alice1 5@110
    bob 1 buy 1@100
      accepted bob1 buy 1@100 gtc
      rested bob1 1@100
    alice 2 sell 5@100 oco 1
      accepted alice2 sell 5@100 gtc oco 1
      trade 1@100 bob1 / alice2 leaves 4
      rested alice2 4@100
      canceled alice1 5 visible 5@110 OneCancelsOther
    `,
  ),
  scenario(
    'oco: a cancel, an expiry or a refusal dissolves the pair and the other stays',
    `
    alice 1 sell 5@110
      accepted alice1 sell 5@110 gtc
      rested alice1 5@110
    alice 2 sell 5@111 oco 1
      accepted alice2 sell 5@111 gtc oco 1
      rested alice2 5@111
    alice cancel 2
      canceled alice2 5 visible 5@111 Requested
    alice 3 sell 5@112 oco 1 gtd 200
      accepted alice3 sell 5@112 gtd until 200 oco 1
      rested alice3 5@112
    time 200
    tick
      canceled alice3 5 visible 5@112 Expired
    bob 1 buy 1@100
      accepted bob1 buy 1@100 gtc
      rested bob1 1@100
    alice 4 sell 5@99 oco 1 post-only
      accepted alice4 sell 5@99 gtc oco 1 post-only
      canceled alice4 5 PostOnlyWouldTrade
    alice 5 sell 5@112 oco 1
      accepted alice5 sell 5@112 gtc oco 1
      rested alice5 5@112
    `,
  ),
  scenario(
    'oco: a partner must live, be unlinked, of the same user and instrument; the order must be able to rest',
    `
    alice 1 sell 5@110
      accepted alice1 sell 5@110 gtc
      rested alice1 5@110
    alice 2 sell 5@111 oco 3
      rejected alice2 OCO_PARTNER_UNUSABLE
    alice 3 sell 5@111 oco 1 on perp
      rejected alice3 OCO_PARTNER_UNUSABLE
    dave 1 sell 5@111 oco 1
      rejected dave1 OCO_PARTNER_UNUSABLE
    alice 4 sell 5@111 oco 1 ioc
      rejected alice4 OCO_PARTNER_UNUSABLE
    alice 5 sell 5 oco 1
      rejected alice5 OCO_PARTNER_UNUSABLE
    alice 6 sell 5@111 oco 1
      accepted alice6 sell 5@111 gtc oco 1
      rested alice6 5@111
    alice 7 sell 5@111 oco 1
      rejected alice7 OCO_PARTNER_UNUSABLE
    alice 8 sell 5@111 oco 6
      rejected alice8 OCO_PARTNER_UNUSABLE
    `,
  ),
  scenario(
    'oco: its own partner is hit: self-trade prevention',
    `
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    alice 2 buy 5@100 oco 1 stp oldest
      accepted alice2 buy 5@100 gtc oco 1
      canceled alice1 5 visible 5@100 SelfTrade
      rested alice2 5@100
    alice 3 sell 5@101 oco 2
      accepted alice3 sell 5@101 gtc oco 2
      rested alice3 5@101
    alice 4 buy 3@101 stp decrement
      accepted alice4 buy 3@101 gtc
      canceled alice3 3 leaves 2 visible 3@101 SelfTrade
      canceled alice4 3 SelfTrade
    `,
  ),
  scenario(
    'oco: an incoming order that trades and then hits its partner',
    `
    bob 1 sell 1@99
      accepted bob1 sell 1@99 gtc
      rested bob1 1@99
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    alice 2 buy 5@100 oco 1 stp decrement
      accepted alice2 buy 5@100 gtc oco 1
      trade 1@99 bob1 / alice2 leaves 4
      canceled alice1 4 leaves 1 visible 4@100 SelfTrade
      canceled alice2 4 SelfTrade
      canceled alice1 1 visible 1@100 OneCancelsOther
    bob 2 sell 1@99
      accepted bob2 sell 1@99 gtc
      rested bob2 1@99
    alice 3 sell 5@100
      accepted alice3 sell 5@100 gtc
      rested alice3 5@100
    alice 4 buy 3@100 oco 3 stp newest
      accepted alice4 buy 3@100 gtc oco 3
      trade 1@99 bob2 / alice4 leaves 2
      canceled alice4 2 SelfTrade
      canceled alice3 5 visible 5@100 OneCancelsOther
    `,
  ),
  scenario(
    'oco: a replace keeps the link, in the order, in the report and both ways',
    `
    alice 1 sell 5@110
      accepted alice1 sell 5@110 gtc
      rested alice1 5@110
    alice 2 sell 5@111 oco 1
      accepted alice2 sell 5@111 gtc oco 1
      rested alice2 5@111
    alice replace 1 -> 3 6@110
      replaced alice1 by alice3 sell 6@110 gtc oco 2 loses priority visible 5
      rested alice3 6@110
    alice replace 2 -> 4 6@111
      replaced alice2 by alice4 sell 6@111 gtc oco 3 loses priority visible 5
      rested alice4 6@111
    alice cancel 4 to 2
      canceled alice4 4 leaves 2 visible 4@111 Requested
    bob 1 buy 1@110
      accepted bob1 buy 1@110 gtc
      trade 1@110 alice3 leaves 5 / bob1
      canceled alice4 2 visible 2@111 OneCancelsOther
    alice replace 3 -> 5 7@110
      replaced alice3 by alice5 sell 7@110 gtc cum 1 loses priority visible 5
      rested alice5 6@110
    `,
  ),
  scenario(
    'oco: both of a pair trade in one command: the first to trade goes on',
    `
    alice 1 sell 4@100 show 1
      accepted alice1 sell 4@100 gtc show 1
      rested alice1 1@100
    alice 2 sell 4@100 show 1 oco 1
      accepted alice2 sell 4@100 gtc show 1 oco 1
      rested alice2 1@100
    bob 1 buy 2@100
      accepted bob1 buy 2@100 gtc
      trade 1@100 alice1 leaves 3 shows 0 / bob1 leaves 1
      rested alice1 1@100
      trade 1@100 alice2 leaves 3 shows 0 / bob1
      rested alice2 1@100
      canceled alice2 3 visible 1@100 OneCancelsOther
    `,
  ),
  scenario(
    'oco: pairs are settled in the order of their trades',
    `
    alice 1 sell 1@100
      accepted alice1 sell 1@100 gtc
      rested alice1 1@100
    bob 1 sell 1@101
      accepted bob1 sell 1@101 gtc
      rested bob1 1@101
    bob 2 sell 1@110 oco 1
      accepted bob2 sell 1@110 gtc oco 1
      rested bob2 1@110
    alice 2 sell 1@111 oco 1
      accepted alice2 sell 1@111 gtc oco 1
      rested alice2 1@111
    carol 1 buy 9@90
      accepted carol1 buy 9@90 gtc
      rested carol1 9@90
    carol 2 buy 2@101 oco 1
      accepted carol2 buy 2@101 gtc oco 1
      trade 1@100 alice1 / carol2 leaves 1
      trade 1@101 bob1 / carol2
      canceled alice2 1 visible 1@111 OneCancelsOther
      canceled carol1 9 visible 9@90 OneCancelsOther
      canceled bob2 1 visible 1@110 OneCancelsOther
    `,
  ),
  scenario(
    'oco: both of a pair trade in one uncross, nothing is left to cancel of the filled one',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 sell 2@100
      accepted alice1 sell 2@100 gtc
      rested alice1 2@100
    alice 2 sell 5@101 oco 1
      accepted alice2 sell 5@101 gtc oco 1
      rested alice2 5@101
    bob 1 buy 4@101
      accepted bob1 buy 4@101 gtc
      rested bob1 4@101
    phase Continuous
      auction trade 2@101 bob1 leaves 2 / alice1
      auction trade 2@101 bob1 / alice2 leaves 3
      uncrossed 4@101 of OpeningAuction
      phase OpeningAuction -> Continuous
      canceled alice2 3 visible 3@101 OneCancelsOther
      done
    `,
  ),
];
