import { SelfTradePrevention } from '#domain/commands.ts';
import { scenario } from './scenario.ts';

/** Orders of one account never trade with each other in continuous trading. Dave and alice share an account. */
export const SELF_TRADE = [
  scenario(
    'self-trade: cancel newest takes the rest of the incoming order',
    `
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    bob 2 sell 3@100
      accepted bob2 sell 3@100 gtc
      rested bob2 3@100
    dave 1 buy 10@100 stp newest
      accepted dave1 buy 10@100 gtc
      trade 3@100 bob1 / dave1 leaves 7
      canceled dave1 7 SelfTrade
    `,
  ),
  scenario(
    'self-trade: cancel oldest takes the resting order, matching goes on',
    `
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    bob 2 sell 3@100
      accepted bob2 sell 3@100 gtc
      rested bob2 3@100
    dave 1 buy 10@100 stp oldest
      accepted dave1 buy 10@100 gtc
      trade 3@100 bob1 / dave1 leaves 7
      canceled alice1 5 visible 5@100 SelfTrade
      trade 3@100 bob2 / dave1 leaves 4
      rested dave1 4@100
    `,
  ),
  scenario(
    'self-trade: cancel both, first the resting one',
    `
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    bob 2 sell 3@100
      accepted bob2 sell 3@100 gtc
      rested bob2 3@100
    dave 1 buy 10@100 stp both
      accepted dave1 buy 10@100 gtc
      trade 3@100 bob1 / dave1 leaves 7
      canceled alice1 5 visible 5@100 SelfTrade
      canceled dave1 7 SelfTrade
    `,
  ),
  scenario(
    'self-trade: decrement reduces both by the smaller quantity; the resting order may stay',
    `
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    dave 1 buy 2@100 stp decrement
      accepted dave1 buy 2@100 gtc
      canceled alice1 2 leaves 3 visible 2@100 SelfTrade
      canceled dave1 2 SelfTrade
    dave 2 buy 4@100 stp decrement
      accepted dave2 buy 4@100 gtc
      canceled alice1 3 visible 3@100 SelfTrade
      canceled dave2 3 leaves 1 SelfTrade
      rested dave2 1@100
    `,
  ),
  scenario(
    'self-trade: decrement with equal quantities takes both',
    `
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    dave 1 buy 5@100 stp decrement
      accepted dave1 buy 5@100 gtc
      canceled alice1 5 visible 5@100 SelfTrade
      canceled dave1 5 SelfTrade
    `,
  ),
  scenario(
    'self-trade: decrement takes the hidden part of an iceberg first, and it keeps its place',
    `
    alice 1 sell 10@100 show 4
      accepted alice1 sell 10@100 gtc show 4
      rested alice1 4@100
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    carol 1 buy 1@100
      accepted carol1 buy 1@100 gtc
      trade 1@100 alice1 leaves 9 shows 3 / carol1
    dave 1 buy 5@100 stp decrement
      accepted dave1 buy 5@100 gtc
      canceled alice1 5 leaves 4 SelfTrade
      canceled dave1 5 SelfTrade
    dave 2 buy 2@100 stp decrement
      accepted dave2 buy 2@100 gtc
      canceled alice1 2 leaves 2 visible 1@100 SelfTrade
      canceled dave2 2 SelfTrade
    carol 2 buy 3@100
      accepted carol2 buy 3@100 gtc
      trade 2@100 alice1 / carol2 leaves 1
      trade 1@100 bob1 leaves 4 / carol2
    `,
  ),
  scenario(
    'self-trade: cancel newest at an iceberg leaves it as it is',
    `
    alice 1 sell 9@100 show 2
      accepted alice1 sell 9@100 gtc show 2
      rested alice1 2@100
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    dave 1 buy 4@100 stp newest
      accepted dave1 buy 4@100 gtc
      canceled dave1 4 SelfTrade
    `,
  ),
  scenario(
    'self-trade: cancel oldest at an iceberg takes the hidden part too',
    `
    alice 1 sell 9@100 show 2
      accepted alice1 sell 9@100 gtc show 2
      rested alice1 2@100
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    dave 1 buy 4@100 stp oldest
      accepted dave1 buy 4@100 gtc
      canceled alice1 9 visible 2@100 SelfTrade
      trade 3@100 bob1 / dave1 leaves 1
      rested dave1 1@100
    `,
  ),
  scenario(
    'self-trade: cancel both at an iceberg takes the hidden part too',
    `
    alice 1 sell 9@100 show 2
      accepted alice1 sell 9@100 gtc show 2
      rested alice1 2@100
    bob 1 sell 3@100
      accepted bob1 sell 3@100 gtc
      rested bob1 3@100
    dave 1 buy 4@100 stp both
      accepted dave1 buy 4@100 gtc
      canceled alice1 9 visible 2@100 SelfTrade
      canceled dave1 4 SelfTrade
    `,
  ),
  scenario(
    'self-trade: the mode of the incoming order counts, not that of the resting one',
    `
    alice 1 sell 5@100 stp both
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    dave 1 buy 5@100 stp oldest
      accepted dave1 buy 5@100 gtc
      canceled alice1 5 visible 5@100 SelfTrade
      rested dave1 5@100
    `,
  ),
  scenario(
    'self-trade: 0 is the default of the instrument',
    `
    alice 1 sell 5@100
      accepted alice1 sell 5@100 gtc
      rested alice1 5@100
    dave 1 buy 5@100
      accepted dave1 buy 5@100 gtc
      canceled alice1 5 visible 5@100 SelfTrade
      rested dave1 5@100
    alice 2 sell 5@100 on perp
      accepted alice2 sell 5@100 gtc
      rested alice2 5@100
    dave 2 buy 5@100 on perp
      accepted dave2 buy 5@100 gtc
      canceled dave2 5 SelfTrade
    `,
    { coin: { selfTradePrevention: SelfTradePrevention.CancelOldest } },
  ),
  scenario(
    'self-trade: a replaced order without priority and a triggered stop obey it too',
    `
    alice 1 sell 5@101
      accepted alice1 sell 5@101 gtc
      rested alice1 5@101
    dave 1 buy 5@100 stp oldest
      accepted dave1 buy 5@100 gtc
      rested dave1 5@100
    dave replace 1 -> 2 5@101
      replaced dave1 by dave2 buy 5@101 gtc loses priority visible 5
      canceled alice1 5 visible 5@101 SelfTrade
      rested dave2 5@101
    alice 2 sell 5@103
      accepted alice2 sell 5@103 gtc
      rested alice2 5@103
    dave 3 buy 5 stop 102 stp both
      accepted dave3 buy 5 stop 102 gtc
    bob 1 sell 1@102
      accepted bob1 sell 1@102 gtc
      rested bob1 1@102
    carol 1 buy 1@102
      accepted carol1 buy 1@102 gtc
      trade 1@102 bob1 / carol1
      triggered dave3
      canceled alice2 5 visible 5@103 SelfTrade
      canceled dave3 5 SelfTrade
    `,
  ),
];
