import { scenario } from './scenario.ts';

/** Icebergs, cancels and replaces: who keeps which place. */
export const ICEBERGS = [
  scenario(
    'iceberg: each slice that is used up goes to the tail of its price',
    `
    bob 1 sell 10@100 show 3
      accepted bob1 sell 10@100 gtc show 3
      rested bob1 3@100
    carol 1 sell 5@100
      accepted carol1 sell 5@100 gtc
      rested carol1 5@100
    alice 1 buy 4@100
      accepted alice1 buy 4@100 gtc
      trade 3@100 bob1 leaves 7 shows 0 / alice1 leaves 1
      rested bob1 3@100
      trade 1@100 carol1 leaves 4 / alice1
    alice 2 buy 9@100
      accepted alice2 buy 9@100 gtc
      trade 4@100 carol1 / alice2 leaves 5
      trade 3@100 bob1 leaves 4 shows 0 / alice2 leaves 2
      rested bob1 3@100
      trade 2@100 bob1 leaves 2 shows 1 / alice2
    alice 3 buy 2@100
      accepted alice3 buy 2@100 gtc
      trade 1@100 bob1 leaves 1 shows 0 / alice3 leaves 1
      rested bob1 1@100
      trade 1@100 bob1 / alice3
    `,
  ),
  scenario(
    'iceberg: the whole quantity is at most a thousand times the display quantity',
    `
    bob 1 sell 2_001@100 show 2
      rejected bob1 INVALID_DISPLAY_QUANTITY
    bob 2 sell 2_000@100 show 2
      accepted bob2 sell 2000@100 gtc show 2
      rested bob2 2@100
    bob 3 sell 1_001@100 stop 90 show 1
      rejected bob3 INVALID_DISPLAY_QUANTITY
    bob replace 2 -> 4 2_001@100 show 2
      rejected bob4 INVALID_DISPLAY_QUANTITY
    alice 1 buy 2@100
      accepted alice1 buy 2@100 gtc
      trade 2@100 bob2 leaves 1998 shows 0 / alice1
      rested bob2 2@100
    // What is executed counts in the total.
    bob replace 2 -> 5 2_001@100 show 2
      rejected bob5 INVALID_DISPLAY_QUANTITY
    bob replace 2 -> 6 2_001@100 show 3
      replaced bob2 by bob6 sell 2001@100 gtc show 3 cum 2 loses priority visible 2
      rested bob6 3@100
    `,
  ),
  scenario(
    'iceberg: what is left of an incoming one rests with its display quantity',
    `
    bob 1 sell 4@100
      accepted bob1 sell 4@100 gtc
      rested bob1 4@100
    alice 1 buy 10@100 show 5
      accepted alice1 buy 10@100 gtc show 5
      trade 4@100 bob1 / alice1 leaves 6
      rested alice1 5@100
    bob 2 sell 4@100
      accepted bob2 sell 4@100 gtc
      trade 4@100 alice1 leaves 2 shows 1 / bob2
    `,
  ),
  scenario(
    'iceberg: fill-or-kill counts hidden parts and trades through the slices',
    `
    bob 1 sell 10@100 show 3
      accepted bob1 sell 10@100 gtc show 3
      rested bob1 3@100
    alice 1 buy 11@100 fok
      accepted alice1 buy 11@100 fok
      canceled alice1 11 FillOrKill
    alice 2 buy 10@100 fok
      accepted alice2 buy 10@100 fok
      trade 3@100 bob1 leaves 7 shows 0 / alice2 leaves 7
      rested bob1 3@100
      trade 3@100 bob1 leaves 4 shows 0 / alice2 leaves 4
      rested bob1 3@100
      trade 3@100 bob1 leaves 1 shows 0 / alice2 leaves 1
      rested bob1 1@100
      trade 1@100 bob1 / alice2
    `,
  ),
  scenario(
    'iceberg: a reduction takes the hidden part first',
    `
    bob 1 sell 10@100 show 3
      accepted bob1 sell 10@100 gtc show 3
      rested bob1 3@100
    carol 1 sell 5@100
      accepted carol1 sell 5@100 gtc
      rested carol1 5@100
    bob cancel 1 to 4
      canceled bob1 6 leaves 4 Requested
    bob cancel 1 to 2
      canceled bob1 2 leaves 2 visible 1@100 Requested
    alice 1 buy 3@100
      accepted alice1 buy 3@100 gtc
      trade 2@100 bob1 / alice1 leaves 1
      trade 1@100 carol1 leaves 4 / alice1
    `,
  ),
  scenario(
    'iceberg + replace: smaller with the same display keeps the place, hidden part first',
    `
    bob 1 sell 10@100 show 3
      accepted bob1 sell 10@100 gtc show 3
      rested bob1 3@100
    carol 1 sell 5@100
      accepted carol1 sell 5@100 gtc
      rested carol1 5@100
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      trade 1@100 bob1 leaves 9 shows 2 / alice1
    bob replace 1 -> 2 5@100 show 3
      replaced bob1 by bob2 sell 5@100 gtc show 3 cum 1 keeps priority
    bob replace 2 -> 3 2@100 show 3
      rejected bob3 INVALID_DISPLAY_QUANTITY
    bob replace 2 -> 4 2@100 show 2
      replaced bob2 by bob4 sell 2@100 gtc cum 1 loses priority visible 2
      rested bob4 1@100
    alice 2 buy 2@100
      accepted alice2 buy 2@100 gtc
      trade 2@100 carol1 leaves 3 / alice2
    `,
  ),
  scenario(
    'iceberg + replace: another display, or none, loses the place',
    `
    bob 1 sell 10@100 show 3
      accepted bob1 sell 10@100 gtc show 3
      rested bob1 3@100
    carol 1 sell 5@100
      accepted carol1 sell 5@100 gtc
      rested carol1 5@100
    bob replace 1 -> 2 10@100 show 4
      replaced bob1 by bob2 sell 10@100 gtc show 4 loses priority visible 3
      rested bob2 4@100
    bob replace 2 -> 3 10@100
      replaced bob2 by bob3 sell 10@100 gtc loses priority visible 4
      rested bob3 10@100
    alice 1 buy 6@100
      accepted alice1 buy 6@100 gtc
      trade 5@100 carol1 / alice1 leaves 1
      trade 1@100 bob3 leaves 9 / alice1
    `,
  ),
  scenario(
    'iceberg + replace: a display that equals the new total shows everything',
    `
    bob 1 sell 10@100
      accepted bob1 sell 10@100 gtc
      rested bob1 10@100
    bob replace 1 -> 2 8@100 show 8
      replaced bob1 by bob2 sell 8@100 gtc keeps priority visible 2
    bob replace 2 -> 3 8@100 show 7
      replaced bob2 by bob3 sell 8@100 gtc show 7 loses priority visible 8
      rested bob3 7@100
    bob replace 3 -> 4 7@100 show 7
      replaced bob3 by bob4 sell 7@100 gtc loses priority visible 7
      rested bob4 7@100
    `,
  ),
];

