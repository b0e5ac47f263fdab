import { scenario } from './scenario.ts';

/** Kill switches. */
export const KILL_SWITCHES = [
  scenario(
    'kill switch: refuses new orders and replaces in its scope, cancels go on',
    `
    alice 1 buy 5@100
      accepted alice1 buy 5@100 gtc
      rested alice1 5@100
    kill venue
      killed Venue
      done
    alice 2 buy 1@100
      rejected alice2 KILL_SWITCH_VENUE
    alice replace 1 -> 3 4@100
      rejected alice3 KILL_SWITCH_VENUE
    alice cancel 1 to 3
      canceled alice1 2 leaves 3 visible 2@100 Requested
    revive venue
      revived Venue
      done
    kill instrument coin
      killed Instrument 1
      done
    alice 4 buy 1@100
      rejected alice4 KILL_SWITCH_INSTRUMENT
    alice 5 buy 1@100 on perp
      accepted alice5 buy 1@100 gtc
      rested alice5 1@100
    revive instrument coin
      revived Instrument 1
      done
    kill account alice
      killed Account 1
      done
    dave 1 buy 1@100
      rejected dave1 KILL_SWITCH_ACCOUNT
    bob 1 buy 1@90
      accepted bob1 buy 1@90 gtc
      rested bob1 1@90
    revive account alice
      revived Account 1
      done
    kill user alice
      killed User 1
      done
    alice 6 buy 1@100
      rejected alice6 KILL_SWITCH_USER
    dave 2 buy 1@99
      accepted dave2 buy 1@99 gtc
      rested dave2 1@99
    alice cancel 1
      canceled alice1 3 visible 3@100 Requested
    `,
  ),
  scenario(
    'kill switch: cancels what is open in its scope',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave 1 buy 1@101
      accepted dave1 buy 1@101 gtc
      rested dave1 1@101
    bob 1 buy 1@102
      accepted bob1 buy 1@102 gtc
      rested bob1 1@102
    kill user alice cancel
      killed User 1
      canceled alice1 1 visible 1@100 KillSwitch
      mass canceled 1
      done
    revive user alice
      revived User 1
      done
    alice 2 buy 1@100 on perp
      accepted alice2 buy 1@100 gtc
      rested alice2 1@100
    alice 3 buy 1@99
      accepted alice3 buy 1@99 gtc
      rested alice3 1@99
    kill account alice cancel
      killed Account 1
      canceled dave1 1 visible 1@101 KillSwitch
      canceled alice2 1 visible 1@100 KillSwitch
      canceled alice3 1 visible 1@99 KillSwitch
      mass canceled 3
      done
    revive account alice
      revived Account 1
      done
    alice 4 buy 1@100 on perp
      accepted alice4 buy 1@100 gtc
      rested alice4 1@100
    alice 5 buy 1@99
      accepted alice5 buy 1@99 gtc
      rested alice5 1@99
    kill instrument coin cancel
      killed Instrument 1
      canceled bob1 1 visible 1@102 KillSwitch
      canceled alice5 1 visible 1@99 KillSwitch
      mass canceled 2
      done
    bob 2 buy 1@100 on perp
      accepted bob2 buy 1@100 gtc
      rested bob2 1@100
    revive instrument coin
      revived Instrument 1
      done
    bob 3 buy 1@100
      accepted bob3 buy 1@100 gtc
      rested bob3 1@100
    kill venue cancel
      killed Venue
      canceled bob3 1 visible 1@100 KillSwitch
      canceled alice4 1 visible 1@100 KillSwitch
      canceled bob2 1 visible 1@100 KillSwitch
      mass canceled 3
      done
    `,
  ),
  scenario(
    'kill switch: refusals',
    `
    raw {"type":"SetKillSwitch","scope":0}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetKillSwitch","scope":5}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetKillSwitch","scope":1,"engaged":2}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetKillSwitch","scope":2,"scopeId":9}
      rejected operator UNKNOWN_INSTRUMENT
    raw {"type":"SetKillSwitch","scope":3,"scopeId":9}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"SetKillSwitch","scope":3,"scopeId":0}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"SetKillSwitch","scope":4,"scopeId":9}
      rejected operator UNKNOWN_USER
    raw {"type":"SetKillSwitch","scope":1,"userId":1,"engaged":1}
      rejected alice NOT_ALLOWED
    `,
  ),
];
