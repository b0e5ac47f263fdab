import { scenario } from './scenario.ts';

/** Entered where the best buy order is above the best sell order: nothing trades. */
const ENTERED_IN_AN_AUCTION = ['PreOpen', 'OpeningAuction', 'VolatilityAuction', 'ClosingAuction'].map(
  (phase) =>
    scenario(
      `${phase}: orders rest uncrossed, only those that can rest without conditions`,
      `
    carol 1 sell 9@110
      accepted carol1 sell 9@110 gtc
      rested carol1 9@110
    phase ${phase}
      phase Continuous -> ${phase}
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
    bob 3 sell 9@101 show 3
      accepted bob3 sell 9@101 gtc show 3
      rested bob3 3@101
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
    alice 8 buy 5@125 stop 120 day
      accepted alice8 buy 5@125 stop 120 day
    alice 9 buy 1@104 oco 7
      accepted alice9 buy 1@104 gtc oco 7
      rested alice9 1@104
    carol 2 sell 1@104
      accepted carol2 sell 1@104 gtc
      rested carol2 1@104
    alice replace 1 -> 11 6@106
      replaced alice1 by alice11 buy 6@106 gtc loses priority visible 5
      rested alice11 6@106
    alice replace 11 -> 12 4@106
      replaced alice11 by alice12 buy 4@106 gtc keeps priority visible 2
    alice replace 7 -> 13 5 stop 121
      replaced alice7 by alice13 buy 5 stop 121 gtc oco 9 loses priority
    alice cancel 12 to 3
      canceled alice12 1 leaves 3 visible 1@106 Requested
    bob mass-cancel side sell
      canceled bob1 3 visible 3@100 MassCancel
      canceled bob2 3 visible 3@100 MassCancel
      canceled bob3 9 visible 3@101 MassCancel
      mass canceled 3 for bob
    phase Continuous
      auction trade 1@106 alice12 leaves 2 / carol2
      uncrossed 1@106 of ${phase}
      phase ${phase} -> Continuous
      done
    `,
      { coin: { referencePriceTicks: 100, marketProtectionPpm: 10_000 } },
    ),
);

/** A user's orders may leave, and nothing may come. */
const ENTERED_WHILE_NOTHING_TRADES = ['Halted', 'Closed'].map((phase) =>
  scenario(
    `${phase}: orders are only canceled`,
    `
    alice 1 buy 5@105
      accepted alice1 buy 5@105 gtc
      rested alice1 5@105
    alice 2 buy 1@90
      accepted alice2 buy 1@90 gtc
      rested alice2 1@90
    alice 3 buy 1 stop 120
      accepted alice3 buy 1 stop 120 gtc
    bob 1 sell 3@110 day
      accepted bob1 sell 3@110 day
      rested bob1 3@110
    phase ${phase}
      phase Continuous -> ${phase}${phase === 'Closed' ? '\n      canceled bob1 3 visible 3@110 EndOfDay' : ''}
      done
    alice 4 buy 1@100
      rejected alice4 PHASE
    alice 5 buy 1@100 day
      rejected alice5 PHASE
    alice 6 buy 1@100 gtd 200
      rejected alice6 PHASE
    alice 7 buy 1@100 ioc
      rejected alice7 PHASE
    alice 8 buy 1@100 fok
      rejected alice8 PHASE
    alice 9 buy 1
      rejected alice9 PHASE
    alice 10 buy 1@100 post-only
      rejected alice10 PHASE
    alice 11 buy 1 stop 120
      rejected alice11 PHASE
    alice 12 buy 1@100 oco 3
      rejected alice12 PHASE
    alice replace 1 -> 13 6@105
      rejected alice13 PHASE
    alice replace 3 -> 14 1 stop 121
      rejected alice14 PHASE
    alice cancel 1 to 4
      canceled alice1 1 leaves 4 visible 1@105 Requested
    alice cancel 3
      canceled alice3 1 Requested
    alice mass-cancel
      canceled alice1 4 visible 4@105 MassCancel
      canceled alice2 1 visible 1@90 MassCancel
      mass canceled 2 for alice
    `,
    { coin: { referencePriceTicks: 100, marketProtectionPpm: 10_000 } },
  ),
);

/** Auctions and their uncross. */
export const AUCTIONS = [
  ...ENTERED_IN_AN_AUCTION,
  ...ENTERED_WHILE_NOTHING_TRADES,
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
