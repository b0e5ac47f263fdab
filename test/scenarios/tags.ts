import { type Scenario, scenario } from './scenario.ts';

/** Texts of orders that count once. */
export const TAGS: readonly Scenario[] = [
  scenario(
    'texts: one order each, whatever became of it; labels and orders without a text are not looked at',
    `
    alice 1 buy 1@100 tag mine once
      accepted alice1 buy 1@100 gtc tag mine
      rested alice1 1@100
    alice 2 buy 5@90 tag mine once
      rejected alice2 DUPLICATE_CLIENT_TAG
    alice cancel 1
      canceled alice1 1 visible 1@100 Requested
    alice 3 buy 1@100 tag mine once
      rejected alice3 DUPLICATE_CLIENT_TAG
    alice 4 buy 1@100 tag mine
      accepted alice4 buy 1@100 gtc tag mine
      rested alice4 1@100
    alice 5 buy 1@100 tag label
      accepted alice5 buy 1@100 gtc tag label
      rested alice5 1@100
    alice 6 buy 1@100 tag label once
      accepted alice6 buy 1@100 gtc tag label
      rested alice6 1@100
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":7,"flags":1,"side":1,"orderType":1,"timeInForce":2,"priceTicks":9,"qtyLots":1}
      accepted alice7 buy 1@9 gtc
      rested alice7 1@9
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":8,"flags":1,"side":1,"orderType":1,"timeInForce":2,"priceTicks":9,"qtyLots":1}
      accepted alice8 buy 1@9 gtc
      rested alice8 1@9
    `,
  ),
  scenario(
    'texts: an order that never came to rest has used its text up',
    `
    alice 1 buy 1@100 ioc tag none once
      accepted alice1 buy 1@100 ioc tag none
      canceled alice1 1 ImmediateOrCancel
    alice 2 buy 1@100 ioc tag none once
      rejected alice2 DUPLICATE_CLIENT_TAG
    bob 1 sell 1@100
      accepted bob1 sell 1@100 gtc
      rested bob1 1@100
    alice 3 buy 1@100 post-only tag maker once
      accepted alice3 buy 1@100 gtc post-only tag maker
      canceled alice3 1 PostOnlyWouldTrade
    alice 4 buy 1@100 tag maker once
      rejected alice4 DUPLICATE_CLIENT_TAG
    `,
  ),
  scenario(
    "texts: another user's equal text is another one, also within an account",
    `
    alice 1 buy 1@100 tag same once
      accepted alice1 buy 1@100 gtc tag same
      rested alice1 1@100
    dave 1 buy 1@100 tag same once
      accepted dave1 buy 1@100 gtc tag same
      rested dave1 1@100
    bob 1 buy 1@100 tag same once
      accepted bob1 buy 1@100 gtc tag same
      rested bob1 1@100
    dave 2 buy 1@100 tag same once
      rejected dave2 DUPLICATE_CLIENT_TAG
    `,
  ),
  scenario(
    'texts: a refused order leaves its text free, and uses up its number',
    `
    alice 1 buy 0@100 tag free once
      rejected alice1 INVALID_QUANTITY
    alice 2 buy 1@100 tag free once oco 9
      rejected alice2 OCO_PARTNER_UNUSABLE
    alice 2 buy 1@100 tag free once
      rejected alice2 DUPLICATE_CLIENT_ORDER_ID
    limits alice orderQtyLotsMax 3
      AccountLimitsSet
      done
    alice 3 buy 4@100 tag free once
      rejected alice3 ORDER_QUANTITY_LIMIT
    alice 4 buy 3@100 tag free once
      accepted alice4 buy 3@100 gtc tag free
      rested alice4 3@100
    alice 5 buy 3@100 tag free once
      rejected alice5 DUPLICATE_CLIENT_TAG
    alice 5 buy 3@100 tag other once
      rejected alice5 DUPLICATE_CLIENT_ORDER_ID
    raw {"type":"NewOrder","userId":1,"instrumentId":1,"clientOrderId":2147483648,"flags":1,"clientTag":"free"}
      rejected alice2147483648 DUPLICATE_CLIENT_TAG
    raw {"type":"ReplaceOrder","userId":1,"clientOrderId":2147483648,"originalClientOrderId":4,"flags":1,"clientTag":"free"}
      rejected alice2147483648 DUPLICATE_CLIENT_TAG
    `,
  ),
  scenario(
    'texts: a repeat is known before anything else of the order is looked at',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    alice 2 sell 1@110 tag pair once oco 1
      accepted alice2 sell 1@110 gtc oco 1 tag pair
      rested alice2 1@110
    alice 3 sell 1@110 tag pair once oco 1
      rejected alice3 DUPLICATE_CLIENT_TAG
    alice 3 sell 1@110 tag pair once oco 1
      rejected alice3 DUPLICATE_CLIENT_ORDER_ID
    raw {"type":"NewOrder","userId":1,"instrumentId":9,"clientOrderId":4,"flags":1,"clientTag":"pair"}
      rejected alice4 UNKNOWN_INSTRUMENT
    kill venue
      killed Venue
      done
    alice 5 sell 1@110 tag pair once oco 1
      rejected alice5 DUPLICATE_CLIENT_TAG
    `,
  ),
  scenario(
    'texts: a replace uses up the text that it brings, and keeps the one that it repeats as a label',
    `
    alice 1 buy 5@100 tag a once
      accepted alice1 buy 5@100 gtc tag a
      rested alice1 5@100
    alice replace 1 -> 2 4@100 tag b once
      replaced alice1 by alice2 buy 4@100 gtc tag b keeps priority visible 1
    alice replace 1 -> 3 4@100 tag b once
      rejected alice3 DUPLICATE_CLIENT_TAG
    alice replace 2 -> 4 3@100 tag a once
      rejected alice4 DUPLICATE_CLIENT_TAG
    alice replace 2 -> 5 0@100 tag c once
      rejected alice5 INVALID_QUANTITY
    alice replace 2 -> 6 3@100 tag b
      replaced alice2 by alice6 buy 3@100 gtc tag b keeps priority visible 1
    alice replace 6 -> 7 2@100 tag c once
      replaced alice6 by alice7 buy 2@100 gtc tag c keeps priority visible 1
    alice 8 buy 1@100 tag c once
      rejected alice8 DUPLICATE_CLIENT_TAG
    alice 9 buy 1@100 tag b once
      rejected alice9 DUPLICATE_CLIENT_TAG
    alice replace 1 -> 10 2@100 tag d once
      rejected alice10 UNKNOWN_ORDER
    alice replace 7 -> 11 1@100 tag d once
      replaced alice7 by alice11 buy 1@100 gtc tag d keeps priority visible 1
    `,
  ),
  scenario(
    'texts: only so many are remembered, the newest of the whole venue; refused ones push nothing out',
    `
    alice 1 buy 1@100 ioc tag one once
      accepted alice1 buy 1@100 ioc tag one
      canceled alice1 1 ImmediateOrCancel
    bob 1 buy 1@100 ioc tag two once
      accepted bob1 buy 1@100 ioc tag two
      canceled bob1 1 ImmediateOrCancel
    alice 2 buy 1@100 ioc tag three once
      accepted alice2 buy 1@100 ioc tag three
      canceled alice2 1 ImmediateOrCancel
    alice 3 buy 1@100 ioc tag one once
      rejected alice3 DUPLICATE_CLIENT_TAG
    bob 2 buy 0@100 ioc tag four once
      rejected bob2 INVALID_QUANTITY
    alice 4 buy 1@100 ioc tag one once
      rejected alice4 DUPLICATE_CLIENT_TAG
    bob 3 buy 1@100 ioc tag four once
      accepted bob3 buy 1@100 ioc tag four
      canceled bob3 1 ImmediateOrCancel
    alice 5 buy 1@100 ioc tag one once
      accepted alice5 buy 1@100 ioc tag one
      canceled alice5 1 ImmediateOrCancel
    bob 4 buy 1@100 ioc tag four once
      rejected bob4 DUPLICATE_CLIENT_TAG
    bob 5 buy 1@100 ioc tag two once
      accepted bob5 buy 1@100 ioc tag two
      canceled bob5 1 ImmediateOrCancel
    alice 6 buy 1@100 ioc tag three once
      accepted alice6 buy 1@100 ioc tag three
      canceled alice6 1 ImmediateOrCancel
    `,
    { engine: { clientTagsMax: 3 } },
  ),
  scenario(
    'texts: a cancel has its own, which its answer repeats and which counts for nothing',
    `
    alice 1 buy 5@100 tag mine once
      accepted alice1 buy 5@100 gtc tag mine
      rested alice1 5@100
    alice 2 buy 1@90 oco 1
      accepted alice2 buy 1@90 gtc oco 1
      rested alice2 1@90
    alice cancel 1 to 3 tag less
      canceled alice1 2 leaves 3 visible 2@100 Requested tag less
    alice cancel 1 to 9 tag more
      rejected alice1 INVALID_QUANTITY tag more
    alice cancel 1 tag less
      canceled alice1 3 visible 3@100 Requested tag less
    alice cancel 1 tag again
      rejected alice1 UNKNOWN_ORDER tag again
    alice 3 buy 1@100 tag less once
      accepted alice3 buy 1@100 gtc tag less
      rested alice3 1@100
    alice cancel 3
      canceled alice3 1 visible 1@100 Requested
    vic cancel 1 tag no
      rejected vic1 NOT_ALLOWED tag no
    `,
  ),
];
