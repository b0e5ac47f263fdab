import { scenario } from './scenario.ts';

/** Price bands, auctions, phases, schedules, expiry. */
export const BANDS = [
  scenario(
    'bands: a price at the edge trades, one tick beyond calls the volatility auction',
    `
    erin 1 sell 1@1000
      accepted erin1 sell 1@1000 gtc
      rested erin1 1@1000
    frank 1 buy 1@1000
      accepted frank1 buy 1@1000 gtc
      trade 1@1000 erin1 / frank1
    bob 1 sell 1@1010
      accepted bob1 sell 1@1010 gtc
      rested bob1 1@1010
    bob 2 sell 1@1021
      accepted bob2 sell 1@1021 gtc
      rested bob2 1@1021
    alice 1 buy 1@1021
      accepted alice1 buy 1@1021 gtc
      trade 1@1010 bob1 / alice1
    alice 2 buy 2@1021
      accepted alice2 buy 2@1021 gtc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice2 2@1021
    bob 3 sell 1@1000
      accepted bob3 sell 1@1000 gtc
      rested bob3 1@1000
    time 129
    tick
      indicative 2@1021
    time 130
    tick
      auction trade 1@1021 alice2 leaves 1 / bob3
      auction trade 1@1021 alice2 / bob2
      uncrossed 2@1021 of VolatilityAuction
      phase VolatilityAuction -> Continuous
    `,
    { coin: { dynamicBandPpm: 10_000, referencePriceTicks: 1000 } },
  ),
  scenario(
    'bands: downwards as well, edge and beyond',
    `
    erin 1 sell 1@1000
      accepted erin1 sell 1@1000 gtc
      rested erin1 1@1000
    frank 1 buy 1@1000
      accepted frank1 buy 1@1000 gtc
      trade 1@1000 erin1 / frank1
    alice 1 buy 1@990
      accepted alice1 buy 1@990 gtc
      rested alice1 1@990
    alice 2 buy 1@980
      accepted alice2 buy 1@980 gtc
      rested alice2 1@980
    bob 1 sell 2@980
      accepted bob1 sell 2@980 gtc
      trade 1@990 alice1 / bob1 leaves 1
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested bob1 1@980
    `,
    { coin: { dynamicBandPpm: 10_000 } },
  ),
  scenario(
    'bands: the static reference is that of the first trade of the session, then the last auction',
    `
    bob 1 sell 1@104
      accepted bob1 sell 1@104 gtc
      rested bob1 1@104
    bob 2 sell 1@105
      accepted bob2 sell 1@105 gtc
      rested bob2 1@105
    bob 3 sell 1@106
      accepted bob3 sell 1@106 gtc
      rested bob3 1@106
    alice 1 buy 1@104
      accepted alice1 buy 1@104 gtc
      trade 1@104 bob1 / alice1
    alice 2 buy 1@105
      accepted alice2 buy 1@105 gtc
      trade 1@105 bob2 / alice2
    alice 3 buy 1@106
      accepted alice3 buy 1@106 gtc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice3 1@106
    time 130
    tick
      auction trade 1@106 alice3 / bob3
      uncrossed 1@106 of VolatilityAuction
      phase VolatilityAuction -> Continuous
    bob 4 sell 1@111
      accepted bob4 sell 1@111 gtc
      rested bob4 1@111
    alice 4 buy 1@111
      accepted alice4 buy 1@111 gtc
      trade 1@111 bob4 / alice4
    bob 5 sell 1@112
      accepted bob5 sell 1@112 gtc
      rested bob5 1@112
    alice 5 buy 1@112
      accepted alice5 buy 1@112 gtc
      phase Continuous -> VolatilityAuction until 160 then Continuous
      rested alice5 1@112
    `,
    { coin: { staticBandPpm: 50_000, referencePriceTicks: 100 } },
  ),
  scenario(
    'bands: without a reference the first trade sets the static one; closing forgets it, the last price stays',
    `
    bob 1 sell 1@200
      accepted bob1 sell 1@200 gtc
      rested bob1 1@200
    alice 1 buy 1@200
      accepted alice1 buy 1@200 gtc
      trade 1@200 bob1 / alice1
    bob 2 sell 1@211
      accepted bob2 sell 1@211 gtc
      rested bob2 1@211
    phase Closed
      phase Continuous -> Closed
      done
    phase Continuous
      uncrossed 0@0 of Closed
      phase Closed -> Continuous
      done
    alice 2 buy 1@211
      accepted alice2 buy 1@211 gtc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice2 1@211
    `,
    { coin: { staticBandPpm: 50_000 } },
  ),
  scenario(
    'bands: an order that may not rest is canceled',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    bob 1 sell 5@110
      accepted bob1 sell 5@110 gtc
      rested bob1 5@110
    alice 1 buy 5@110 ioc
      accepted alice1 buy 5@110 ioc
      phase Continuous -> VolatilityAuction until 130 then Continuous
      canceled alice1 5 PriceBand
    time 200
    tick
      uncrossed 0@0 of VolatilityAuction
      phase VolatilityAuction -> Continuous
    alice 2 buy 5
      accepted alice2 buy 5 market ioc
      phase Continuous -> VolatilityAuction until 230 then Continuous
      canceled alice2 5 PriceBand
    `,
    { coin: { dynamicBandPpm: 50_000 } },
  ),
  scenario(
    'bands: fill-or-kill counts only what the bands let through, the dynamic one as it moves',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    bob 1 sell 1@95
      accepted bob1 sell 1@95 gtc
      rested bob1 1@95
    bob 2 sell 1@100
      accepted bob2 sell 1@100 gtc
      rested bob2 1@100
    bob 3 sell 1@105
      accepted bob3 sell 1@105 gtc
      rested bob3 1@105
    alice 1 buy 3@105 fok
      accepted alice1 buy 3@105 fok
      canceled alice1 3 FillOrKill
    alice 2 buy 1@100 fok
      accepted alice2 buy 1@100 fok
      trade 1@95 bob1 / alice2
    alice 3 buy 2@105 fok
      accepted alice3 buy 2@105 fok
      canceled alice3 2 FillOrKill
    `,
    { coin: { dynamicBandPpm: 50_000 } },
  ),
  scenario(
    'bands: fill-or-kill counts with the static reference that its own first fill would set',
    `
    bob 1 sell 1@97
      accepted bob1 sell 1@97 gtc
      rested bob1 1@97
    bob 2 sell 2@102
      accepted bob2 sell 2@102 gtc
      rested bob2 2@102
    alice 1 buy 3@102 fok
      accepted alice1 buy 3@102 fok
      canceled alice1 3 FillOrKill
    alice 2 buy 3@102 min 2
      accepted alice2 buy 3@102 gtc min 2
      canceled alice2 3 MinimumQuantity
    alice 3 buy 3@101 min 1 ioc
      accepted alice3 buy 3@101 ioc min 1
      trade 1@97 bob1 / alice3 leaves 2
      canceled alice3 2 ImmediateOrCancel
    `,
    { coin: { staticBandPpm: 50_000 } },
  ),
  scenario(
    'bands: stops wait while the auction lasts',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    alice 1 buy 1@120 stop 104
      accepted alice1 buy 1@120 stop 104 gtc
    bob 1 sell 1@105
      accepted bob1 sell 1@105 gtc
      rested bob1 1@105
    bob 2 sell 5@111
      accepted bob2 sell 5@111 gtc
      rested bob2 5@111
    carol 1 buy 2@111
      accepted carol1 buy 2@111 gtc
      trade 1@105 bob1 / carol1 leaves 1
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested carol1 1@111
    time 130
    tick
      auction trade 1@111 carol1 / bob2 leaves 4
      uncrossed 1@111 of VolatilityAuction
      phase VolatilityAuction -> Continuous
      triggered alice1
      trade 1@111 bob2 leaves 3 / alice1
    `,
    { coin: { dynamicBandPpm: 50_000 } },
  ),
  scenario(
    'bands: a triggered stop calls the auction too, the search ends',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    bob 1 sell 1@105
      accepted bob1 sell 1@105 gtc
      rested bob1 1@105
    bob 2 sell 5@111
      accepted bob2 sell 5@111 gtc
      rested bob2 5@111
    alice 1 buy 1@111 stop 104
      accepted alice1 buy 1@111 stop 104 gtc
    alice 2 buy 1@112 stop 105
      accepted alice2 buy 1@112 stop 105 gtc
    carol 1 buy 1@105
      accepted carol1 buy 1@105 gtc
      trade 1@105 bob1 / carol1
      triggered alice1
      phase Continuous -> VolatilityAuction until 130 then Continuous
      rested alice1 1@111
    `,
    { coin: { dynamicBandPpm: 50_000 } },
  ),
];

