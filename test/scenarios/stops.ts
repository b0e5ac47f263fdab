import { scenario } from './scenario.ts';

/** Makes a last trade at 100. */
const LAST_100 = `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1`;

/** Stops. */
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
  scenario(
    'stop cascade: begun by an uncross, through a pair, until a band ends it',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 2@107 stop 104
      accepted alice1 buy 2@107 stop 104 gtc
    dave 1 buy 5 stop 106
      accepted dave1 buy 5 stop 106 gtc
    alice 2 buy 1@98 oco 1
      accepted alice2 buy 1@98 gtc oco 1
      rested alice2 1@98
    carol 1 sell 1@104
      accepted carol1 sell 1@104 gtc
      rested carol1 1@104
    carol 2 sell 2@106
      accepted carol2 sell 2@106 gtc
      rested carol2 2@106
    carol 3 sell 5@112
      accepted carol3 sell 5@112 gtc
      rested carol3 5@112
    bob 1 buy 2@104
      accepted bob1 buy 2@104 gtc
      rested bob1 2@104
    phase Continuous
      auction trade 1@104 bob1 leaves 1 / carol1
      uncrossed 1@104 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
      triggered alice1
      trade 2@106 carol2 / alice1
      canceled alice2 1 visible 1@98 OneCancelsOther
      triggered dave1
      phase Continuous -> VolatilityAuction until 130 then Continuous
      canceled dave1 5 PriceBand
    bob mass-cancel
      canceled bob1 1 visible 1@104 MassCancel
      mass canceled 1 for bob
    `,
    { coin: { dynamicBandPpm: 50_000 } },
  ),
];
