import { scenario } from './scenario.ts';

/** Mass cancels, and the end of sessions that asked for one. */
export const MASS_CANCELS = [
  scenario(
    'mass cancel: by account in the order of entry, a replaced order counts from its replacement',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave 1 sell 1@110
      accepted dave1 sell 1@110 gtc
      rested dave1 1@110
    alice 2 buy 1@99 on perp
      accepted alice2 buy 1@99 gtc
      rested alice2 1@99
    alice 3 buy 1@120 stop 115
      accepted alice3 buy 1@120 stop 115 gtc
    alice replace 1 -> 4 1@100
      replaced alice1 by alice4 buy 1@100 gtc keeps priority
    bob 1 buy 1@100
      accepted bob1 buy 1@100 gtc
      rested bob1 1@100
    alice mass-cancel
      canceled dave1 1 visible 1@110 MassCancel
      canceled alice2 1 visible 1@99 MassCancel
      canceled alice3 1 MassCancel
      canceled alice4 1 visible 1@100 MassCancel
      mass canceled 4 for alice
    alice mass-cancel
      mass canceled 0 for alice
    `,
  ),
  scenario(
    'mass cancel: every field given restricts it',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    alice 2 sell 1@110
      accepted alice2 sell 1@110 gtc
      rested alice2 1@110
    dave 1 buy 1@99
      accepted dave1 buy 1@99 gtc
      rested dave1 1@99
    alice 3 buy 1@99 on perp
      accepted alice3 buy 1@99 gtc
      rested alice3 1@99
    bob 1 buy 1@98
      accepted bob1 buy 1@98 gtc
      rested bob1 1@98
    alice mass-cancel side buy on perp
      canceled alice3 1 visible 1@99 MassCancel
      mass canceled 1 for alice
    alice mass-cancel session dave
      canceled dave1 1 visible 1@99 MassCancel
      mass canceled 1 for alice
    operator mass-cancel account 1 side sell
      canceled alice2 1 visible 1@110 MassCancel
      mass canceled 1
    operator mass-cancel session alice
      canceled alice1 1 visible 1@100 MassCancel
      mass canceled 1
    operator mass-cancel account 2 session alice
      mass canceled 0
    operator mass-cancel account 2
      canceled bob1 1 visible 1@98 MassCancel
      mass canceled 1
    `,
  ),
  scenario(
    'mass cancel: by instrument alone bids, asks, buy stops, sell stops by priority',
    `
    alice 1 buy 1@98
      accepted alice1 buy 1@98 gtc
      rested alice1 1@98
    bob 1 buy 1@99
      accepted bob1 buy 1@99 gtc
      rested bob1 1@99
    alice 2 buy 1@99
      accepted alice2 buy 1@99 gtc
      rested alice2 1@99
    bob 2 sell 1@111
      accepted bob2 sell 1@111 gtc
      rested bob2 1@111
    alice 3 sell 1@110
      accepted alice3 sell 1@110 gtc
      rested alice3 1@110
    bob 3 buy 1@130 stop 121
      accepted bob3 buy 1@130 stop 121 gtc
    alice 4 buy 1@130 stop 120
      accepted alice4 buy 1@130 stop 120 gtc
    bob 4 sell 1@70 stop 79
      accepted bob4 sell 1@70 stop 79 gtc
    alice 5 sell 1@70 stop 80
      accepted alice5 sell 1@70 stop 80 gtc
    bob 5 buy 1@99 on perp
      accepted bob5 buy 1@99 gtc
      rested bob5 1@99
    operator mass-cancel on coin side sell
      canceled alice3 1 visible 1@110 MassCancel
      canceled bob2 1 visible 1@111 MassCancel
      canceled alice5 1 MassCancel
      canceled bob4 1 MassCancel
      mass canceled 4
    operator mass-cancel on coin
      canceled bob1 1 visible 1@99 MassCancel
      canceled alice2 1 visible 1@99 MassCancel
      canceled alice1 1 visible 1@98 MassCancel
      canceled alice4 1 MassCancel
      canceled bob3 1 MassCancel
      mass canceled 5
    `,
  ),
  scenario(
    'mass cancel: refusals',
    `
    operator mass-cancel
      rejected operator INVALID_CONFIGURATION
    operator mass-cancel side buy
      rejected operator INVALID_CONFIGURATION
    operator mass-cancel account 9
      rejected operator UNKNOWN_ACCOUNT
    operator mass-cancel session carol
      mass canceled 0
    raw {"type":"MassCancel","userId":0,"sessionUserId":9}
      rejected operator UNKNOWN_USER
    raw {"type":"MassCancel","userId":9}
      rejected ?9 UNKNOWN_USER
    raw {"type":"MassCancel","userId":1,"instrumentId":9}
      rejected alice UNKNOWN_INSTRUMENT
    raw {"type":"MassCancel","userId":1,"side":3}
      rejected alice INVALID_SIDE
    alice mass-cancel account 2
      rejected alice NOT_ALLOWED
    alice mass-cancel session bob
      rejected alice NOT_ALLOWED
    alice mass-cancel account 1
      mass canceled 0 for alice
    `,
  ),
  scenario(
    'cancel orders of others: every field given restricts it, whoever of staff asks',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    alice 2 sell 1@110
      accepted alice2 sell 1@110 gtc
      rested alice2 1@110
    dave 1 buy 1@99
      accepted dave1 buy 1@99 gtc
      rested dave1 1@99
    bob 1 buy 1@101
      accepted bob1 buy 1@101 gtc
      rested bob1 1@101
    carol 1 buy 1@98 on perp
      accepted carol1 buy 1@98 gtc
      rested carol1 1@98
    raw {"type":"CancelOrdersOfOthers","userId":12,"accountId":1,"side":2,"reason":"runaway","clientOrderId":7}
      canceled alice2 1 visible 1@110 MassCancel
      mass canceled 1 for rita
      done for rita
    raw {"type":"CancelOrdersOfOthers","userId":13,"accountId":1,"sessionUserId":4,"reason":"runaway"}
      canceled dave1 1 visible 1@99 MassCancel
      mass canceled 1 for olga
      done for olga
    raw {"type":"CancelOrdersOfOthers","userId":15,"accountId":2,"sessionUserId":1,"reason":"runaway"}
      mass canceled 0 for adam
      done for adam
    raw {"type":"CancelOrdersOfOthers","userId":15,"instrumentId":1,"reason":"runaway"}
      canceled bob1 1 visible 1@101 MassCancel
      canceled alice1 1 visible 1@100 MassCancel
      mass canceled 2 for adam
      done for adam
    raw {"type":"CancelOrdersOfOthers","sessionUserId":3,"reason":"runaway"}
      canceled carol1 1 visible 1@98 MassCancel
      mass canceled 1
      done
    `,
  ),
  scenario(
    'cancel orders of others: refusals',
    `
    raw {"type":"CancelOrdersOfOthers"}
      rejected operator INVALID_CONFIGURATION
    raw {"type":"CancelOrdersOfOthers","userId":12,"side":1}
      rejected rita INVALID_CONFIGURATION
    raw {"type":"CancelOrdersOfOthers","accountId":1,"side":3}
      rejected operator MALFORMED_COMMAND
    raw {"type":"CancelOrdersOfOthers","accountId":2147483648}
      rejected operator MALFORMED_COMMAND
    raw {"type":"CancelOrdersOfOthers","sessionUserId":4294967295}
      rejected operator MALFORMED_COMMAND
    raw {"type":"CancelOrdersOfOthers","sessionUserId":9,"accountId":9}
      rejected operator UNKNOWN_USER
    raw {"type":"CancelOrdersOfOthers","accountId":9,"instrumentId":9}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"CancelOrdersOfOthers","instrumentId":9}
      rejected operator UNKNOWN_INSTRUMENT
    raw {"type":"CancelOrdersOfOthers","userId":99,"accountId":1}
      rejected ?99 UNKNOWN_USER
    raw {"type":"CancelOrdersOfOthers","userId":1,"accountId":1}
      rejected alice NOT_ALLOWED
    raw {"type":"CancelOrdersOfOthers","userId":14,"side":3}
      rejected cora NOT_ALLOWED
    raw {"type":"SetUserEnabled","targetUserId":12,"enabled":0}
      disabled rita
      done
    raw {"type":"CancelOrdersOfOthers","userId":12,"accountId":1}
      rejected rita USER_DISABLED
    `,
  ),
  scenario(
    'mass cancel: both of an OCO pair are canceled for its reason',
    `
    alice 1 sell 5@110
      accepted alice1 sell 5@110 gtc
      rested alice1 5@110
    alice 2 sell 5@111 oco 1
      accepted alice2 sell 5@111 gtc oco 1
      rested alice2 5@111
    alice mass-cancel
      canceled alice1 5 visible 5@110 MassCancel
      canceled alice2 5 visible 5@111 MassCancel
      mass canceled 2 for alice
    `,
  ),
  scenario(
    'disconnect: cancels the orders of the user when the session asked for it',
    `
    alice connect cancel-on-disconnect
      SessionOpened alice 1.1
    dave connect
      SessionOpened dave 1.4
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave 1 buy 1@99
      accepted dave1 buy 1@99 gtc
      rested dave1 1@99
    alice 2 buy 1@120 stop 110
      accepted alice2 buy 1@120 stop 110 gtc
    dave disconnect
      SessionClosed dave 1.4
    alice disconnect
      SessionClosed alice 1.1
      canceled alice1 1 visible 1@100 Disconnected
      canceled alice2 1 Disconnected
      mass canceled 2 for alice
    alice disconnect
      rejected alice UNKNOWN_SESSION
    raw {"type":"OpenSession","userId":9,"sessionId":1}
      rejected ?9 UNKNOWN_USER
    raw {"type":"CloseSession","userId":0}
      rejected operator UNKNOWN_USER
    `,
  ),
];