export const AUCTIONS = [
  scenario(
    'auction: orders rest uncrossed, only those that can rest without conditions',
    `
    phase PreOpen
      phase Continuous -> PreOpen
      done
    alice 1 buy 5@105
      accepted alice1 buy 5@105 gtc
      rested alice1 5@105
    bob 1 sell 3@100 day
      accepted bob1 sell 3@100 day
      rested bob1 3@100
    bob 2 sell 3@100 gtd 200
      accepted bob2 sell 3@100 gtd until 200
      rested bob2 3@100
    alice 2 buy 5@105 ioc
      rejected alice2 PHASE
    alice 3 buy 5@105 fok
      rejected alice3 PHASE
    alice 4 buy 5
      rejected alice4 PHASE
    alice 5 buy 5@105 post-only
      rejected alice5 PHASE
    alice 6 buy 5@105 min 2
      rejected alice6 PHASE
    alice 7 buy 5 stop 120
      accepted alice7 buy 5 stop 120 gtc
    phase Halted
      phase PreOpen -> Halted
      done
    alice 8 buy 1@100
      rejected alice8 PHASE
    alice replace 1 -> 9 6@105
      rejected alice9 PHASE
    alice cancel 1 to 4
      canceled alice1 1 leaves 4 visible 1@105 Requested
    phase Closed
      phase Halted -> Closed
      canceled bob1 3 visible 3@100 EndOfDay
      done
    alice 10 buy 1@100
      rejected alice10 PHASE
    alice cancel 1
      canceled alice1 4 visible 4@105 Requested
    `,
    { coin: { referencePriceTicks: 100, marketProtectionPpm: 10_000 } },
  ),
  scenario(
    'uncross: the largest volume',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 5@103
      accepted alice1 buy 5@103 gtc
      rested alice1 5@103
    alice 2 buy 5@102
      accepted alice2 buy 5@102 gtc
      rested alice2 5@102
    bob 1 sell 4@101
      accepted bob1 sell 4@101 gtc
      rested bob1 4@101
    bob 2 sell 5@102
      accepted bob2 sell 5@102 gtc
      rested bob2 5@102
    tick
      indicative 9@102 surplus buy 1
    tick
    phase Continuous
      auction trade 4@102 alice1 leaves 1 / bob1
      auction trade 1@102 alice1 / bob2 leaves 4
      auction trade 4@102 alice2 leaves 1 / bob2
      uncrossed 9@102 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
  ),
  scenario(
    'uncross: then the smallest surplus',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 5@103
      accepted alice1 buy 5@103 gtc
      rested alice1 5@103
    alice 2 buy 2@102
      accepted alice2 buy 2@102 gtc
      rested alice2 2@102
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    phase Continuous
      auction trade 5@103 alice1 / bob1
      uncrossed 5@103 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
  ),
  scenario(
    'uncross: then, with a buy surplus everywhere, the highest price',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 10@105
      accepted alice1 buy 10@105 gtc
      rested alice1 10@105
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    bob 2 sell 1@106
      accepted bob2 sell 1@106 gtc
      rested bob2 1@106
    time 101
    tick
      indicative 5@105 surplus buy 5
    phase Continuous
      auction trade 5@105 alice1 leaves 5 / bob1
      uncrossed 5@105 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
    { coin: { referencePriceTicks: 100 } },
  ),
  scenario(
    'uncross: then, with a sell surplus everywhere, the lowest price',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 5@105
      accepted alice1 buy 5@105 gtc
      rested alice1 5@105
    bob 1 sell 10@100
      accepted bob1 sell 10@100 gtc
      rested bob1 10@100
    time 101
    tick
      indicative 5@100 surplus sell 5
    phase Continuous
      auction trade 5@100 alice1 / bob1 leaves 5
      uncrossed 5@100 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
    { coin: { referencePriceTicks: 105 } },
  ),
  scenario(
    'uncross: else the price nearest to the reference, the higher one on a tie',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 5@104
      accepted alice1 buy 5@104 gtc
      rested alice1 5@104
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    phase Continuous
      auction trade 5@104 alice1 / bob1
      uncrossed 5@104 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 2 buy 5@106
      accepted alice2 buy 5@106 gtc
      rested alice2 5@106
    bob 2 sell 5@102
      accepted bob2 sell 5@102 gtc
      rested bob2 5@102
    phase Continuous
      auction trade 5@106 alice2 / bob2
      uncrossed 5@106 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 3 buy 5@110
      accepted alice3 buy 5@110 gtc
      rested alice3 5@110
    bob 3 sell 5@109
      accepted bob3 sell 5@109 gtc
      rested bob3 5@109
    phase Continuous
      auction trade 5@109 alice3 / bob3
      uncrossed 5@109 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
    { coin: { referencePriceTicks: 102 } },
  ),
  scenario(
    'uncross: without any reference the highest of the remaining',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 5@104
      accepted alice1 buy 5@104 gtc
      rested alice1 5@104
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    phase Continuous
      auction trade 5@104 alice1 / bob1
      uncrossed 5@104 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
  ),
  scenario(
    'uncross: surplus on either side of the remaining prices: nearest to the reference',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 5@105
      accepted alice1 buy 5@105 gtc
      rested alice1 5@105
    alice 2 buy 2@100
      accepted alice2 buy 2@100 gtc
      rested alice2 2@100
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    bob 2 sell 2@105
      accepted bob2 sell 2@105 gtc
      rested bob2 2@105
    phase Continuous
      auction trade 5@100 alice1 / bob1
      uncrossed 5@100 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
    { coin: { referencePriceTicks: 101 } },
  ),
  scenario(
    'uncross: nothing crosses, nothing trades, and it is said',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 5@99
      accepted alice1 buy 5@99 gtc
      rested alice1 5@99
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    time 101
    tick
    phase Continuous
      uncrossed 0@0 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
  ),
  scenario(
    'uncross: price-time priority on both sides, one order left in part',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 3@101
      accepted alice1 buy 3@101 gtc
      rested alice1 3@101
    carol 1 buy 3@102
      accepted carol1 buy 3@102 gtc
      rested carol1 3@102
    alice 2 buy 3@101
      accepted alice2 buy 3@101 gtc
      rested alice2 3@101
    bob 1 sell 4@100
      accepted bob1 sell 4@100 gtc
      rested bob1 4@100
    bob 2 sell 4@99
      accepted bob2 sell 4@99 gtc
      rested bob2 4@99
    phase Continuous
      auction trade 3@101 carol1 / bob2 leaves 1
      auction trade 1@101 alice1 leaves 2 / bob2
      auction trade 2@101 alice1 / bob1 leaves 2
      auction trade 2@101 alice2 leaves 1 / bob1
      uncrossed 8@101 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
  ),
  scenario(
    'uncross: hidden parts take part; an iceberg left in part shows its next slice at the tail',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 10@100 show 3
      accepted alice1 buy 10@100 gtc show 3
      rested alice1 3@100
    carol 1 buy 5@100
      accepted carol1 buy 5@100 gtc
      rested carol1 5@100
    bob 1 sell 2@100
      accepted bob1 sell 2@100 gtc
      rested bob1 2@100
    bob 2 sell 2@100
      accepted bob2 sell 2@100 gtc
      rested bob2 2@100
    bob 3 sell 3@100
      accepted bob3 sell 3@100 gtc
      rested bob3 3@100
    time 101
    tick
      indicative 7@100 surplus buy 8
    phase Continuous
      auction trade 2@100 alice1 leaves 8 shows 1 / bob1
      auction trade 2@100 alice1 leaves 6 shows 0 / bob2
      auction trade 3@100 alice1 leaves 3 shows 0 / bob3
      rested alice1 3@100
      uncrossed 7@100 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    bob 4 sell 4@100
      accepted bob4 sell 4@100 gtc
      trade 4@100 carol1 leaves 1 / bob4
    `,
  ),
  scenario(
    'uncross: no self-trade prevention, both sides pay the maker fee',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 10@1000
      accepted alice1 buy 10@1000 gtc
      rested alice1 10@1000
    dave 1 sell 10@1000
      accepted dave1 sell 10@1000 gtc
      rested dave1 10@1000
    phase Continuous
      auction trade 10@1000 alice1 / dave1 fees 10+10
      uncrossed 10@1000 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
    { coin: { makerFeePpm: 1_000, takerFeePpm: 2_000 } },
  ),
  scenario(
    'indicative: published on ticks while it changes, afresh in every phase',
    `
    phase PreOpen
      phase Continuous -> PreOpen
      done
    time 101
    tick
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      rested alice1 5@100
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    time 102
    tick
      indicative 3@100 surplus buy 2
    time 103
    tick
    bob 2 sell 4@100
      accepted bob2 sell 4@100 gtc
      rested bob2 4@100
    time 104
    tick
      indicative 5@100 surplus sell 2
    phase OpeningAuction
      phase PreOpen -> OpeningAuction
      done
    time 105
    tick
      indicative 5@100 surplus sell 2
    alice cancel 1
      canceled alice1 5 visible 5@100 Requested
    time 106
    tick
      indicative 0@0
    time 106
    tick
    `,
  ),
  scenario(
    'auction: good-till-date orders expire inside it, by second, then by entry',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 5@100 gtd 103
      accepted alice1 buy 5@100 gtd until 103
      rested alice1 5@100
    bob 1 sell 3@100 gtd 102
      accepted bob1 sell 3@100 gtd until 102
      rested bob1 3@100
    bob 2 sell 3@100 gtd 103
      accepted bob2 sell 3@100 gtd until 103
      rested bob2 3@100
    carol 1 sell 3 stop 50 gtd 102
      accepted carol1 sell 3 stop 50 gtd until 102
    alice replace 1 -> 2 5@101 expire 103
      replaced alice1 by alice2 buy 5@101 gtd until 103 loses priority visible 5
      rested alice2 5@101
    time 101
    tick
      indicative 5@100 surplus sell 1
    time 103
    tick
      canceled bob1 3 visible 3@100 Expired
      canceled carol1 3 Expired
      canceled bob2 3 visible 3@100 Expired
      canceled alice2 5 visible 5@101 Expired
      indicative 0@0
    phase Continuous
      uncrossed 0@0 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
  ),
  scenario(
    'auction: mass cancel during it',
    `
    phase OpeningAuction
      phase Continuous -> OpeningAuction
      done
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      rested alice1 5@100
    dave 1 sell 3@100
      accepted dave1 sell 3@100 gtc
      rested dave1 3@100
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    alice 2 buy 5 stop 120
      accepted alice2 buy 5 stop 120 gtc
    alice mass-cancel
      canceled alice1 5 visible 5@100 MassCancel
      canceled dave1 3 visible 3@100 MassCancel
      canceled alice2 5 MassCancel
      mass canceled 3 for alice
    operator mass-cancel on coin
      canceled bob1 3 visible 3@100 MassCancel
      mass canceled 1
    phase Continuous
      uncrossed 0@0 of OpeningAuction
      phase OpeningAuction -> Continuous
      done
    `,
  ),
];

export const PHASES = [
  scenario(
    'phases: a timed phase ends on the tick that reaches its end, with the uncross',
    `
    phase OpeningAuction until 110 then Continuous
      phase Continuous -> OpeningAuction until 110 then Continuous
      done
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      rested alice1 5@100
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    time 109
    tick
      indicative 3@100 surplus buy 2
    time 110
    tick
      auction trade 3@100 alice1 leaves 2 / bob1
      uncrossed 3@100 of OpeningAuction
      phase OpeningAuction -> Continuous
    `,
  ),
  scenario(
    'phases: refused without an end or a next phase, or with an end that has passed',
    `
    phase OpeningAuction until 110
      rejected operator INVALID_CONFIGURATION
    phase OpeningAuction then Continuous
      rejected operator INVALID_CONFIGURATION
    phase OpeningAuction until 100 then Continuous
      rejected operator INVALID_CONFIGURATION
    raw {"type":"SetPhase","instrumentId":1,"phase":0}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetPhase","instrumentId":1,"phase":8}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetPhase","instrumentId":9,"phase":4}
      rejected operator UNKNOWN_INSTRUMENT
    raw {"type":"SetPhase","userId":1,"instrumentId":1,"phase":6}
      rejected alice NOT_ALLOWED
    phase Continuous
      phase Continuous -> Continuous
      done
    phase Halted
      phase Continuous -> Halted
      done
    `,
  ),
  scenario(
    'phases: the closing auction uncrosses into the close, day orders end, others stay',
    `
    alice 1 buy 5@100 day
      accepted alice1 buy 5@100 day
      rested alice1 5@100
    alice 2 sell 5@110 day
      accepted alice2 sell 5@110 day
      rested alice2 5@110
    bob 1 buy 2@99 gtc
      accepted bob1 buy 2@99 gtc
      rested bob1 2@99
    bob 2 buy 1@120 stop 115 day
      accepted bob2 buy 1@120 stop 115 day
    bob 3 sell 1 stop 80 day
      accepted bob3 sell 1 stop 80 day
    bob 4 buy 1@120 stop 114 day
      accepted bob4 buy 1@120 stop 114 day
    bob 5 sell 1 stop 81 gtc
      accepted bob5 sell 1 stop 81 gtc
    phase ClosingAuction
      phase Continuous -> ClosingAuction
      done
    carol 1 sell 3@100 day
      accepted carol1 sell 3@100 day
      rested carol1 3@100
    phase Closed
      auction trade 3@100 alice1 leaves 2 / carol1
      uncrossed 3@100 of ClosingAuction
      phase ClosingAuction -> Closed
      canceled alice1 2 visible 2@100 EndOfDay
      canceled alice2 5 visible 5@110 EndOfDay
      canceled bob4 1 EndOfDay
      canceled bob2 1 EndOfDay
      canceled bob3 1 EndOfDay
      done
    `,
  ),
  scenario(
    'phases: an auction that ends in a halt or a close without an uncross is uncrossed when trading begins',
    `
    phase PreOpen
      phase Continuous -> PreOpen
      done
    alice 1 buy 5@101
      accepted alice1 buy 5@101 gtc
      rested alice1 5@101
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    phase Halted
      phase PreOpen -> Halted
      done
    phase Closed
      phase Halted -> Closed
      done
    phase Continuous
      auction trade 3@101 alice1 leaves 2 / bob1
      uncrossed 3@101 of Closed
      phase Closed -> Continuous
      done
    `,
  ),
  scenario(
    'phases: continuous to continuous does not uncross',
    `
    phase Continuous
      phase Continuous -> Continuous
      done
    phase Continuous until 110 then Halted
      phase Continuous -> Continuous until 110 then Halted
      done
    time 110
    tick
      phase Continuous -> Halted
    `,
  ),
  scenario(
    'schedule: runs the changes of the day in order, also those of a gap, and again the next day',
    `
    schedule 200 PreOpen 300 Continuous 400 Closed
      ScheduleSet
      done
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      rested alice1 5@100
    time 199
    tick
    time 200
    tick
      phase Continuous -> PreOpen
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    time 450
    tick
      auction trade 5@100 alice1 / bob1
      uncrossed 5@100 of PreOpen
      phase PreOpen -> Continuous
      phase Continuous -> Closed
    time 86600
    tick
      phase Closed -> PreOpen
    `,
  ),
  scenario(
    'schedule: replaced by another or emptied; a time that has passed today waits for tomorrow',
    `
    schedule 50 Halted 150 PreOpen
      ScheduleSet
      done
    time 120
    tick
    schedule
      ScheduleSet
      done
    time 160
    tick
    schedule 10 Halted
      ScheduleSet
      done
    time 86410
    tick
      phase Continuous -> Halted
    `,
  ),
  scenario(
    'schedule: times must ascend within the day',
    `
    schedule 100 PreOpen 100 Continuous
      rejected operator INVALID_CONFIGURATION
    schedule 100 PreOpen 99 Continuous
      rejected operator INVALID_CONFIGURATION
    schedule 86400 PreOpen
      rejected operator INVALID_CONFIGURATION
    schedule 0 PreOpen 86399 Continuous
      ScheduleSet
      done
    raw {"type":"SetSchedule","instrumentId":1,"phase0":8}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetSchedule","instrumentId":9,"phase0":1}
      rejected operator UNKNOWN_INSTRUMENT
    `,
  ),
  scenario(
    'tick: one that is not later than the last does nothing',
    `
    alice 1 buy 5@100 gtd 105
      accepted alice1 buy 5@100 gtd until 105
      rested alice1 5@100
    time 104
    tick
    time 105
    tick
      canceled alice1 5 visible 5@100 Expired
    tick
    time 103
    tick
    alice 2 buy 5@100 gtd 105
      rejected alice2 INVALID_EXPIRY
    alice 3 buy 5@100 gtd 106
      accepted alice3 buy 5@100 gtd until 106
      rested alice3 5@100
    `,
  ),
];
