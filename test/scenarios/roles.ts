import { type Scenario, scenario } from './scenario.ts';

/** Who may do what. */
export const ROLES: readonly Scenario[] = [
  scenario(
    'roles: only traders and market makers place orders, and cancel their own',
    `
    frank 1 buy 1@100
      accepted frank1 buy 1@100 gtc
      rested frank1 1@100
    vic 1 buy 1@100
      rejected vic1 NOT_ALLOWED
    vic replace 1 -> 2 1@100
      rejected vic2 NOT_ALLOWED
    vic cancel 1
      rejected vic1 NOT_ALLOWED
    vic mass-cancel
      rejected vic NOT_ALLOWED
    adam 1 buy 1@100
      rejected adam1 NOT_ALLOWED
    cora mass-cancel account 3
      rejected cora NOT_ALLOWED
    frank cancel 1
      canceled frank1 1 visible 1@100 Requested
    `,
  ),
  scenario(
    'roles: a refused order uses up no number and counts for no throttle',
    `
    limits alice messagesPerSecondMax 1
      AccountLimitsSet
      done
    raw {"type":"SetUserRole","targetUserId":1,"role":1}
      role of alice Viewer
      done
    alice 1 buy 1@100
      rejected alice1 NOT_ALLOWED
    alice cancel 1
      rejected alice1 NOT_ALLOWED
    raw {"type":"SetUserRole","targetUserId":1,"role":3}
      role of alice MarketMaker
      done
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    `,
  ),
  scenario(
    'roles: a number that no order can have comes before the right to send one',
    `
    vic 0 buy 1@100
      rejected vic MALFORMED_COMMAND
    vic 1 buy 1@100 on perp
      rejected vic1 NOT_ALLOWED
    raw {"type":"NewOrder","userId":11,"clientOrderId":1,"instrumentId":9}
      rejected vic1 NOT_ALLOWED
    `,
  ),
  scenario(
    'roles: another role takes the right to send, not the orders',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    raw {"type":"SetUserRole","userId":15,"targetUserId":1,"role":1,"reason":"left the desk"}
      role of alice Viewer
      done for adam
    alice cancel 1
      rejected alice1 NOT_ALLOWED
    bob 1 sell 1@100
      accepted bob1 sell 1@100 gtc
      trade 1@100 alice1 / bob1
    `,
  ),
  scenario(
    'roles: risk, operations and admin cancel for any account, and must name what',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    bob 1 buy 1@99
      accepted bob1 buy 1@99 gtc
      rested bob1 1@99
    carol 1 buy 1@98
      accepted carol1 buy 1@98 gtc
      rested carol1 1@98
    rita mass-cancel
      rejected rita INVALID_CONFIGURATION
    rita mass-cancel account 9
      rejected rita UNKNOWN_ACCOUNT
    rita mass-cancel account 1
      canceled alice1 1 visible 1@100 MassCancel
      mass canceled 1 for rita
    olga mass-cancel session bob
      canceled bob1 1 visible 1@99 MassCancel
      mass canceled 1 for olga
    adam mass-cancel on coin
      canceled carol1 1 visible 1@98 MassCancel
      mass canceled 1 for adam
    `,
  ),
  scenario(
    'roles: what risk may do of administration',
    `
    raw {"type":"SetAccountLimits","userId":12,"accountId":1,"ordersMax":5}
      AccountLimitsSet
      done for rita
    raw {"type":"SetPhase","userId":12,"instrumentId":1,"phase":6}
      phase Continuous -> Halted
      done for rita
    alice 1 buy 1@100 on perp
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    raw {"type":"SetKillSwitch","userId":12,"scope":3,"scopeId":1,"engaged":1,"cancelOrders":1}
      killed Account 1
      canceled alice1 1 visible 1@100 KillSwitch
      mass canceled 1 for rita
      done for rita
    raw {"type":"Deposit","userId":12,"accountId":1,"assetId":1,"amountMinor":5}
      rejected rita NOT_ALLOWED
    raw {"type":"AddAccount","userId":12,"accountId":9}
      rejected rita NOT_ALLOWED
    raw {"type":"SetUserEnabled","userId":12,"targetUserId":1}
      rejected rita NOT_ALLOWED
    `,
  ),
  scenario(
    'roles: what operations may do of administration',
    `
    raw {"type":"AddAccount","userId":13,"accountId":9}
      AccountAdded
      done for olga
    raw {"type":"AddAsset","userId":13,"assetId":9,"symbol":"EUR"}
      AssetAdded
      done for olga
    raw {"type":"Deposit","userId":13,"accountId":1,"assetId":1,"amountMinor":5}
      posted alice 5 USD Deposit total 1000000000005
      done for olga
    raw {"type":"SetSchedule","userId":13,"instrumentId":1}
      ScheduleSet
      done for olga
    raw {"type":"SetAccountLimits","userId":13,"accountId":1,"ordersMax":5}
      rejected olga NOT_ALLOWED
    raw {"type":"AddUser","userId":13,"newUserId":20,"accountId":1,"role":2,"name":"X"}
      rejected olga NOT_ALLOWED
    raw {"type":"AddNodeKey","userId":13,"nodeId":1}
      rejected olga NOT_ALLOWED
    raw {"type":"SetCoreVersion","userId":13,"version":1}
      rejected olga NOT_ALLOWED
    `,
  ),
  scenario(
    'roles: compliance and viewers change nothing',
    `
    raw {"type":"Deposit","userId":14,"accountId":1,"assetId":1,"amountMinor":5}
      rejected cora NOT_ALLOWED
    raw {"type":"SetKillSwitch","userId":14,"scope":1,"engaged":1}
      rejected cora NOT_ALLOWED
    raw {"type":"SetPhase","userId":14,"instrumentId":1,"phase":6}
      rejected cora NOT_ALLOWED
    raw {"type":"AddUser","userId":11,"newUserId":20,"accountId":1,"role":2,"name":"X"}
      rejected vic NOT_ALLOWED
    raw {"type":"Tick","userId":15}
      rejected adam NOT_ALLOWED
    raw {"type":"Attest","userId":15}
      rejected adam NOT_ALLOWED
    `,
  ),
  scenario(
    'roles: only those that place orders need an account',
    `
    raw {"type":"AddUser","userId":15,"newUserId":20,"role":7,"name":"second.admin@example"}
      UserAdded
      done for adam
    raw {"type":"AddUser","userId":15,"newUserId":21,"role":2,"name":"X"}
      rejected adam UNKNOWN_ACCOUNT
    raw {"type":"SetUserRole","userId":15,"targetUserId":11,"role":2}
      rejected adam UNKNOWN_ACCOUNT
    raw {"type":"SetUserRole","userId":15,"targetUserId":11,"role":9}
      rejected adam MALFORMED_COMMAND
    raw {"type":"SetUserRole","userId":15,"targetUserId":99,"role":2}
      rejected adam UNKNOWN_USER
    raw {"type":"SetUserRole","userId":99,"targetUserId":11,"role":2}
      rejected ?99 UNKNOWN_USER
    raw {"type":"SetUserRole","userId":1,"targetUserId":1,"role":7}
      rejected alice NOT_ALLOWED
    `,
  ),
  scenario(
    'disabled: every command of the user is refused, cancels too, and its orders stay',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    raw {"type":"SetUserEnabled","userId":15,"targetUserId":1,"enabled":0}
      disabled alice
      done for adam
    alice 2 buy 1@100
      rejected alice2 USER_DISABLED
    alice replace 1 -> 2 1@100
      rejected alice2 USER_DISABLED
    alice cancel 1
      rejected alice1 USER_DISABLED
    alice mass-cancel
      rejected alice USER_DISABLED
    alice connect
      rejected alice USER_DISABLED
    raw {"type":"SetUserPassword","userId":1,"targetUserId":1}
      rejected alice USER_DISABLED
    raw {"type":"Deposit","userId":1,"accountId":1,"assetId":1,"amountMinor":5}
      rejected alice USER_DISABLED
    raw {"type":"Tick","userId":1}
      rejected alice USER_DISABLED
    dave mass-cancel session alice
      canceled alice1 1 visible 1@100 MassCancel
      mass canceled 1 for dave
    raw {"type":"SetUserEnabled","targetUserId":1,"enabled":1}
      enabled alice
      done
    alice 2 buy 1@100
      accepted alice2 buy 1@100 gtc
      rested alice2 1@100
    `,
  ),
  scenario(
    'disabled: with cancelOrders the orders of the user go, those of the account stay',
    `
    alice 1 buy 1@100
      accepted alice1 buy 1@100 gtc
      rested alice1 1@100
    dave 1 buy 1@99
      accepted dave1 buy 1@99 gtc
      rested dave1 1@99
    raw {"type":"SetUserEnabled","userId":15,"targetUserId":1,"cancelOrders":1,"clientOrderId":7}
      disabled alice
      canceled alice1 1 visible 1@100 UserDisabled
      mass canceled 1 for adam
      done for adam
    raw {"type":"SetUserEnabled","targetUserId":4,"cancelOrders":1}
      disabled dave
      canceled dave1 1 visible 1@99 UserDisabled
      mass canceled 1
      done
    raw {"type":"SetUserEnabled","targetUserId":4,"enabled":1,"cancelOrders":1}
      rejected operator INVALID_CONFIGURATION
    raw {"type":"SetUserEnabled","targetUserId":4,"enabled":2}
      rejected operator MALFORMED_COMMAND
    raw {"type":"SetUserEnabled","targetUserId":99}
      rejected operator UNKNOWN_USER
    `,
  ),
  scenario(
    'disabled: staff may do nothing, whatever its role becomes meanwhile',
    `
    raw {"type":"SetUserEnabled","targetUserId":12}
      disabled rita
      done
    rita mass-cancel account 1
      rejected rita USER_DISABLED
    raw {"type":"SetUserRole","targetUserId":12,"role":7}
      role of rita Admin
      done
    raw {"type":"AddAccount","userId":12,"accountId":9}
      rejected rita USER_DISABLED
    raw {"type":"SetUserEnabled","targetUserId":12,"enabled":1}
      enabled rita
      done
    raw {"type":"AddAccount","userId":12,"accountId":9}
      AccountAdded
      done for rita
    `,
  ),
];