export const REPLACES = [
  scenario(
    'replace: same price and not larger keeps the place; larger or another price loses it',
    `
    bob 1 sell 10@100
      accepted bob1 sell 10@100 gtc
      rested bob1 10@100
    carol 1 sell 10@100
      accepted carol1 sell 10@100 gtc
      rested carol1 10@100
    bob replace 1 -> 2 10@100
      replaced bob1 by bob2 sell 10@100 gtc keeps priority
    bob replace 2 -> 3 9@100
      replaced bob2 by bob3 sell 9@100 gtc keeps priority visible 1
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      trade 1@100 bob3 leaves 8 / alice1
    bob replace 3 -> 4 10@100
      replaced bob3 by bob4 sell 10@100 gtc cum 1 loses priority visible 8
      rested bob4 9@100
    alice 2 buy 10@100
      accepted alice2 buy 10@100 gtc
      trade 10@100 carol1 / alice2
    bob replace 4 -> 5 20@99
      replaced bob4 by bob5 sell 20@99 gtc cum 1 loses priority visible 9
      rested bob5 19@99
    `,
  ),
  scenario(
    'replace: the new total counts what is executed; nothing open is nothing to replace',
    `
    bob 1 sell 10@100
      accepted bob1 sell 10@100 gtc
      rested bob1 10@100
    alice 1 buy 4@100
      accepted alice1 buy 4@100 gtc
      trade 4@100 bob1 leaves 6 / alice1
    bob replace 1 -> 2 4@100
      rejected bob2 NOTHING_TO_REPLACE
    bob replace 1 -> 3 5@100
      replaced bob1 by bob3 sell 5@100 gtc cum 4 keeps priority visible 5
    alice 2 buy 1@100
      accepted alice2 buy 1@100 gtc
      trade 1@100 bob3 / alice2
    bob replace 3 -> 4 10@100
      rejected bob4 UNKNOWN_ORDER
    `,
  ),
  scenario(
    'replace: an order that loses its place trades like an incoming one',
    `
    bob 1 sell 5@102
      accepted bob1 sell 5@102 gtc
      rested bob1 5@102
    carol 1 sell 5@103
      accepted carol1 sell 5@103 gtc
      rested carol1 5@103
    alice 1 buy 8@100
      accepted alice1 buy 8@100 gtc
      rested alice1 8@100
    alice replace 1 -> 2 8@103
      replaced alice1 by alice2 buy 8@103 gtc loses priority visible 8
      trade 5@102 bob1 / alice2 leaves 3
      trade 3@103 carol1 leaves 2 / alice2
    `,
  ),
  scenario(
    'replace: a post-only order that would trade is canceled',
    `
    bob 1 sell 5@102
      accepted bob1 sell 5@102 gtc
      rested bob1 5@102
    alice 1 buy 8@100 post-only
      accepted alice1 buy 8@100 gtc post-only
      rested alice1 8@100
    alice replace 1 -> 2 8@102
      replaced alice1 by alice2 buy 8@102 gtc post-only loses priority visible 8
      canceled alice2 8 PostOnlyWouldTrade
    `,
  ),
  scenario(
    'replace: refused terms leave the order as it was, but use the new number up',
    `
    bob 1 sell 5@100 gtd 200
      accepted bob1 sell 5@100 gtd until 200
      rested bob1 5@100
    bob replace 1 -> 2 5@0 expire 200
      rejected bob2 INVALID_PRICE
    bob replace 1 -> 3 0@100 expire 200
      rejected bob3 INVALID_QUANTITY
    bob replace 1 -> 4 5@100
      rejected bob4 INVALID_EXPIRY
    bob replace 1 -> 5 5@100 expire 100
      rejected bob5 INVALID_EXPIRY
    bob replace 1 -> 6 5@100 show 6 expire 200
      rejected bob6 INVALID_DISPLAY_QUANTITY
    bob replace 1 -> 6 5@100 expire 200
      rejected bob6 DUPLICATE_CLIENT_ORDER_ID
    bob replace 9 -> 7 5@100 expire 200
      rejected bob7 UNKNOWN_ORDER
    bob replace 1 -> 8 5@100 stop 90 expire 300
      replaced bob1 by bob8 sell 5@100 gtd until 300 keeps priority
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      trade 5@100 bob8 / alice1
    `,
  ),
  scenario(
    'replace: a day or good-till-cancel order has no expiry',
    `
    bob 1 sell 5@100
      accepted bob1 sell 5@100 gtc
      rested bob1 5@100
    bob replace 1 -> 2 5@100 expire 300
      rejected bob2 INVALID_EXPIRY
    `,
  ),
  scenario(
    'replace: instrumentId may be 0 or that of the order',
    `
    bob 1 sell 10@100
      accepted bob1 sell 10@100 gtc
      rested bob1 10@100
    raw {"type":"ReplaceOrder","userId":2,"originalClientOrderId":1,"clientOrderId":2,"instrumentId":2,"priceTicks":100,"qtyLots":9}
      rejected bob2 UNKNOWN_ORDER
    raw {"type":"ReplaceOrder","userId":2,"originalClientOrderId":1,"clientOrderId":3,"instrumentId":9,"priceTicks":100,"qtyLots":9}
      rejected bob3 UNKNOWN_INSTRUMENT
    raw {"type":"ReplaceOrder","userId":2,"originalClientOrderId":1,"clientOrderId":4,"instrumentId":1,"priceTicks":100,"qtyLots":9,"clientTag":"smaller"}
      replaced bob1 by bob4 sell 9@100 gtc tag smaller keeps priority visible 1
    raw {"type":"ReplaceOrder","userId":0,"originalClientOrderId":4,"clientOrderId":5,"instrumentId":1,"priceTicks":100,"qtyLots":9}
      rejected operator5 UNKNOWN_USER
    `,
  ),
];
