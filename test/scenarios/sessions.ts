import { type Scenario, scenario } from './scenario.ts';

/** Sessions at gateways. */
export const SESSIONS: readonly Scenario[] = [
  scenario(
    'sessions: the orders go with the last session that asked for it, on whichever node',
    `
    alice connect 1.7 cancel-on-disconnect
      SessionOpened alice 1.7
    alice connect 2.7 cancel-on-disconnect
      SessionOpened alice 2.7
    alice connect 2.8
      SessionOpened alice 2.8
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    alice disconnect 1.7
      SessionClosed alice 1.7
    alice disconnect 1.7
      rejected alice UNKNOWN_SESSION
    alice disconnect 2.7
      SessionClosed alice 2.7
      canceled alice1 1 visible 1@100 Disconnected
      mass canceled 1 for alice
    alice 2 buy 1@100
      accepted alice2 buy 1@100 gtc
      rested alice2 1@100
    alice disconnect 2.8
      SessionClosed alice 2.8
    `,
  ),
  scenario(
    'sessions: opened again, a session changes its mind',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    alice connect cancel-on-disconnect
      SessionOpened alice 1.1
    alice connect
      SessionOpened alice 1.1
    alice disconnect
      SessionClosed alice 1.1
    alice connect
      SessionOpened alice 1.1
    alice connect cancel-on-disconnect
      SessionOpened alice 1.1
    alice connect cancel-on-disconnect
      SessionOpened alice 1.1
    alice disconnect
      SessionClosed alice 1.1
      canceled alice1 1 visible 1@100 Disconnected
      mass canceled 1 for alice
    `,
  ),
  scenario(
    'sessions: belong to their user',
    `
    alice connect 65535.4294967295
      SessionOpened alice 65535.4294967295
    bob connect 65535.4294967295
      rejected bob ALREADY_EXISTS
    bob disconnect 65535.4294967295
      rejected bob UNKNOWN_SESSION
    bob connect 65534.4294967295
      SessionOpened bob 65534.4294967295
    alice connect 1.0
      rejected alice MALFORMED_COMMAND
    alice disconnect 1.0
      rejected alice UNKNOWN_SESSION
    vic connect
      SessionOpened vic 1.11
    alice disconnect 65535.4294967295
      SessionClosed alice 65535.4294967295
    `,
  ),
  scenario(
    'sessions: staff ends one, and it ends as it asked',
    `
    alice connect 1.7 cancel-on-disconnect
      SessionOpened alice 1.7
    alice connect 2.7
      SessionOpened alice 2.7
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    raw {"type":"EndSession","userId":13,"clientOrderId":5,"targetUserId":1,"nodeId":2,"sessionId":7,"reason":"a drill"}
      SessionEnded alice 2.7 a drill
      SessionClosed alice 2.7
      done for olga
    raw {"type":"EndSession","targetUserId":1,"nodeId":1,"sessionId":7}
      SessionEnded alice 1.7
      SessionClosed alice 1.7
      canceled alice1 1 visible 1@100 Disconnected
      mass canceled 1 for alice
      done
    alice connect 1.7
      SessionOpened alice 1.7
    `,
  ),
  scenario(
    'sessions: who may end which',
    `
    alice connect 1.7
      SessionOpened alice 1.7
    raw {"type":"EndSession","userId":1,"targetUserId":1,"nodeId":1,"sessionId":7}
      rejected alice NOT_ALLOWED
    raw {"type":"EndSession","targetUserId":99,"nodeId":1,"sessionId":7}
      rejected operator UNKNOWN_USER
    raw {"type":"EndSession","targetUserId":2,"nodeId":1,"sessionId":7}
      rejected operator UNKNOWN_SESSION
    raw {"type":"EndSession","targetUserId":1,"nodeId":2,"sessionId":7}
      rejected operator UNKNOWN_SESSION
    raw {"type":"EndSession","targetUserId":1,"nodeId":1,"sessionId":0}
      rejected operator UNKNOWN_SESSION
    raw {"type":"OpenSession","userId":1,"nodeId":1,"sessionId":8,"door":4}
      rejected alice MALFORMED_COMMAND
    `,
  ),
  scenario(
    "sessions: a disabled user's session ends as it asked",
    `
    alice connect cancel-on-disconnect
      SessionOpened alice 1.1
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    raw {"type":"SetUserEnabled","targetUserId":1}
      disabled alice
      done
    alice connect
      rejected alice USER_DISABLED
    alice disconnect
      SessionClosed alice 1.1
      canceled alice1 1 visible 1@100 Disconnected
      mass canceled 1 for alice
    `,
  ),
];
