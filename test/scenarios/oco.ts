import { scenario } from './scenario.ts';

/** Makes a last trade at 100. */
const LAST_100 = `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1`;

/** One-cancels-other pairs. */
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
    'oco: one order fills both, and rests as many lots as the number of the one that filled last: it is not taken for live',
    `
    alice 1 buy 7@104
      accepted alice1 buy 7@104 gtc
      rested alice1 7@104
    alice 2 buy 12@109 oco 1
      accepted alice2 buy 12@109 gtc oco 1
      rested alice2 12@109
    bob 1 sell 20@96
      accepted bob1 sell 20@96 gtc
      trade 12@109 alice2 / bob1 leaves 8
      trade 7@104 alice1 / bob1 leaves 1
      rested bob1 1@96
    `,
  ),
  scenario(
    'oco: both of a pair meet in an uncross; the iceberg that is left shows its next slice and is canceled then',
    `
    phase PreOpen
      phase Continuous -> PreOpen
      done
    alice 1 buy 8@110 show 3
      accepted alice1 buy 8@110 gtc show 3
      rested alice1 3@110
    alice 2 sell 5@100 oco 1
      accepted alice2 sell 5@100 gtc oco 1
      rested alice2 5@100
    alice 3 sell 1@101
      accepted alice3 sell 1@101 gtc
      rested alice3 1@101
    phase Continuous
      auction trade 5@110 alice1 leaves 3 shows 0 / alice2
      auction trade 1@110 alice1 leaves 2 shows 0 / alice3
      rested alice1 2@110
      uncrossed 6@110 of PreOpen
      phase PreOpen -> Continuous
      canceled alice1 2 visible 2@110 OneCancelsOther
      done
    `,
  ),
  scenario(
    'oco: a triggered stop meets its own partner, an iceberg, which it makes smaller and then cancels; the next stop goes on',
    `${LAST_100}
    alice 1 buy 10@90 show 2
      accepted alice1 buy 10@90 gtc show 2
      rested alice1 2@90
    alice 2 sell 4 stop 95 oco 1 stp decrement
      accepted alice2 sell 4 stop 95 gtc oco 1
    alice 3 sell 6@90 stop 95 stp decrement
      accepted alice3 sell 6@90 stop 95 gtc
    carol 1 buy 1@95
      accepted carol1 buy 1@95 gtc
      rested carol1 1@95
    bob 1 sell 1@95
      accepted bob1 sell 1@95 gtc
      trade 1@95 carol1 / bob1
      triggered alice2
      canceled alice1 4 leaves 6 SelfTrade
      canceled alice2 4 SelfTrade
      canceled alice1 6 visible 2@90 OneCancelsOther
      triggered alice3
      rested alice3 6@90
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
  scenario(
    'oco: a stop that is refused as it triggers cancels the other all the same',
    `
    erin 1 sell 1@100
      accepted erin1 sell 1@100 gtc
      rested erin1 1@100
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      trade 1@100 erin1 / frank1
    alice 1 sell 5@120
      accepted alice1 sell 5@120 gtc
      rested alice1 5@120
    alice 2 sell 5@90 stop 95 oco 1
      accepted alice2 sell 5@90 stop 95 gtc oco 1
    kill user alice
      killed User 1
      done
    erin 2 sell 1@95
      accepted erin2 sell 1@95 gtc
      rested erin2 1@95
    frank 2 buy 1@95
      accepted frank2 buy 1@95 gtc
      trade 1@95 erin2 / frank2
      triggered alice2
      canceled alice2 5 TriggerRefused
      canceled alice1 5 visible 5@120 OneCancelsOther
    `,
  ),
];
