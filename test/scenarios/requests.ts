import { type Scenario, scenario } from './scenario.ts';

/** Deposits and withdrawals that count once. */
export const REQUESTS: readonly Scenario[] = [
  scenario(
    'requests: a deposit that is sent again changes nothing, whatever else it says',
    `
    deposit alice 100 USD id p-1
      posted alice 100 USD Deposit total 100
      done
    deposit alice 100 USD id p-1
      rejected operator DUPLICATE_REQUEST_ID
    deposit bob 7 BTC id p-1
      rejected operator DUPLICATE_REQUEST_ID
    withdraw alice 1 USD id p-1
      rejected operator DUPLICATE_REQUEST_ID
    deposit alice 100 USD id p-2
      posted alice 100 USD Deposit total 200
      done
    `,
    { funds: 0 },
  ),
  scenario(
    'requests: without an id nothing tells a repeat',
    `
    deposit alice 100 USD
      posted alice 100 USD Deposit total 100
      done
    deposit alice 100 USD
      posted alice 100 USD Deposit total 200
      done
    `,
    { funds: 0 },
  ),
  scenario(
    'requests: the repeat of a withdrawal is told so, not that the account is empty',
    `
    deposit alice 100 USD id in
      posted alice 100 USD Deposit total 100
      done
    withdraw alice 100 USD id out
      posted alice -100 USD Withdrawal total 0
      done
    withdraw alice 100 USD id out
      rejected operator DUPLICATE_REQUEST_ID
    `,
    { funds: 0 },
  ),
  scenario(
    'requests: one that was refused leaves its id free; what it names that is not there comes first',
    `
    withdraw alice 100 USD id out
      rejected operator INSUFFICIENT_FUNDS
    deposit alice 100 USD id in
      posted alice 100 USD Deposit total 100
      done
    withdraw alice 100 USD id out
      posted alice -100 USD Withdrawal total 0
      done
    deposit alice 0 USD id in
      rejected operator MALFORMED_COMMAND
    raw {"type":"Deposit","accountId":9,"assetId":1,"amountMinor":1,"requestId":"in"}
      rejected operator UNKNOWN_ACCOUNT
    raw {"type":"Deposit","accountId":1,"assetId":9,"amountMinor":1,"requestId":"in"}
      rejected operator UNKNOWN_ASSET
    raw {"type":"Deposit","userId":1,"accountId":1,"assetId":1,"amountMinor":1,"requestId":"in"}
      rejected alice NOT_ALLOWED
    `,
    { funds: 0 },
  ),
  scenario(
    'requests: an id belongs to who sends it',
    `
    deposit alice 1 USD by adam id same
      posted alice 1 USD Deposit total 1
      done for adam
    deposit alice 2 USD by olga id same
      posted alice 2 USD Deposit total 3
      done for olga
    deposit alice 4 USD id same
      posted alice 4 USD Deposit total 7
      done
    deposit alice 1 USD by adam id same
      rejected adam DUPLICATE_REQUEST_ID
    deposit alice 2 USD by olga id same
      rejected olga DUPLICATE_REQUEST_ID
    `,
    { funds: 0 },
  ),
  scenario(
    'requests: the newest ids are remembered, those of orders apart',
    `
    deposit alice 1 USD id a
      posted alice 1 USD Deposit total 1000000000001
      done
    deposit alice 1 USD id b
      posted alice 1 USD Deposit total 1000000000002
      done
    alice 1 buy 1@100 ioc tag a once
      accepted alice1 buy 1@100 ioc tag a
      canceled alice1 1 ImmediateOrCancel
    alice 2 buy 1@100 ioc tag c once
      accepted alice2 buy 1@100 ioc tag c
      canceled alice2 1 ImmediateOrCancel
    deposit alice 1 USD id a
      rejected operator DUPLICATE_REQUEST_ID
    deposit alice 1 USD id c
      posted alice 1 USD Deposit total 1000000000003
      done
    deposit alice 1 USD id b
      rejected operator DUPLICATE_REQUEST_ID
    deposit alice 1 USD id a
      posted alice 1 USD Deposit total 1000000000004
      done
    `,
    { engine: { requestIdsMax: 2 } },
  ),
];
