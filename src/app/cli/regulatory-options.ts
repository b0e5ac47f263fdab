import { type Command, Option } from 'commander';
import type { OuchOptionValues } from '#codec/ouch/plain.ts';
import { RegulatoryFlag } from '#domain/commands.ts';
import { CAPACITIES } from '#domain/regulatory-fields.ts';
import { integerOption } from './options.ts';

/** What an order says for the authority, beside how it trades: the regulatory fields. */
export interface RegulatoryOptions {
  readonly capacity?: keyof typeof CAPACITIES;
  readonly clientCode?: number;
  readonly investmentDecisionCode?: number;
  readonly executionDecisionCode?: number;
  readonly brokerCode?: number;
  readonly dea?: true;
  readonly liquidityProvision?: true;
  readonly investmentDecisionByAlgorithm?: true;
  readonly executionDecisionByAlgorithm?: true;
}

const codeOption = integerOption(1, 2 ** 32 - 1);

/** @param capacityRule what holds where no capacity is given */
export function withRegulatoryFields(command: Command, capacityRule: string): Command {
  return command
    .addOption(
      new Option(
        '--capacity <capacity>',
        `trading capacity: own account, matched principal, any other; ${capacityRule}`,
      ).choices(Object.keys(CAPACITIES)),
    )
    .option(
      '--client-code <code>',
      'for whom: short code of the client; 1 several clients, 2 not allocated yet',
      codeOption,
    )
    .option(
      '--investment-decision-code <code>',
      'who decided within the firm to trade: short code',
      codeOption,
    )
    .option(
      '--execution-decision-code <code>',
      'who decided within the firm how: short code; 3 the client did',
      codeOption,
    )
    .option('--broker-code <code>', 'who passed the order on: short code of the member', codeOption)
    .option('--dea', 'sent by direct electronic access')
    .option('--liquidity-provision', 'of a market making strategy, or another that provides liquidity')
    .option('--investment-decision-by-algorithm', 'the investment decision code is of an algorithm')
    .option('--execution-decision-by-algorithm', 'the execution decision code is of an algorithm');
}

/** The options of OUCH that say what was given. */
export function regulatoryFieldsOf(options: RegulatoryOptions): OuchOptionValues {
  const { capacity, clientCode, investmentDecisionCode, executionDecisionCode, brokerCode } = options;
  const regulatoryFlags = flagsOf(options);
  return {
    ...(capacity === undefined ? {} : { tradingCapacity: CAPACITIES[capacity] }),
    ...(regulatoryFlags === 0 ? {} : { regulatoryFlags }),
    ...(clientCode === undefined ? {} : { clientCode }),
    ...(investmentDecisionCode === undefined ? {} : { investmentDecisionCode }),
    ...(executionDecisionCode === undefined ? {} : { executionDecisionCode }),
    ...(brokerCode === undefined ? {} : { nonExecutingBrokerCode: brokerCode }),
  };
}

function flagsOf(options: RegulatoryOptions): number {
  return (
    (options.dea === true ? RegulatoryFlag.DirectElectronicAccess : 0) |
    (options.liquidityProvision === true ? RegulatoryFlag.LiquidityProvision : 0) |
    (options.investmentDecisionByAlgorithm === true ? RegulatoryFlag.InvestmentDecisionByAlgorithm : 0) |
    (options.executionDecisionByAlgorithm === true ? RegulatoryFlag.ExecutionDecisionByAlgorithm : 0)
  );
}
