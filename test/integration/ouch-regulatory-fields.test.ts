import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '#app/cli/test-support.ts';
import { OuchClient } from '#app/ouch-client.ts';
import { PASSWORD, RestNode } from '../support/rest-node.ts';

const EVERY_FIELD = {
  tradingCapacity: 2,
  regulatoryFlags: 13,
  clientCode: 70_000,
  investmentDecisionCode: 2 ** 32 - 1,
  executionDecisionCode: 3,
  nonExecutingBrokerCode: 2 ** 31,
};
/** As `hive log dump --json` shows an order that says nothing. */
const NOTHING = {
  tradingCapacity: 0,
  regulatoryFlags: [],
  clientCode: 0,
  investmentDecisionCode: 0,
  executionDecisionCode: 0,
  nonExecutingBrokerCode: 0,
};

test('regulatory fields of OUCH are in the log as they were sent, of orders, replaces and what is refused', {
  timeout: 120_000,
}, async (t) => {
  const venue = await RestNode.start(t);
  const login = { port: venue.node.ouchPort, username: 'U1', password: PASSWORD, sequenceNumber: 1 };
  const client = await OuchClient.connect(login);
  const { tickSize } = await client.instrument('BTCUSD');
  const order = { side: 'B', symbol: 'BTCUSD', quantity: 5, price: 1_000 * tickSize } as const;
  const replacement = { quantity: 4, price: 1_000 * tickSize };

  /** What the log has to say of each command, with the sequence that its answer gives. */
  const expected: object[] = [];
  const expect = (answer: { options: { logSequence?: number } }, type: string, fields: object): void => {
    expected.push({ sequence: answer.options.logSequence, type, ...NOTHING, ...fields });
  };

  const silent = await client.enter(order);
  assert.equal(silent.type, 'OrderAccepted');
  expect(silent, 'NewOrder', {});

  const plain = await client.enter({ ...order, capacity: 'P' });
  assert.equal(plain.type, 'OrderAccepted');
  expect(plain, 'NewOrder', { tradingCapacity: 'Dealing' });

  const riskless = await client.enter({ ...order, capacity: 'R', options: { regulatoryFlags: 2 } });
  assert.equal(riskless.type, 'OrderAccepted');
  expect(riskless, 'NewOrder', {
    tradingCapacity: 'MatchedPrincipal',
    regulatoryFlags: ['LiquidityProvision'],
  });

  const whole = await client.enter({ ...order, options: EVERY_FIELD });
  assert.equal(whole.type, 'OrderAccepted');
  expect(whole, 'NewOrder', {
    ...EVERY_FIELD,
    tradingCapacity: 'MatchedPrincipal',
    regulatoryFlags: [
      'DirectElectronicAccess',
      'InvestmentDecisionByAlgorithm',
      'ExecutionDecisionByAlgorithm',
    ],
  });

  const kept = await client.replace(whole.userRefNum, replacement);
  assert.equal(kept.type, 'OrderReplaced');
  expect(kept, 'ReplaceOrder', {});

  const options = { tradingCapacity: 3, clientCode: 1, executionDecisionCode: 9, regulatoryFlags: 8 };
  const anew = await client.replace(kept.userRefNum, { ...replacement, options });
  assert.equal(anew.type, 'OrderReplaced');
  expect(anew, 'ReplaceOrder', {
    tradingCapacity: 'AnyOther',
    clientCode: 1,
    executionDecisionCode: 9,
    regulatoryFlags: ['ExecutionDecisionByAlgorithm'],
  });

  for (const { given, ofOrder, ofReplace } of [
    {
      given: { tradingCapacity: 7 },
      ofOrder: { tradingCapacity: 7 },
      ofReplace: { tradingCapacity: 7 },
    },
    {
      given: { regulatoryFlags: 17, clientCode: 5 },
      ofOrder: {
        regulatoryFlags: ['DirectElectronicAccess', 16],
        clientCode: 5,
      },
      ofReplace: { regulatoryFlags: ['DirectElectronicAccess', 16], clientCode: 5 },
    },
    // The code of the algorithm is missing.
    {
      given: { regulatoryFlags: 6, executionDecisionCode: 5 },
      ofOrder: {
        regulatoryFlags: ['LiquidityProvision', 'InvestmentDecisionByAlgorithm', 128],
        executionDecisionCode: 5,
      },
      ofReplace: {
        regulatoryFlags: ['LiquidityProvision', 'InvestmentDecisionByAlgorithm', 128],
        executionDecisionCode: 5,
      },
    },
    {
      given: { regulatoryFlags: 8 },
      ofOrder: { regulatoryFlags: ['ExecutionDecisionByAlgorithm', 128] },
      ofReplace: { regulatoryFlags: ['ExecutionDecisionByAlgorithm', 128] },
    },
  ]) {
    const entered = await client.enter({ ...order, options: given });
    const replaced = await client.replace(anew.userRefNum, { ...replacement, options: given });
    for (const { type, options } of [entered, replaced]) {
      assert.deepEqual([type, options.rejectName], ['Rejected', 'INVALID_REGULATORY_FIELDS']);
    }
    expect(entered, 'NewOrder', ofOrder);
    expect(replaced, 'ReplaceOrder', ofReplace);
  }
  await client.close();

  const { status, stdout, stderr } = await runCli(['log', 'dump', '--json', '--data-dir', venue.directory]);
  assert.deepEqual([status, stderr], [0, '']);
  const logged = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { sequence: number; commands: Record<string, unknown>[] })
    .flatMap(({ sequence, commands }) => commands.map((command) => ({ sequence, command })))
    .filter(({ command }) => command['type'] === 'NewOrder' || command['type'] === 'ReplaceOrder')
    .map(({ sequence, command }) => ({
      sequence,
      type: command['type'],
      ...Object.fromEntries(Object.keys(NOTHING).map((name) => [name, command[name]])),
    }));
  assert.deepEqual(logged, expected);
});
