import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import type { OuchOptionValues } from '#codec/ouch/plain.ts';
import { RegulatoryFlag, TradingCapacity } from '#domain/commands.ts';
import { regulatoryFieldsOf, withRegulatoryFields } from './regulatory-options.ts';

/** The options of OUCH that a command line says. @throws Error as commander tells it */
function said(...options: readonly string[]): OuchOptionValues {
  const command = withRegulatoryFields(new Command(), 'default: none')
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  return regulatoryFieldsOf(command.parse(options, { from: 'user' }).opts());
}

test('each option says its own field, and none says nothing', () => {
  assert.deepEqual(said(), {});
  assert.deepEqual(said('--capacity', 'DEAL'), { tradingCapacity: TradingCapacity.Dealing });
  assert.deepEqual(said('--capacity', 'MTCH'), { tradingCapacity: TradingCapacity.MatchedPrincipal });
  assert.deepEqual(said('--capacity', 'AOTC'), { tradingCapacity: TradingCapacity.AnyOther });
  assert.deepEqual(said('--client-code', '1'), { clientCode: 1 });
  assert.deepEqual(said('--investment-decision-code', '70000'), { investmentDecisionCode: 70_000 });
  assert.deepEqual(said('--execution-decision-code', '3'), { executionDecisionCode: 3 });
  assert.deepEqual(said('--broker-code', '4294967295'), { nonExecutingBrokerCode: 2 ** 32 - 1 });
  const flags = {
    '--dea': RegulatoryFlag.DirectElectronicAccess,
    '--liquidity-provision': RegulatoryFlag.LiquidityProvision,
    '--investment-decision-by-algorithm': RegulatoryFlag.InvestmentDecisionByAlgorithm,
    '--execution-decision-by-algorithm': RegulatoryFlag.ExecutionDecisionByAlgorithm,
  };
  for (const [option, regulatoryFlags] of Object.entries(flags)) {
    assert.deepEqual(said(option), { regulatoryFlags });
  }
  assert.deepEqual(said(...Object.keys(flags)), { regulatoryFlags: 15 });
});

test('a capacity or a code that there is not is refused, with what is allowed', () => {
  for (const capacity of ['deal', 'P', '1', '']) {
    assert.throws(() => said('--capacity', capacity), {
      message: `error: option '--capacity <capacity>' argument '${capacity}' is invalid. Allowed choices are DEAL, MTCH, AOTC.`,
    });
  }
  for (const name of ['client', 'investment-decision', 'execution-decision', 'broker']) {
    for (const code of ['0', '4294967296', '-1', '1e3', 'ACME']) {
      assert.throws(() => said(`--${name}-code`, code), {
        message: `error: option '--${name}-code <code>' argument '${code}' is invalid. It must be an integer from 1 to 4294967295.`,
      });
    }
  }
});
