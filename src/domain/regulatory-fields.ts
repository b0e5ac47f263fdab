import { TradingCapacity } from './commands.ts';

/**
 * What an order says for the authority (MiFID II, (EU) 2017/580, RTS 24): whom it is for, who decided and in which capacity.
 * Nothing of it changes how the order trades. 0: not said.
 */
export interface RegulatoryFields {
  /** TradingCapacity. */
  readonly tradingCapacity: number;
  /** Bits of RegulatoryFlag. */
  readonly regulatoryFlags: number;
  /** Short codes, as NewOrder and ReplaceOrder have them. */
  readonly clientCode: number;
  readonly investmentDecisionCode: number;
  readonly executionDecisionCode: number;
  readonly nonExecutingBrokerCode: number;
}

/** Its names, in the order of the table. */
export const REGULATORY_FIELDS = [
  'tradingCapacity',
  'regulatoryFlags',
  'clientCode',
  'investmentDecisionCode',
  'executionDecisionCode',
  'nonExecutingBrokerCode',
] as const satisfies readonly (keyof RegulatoryFields)[];

/** Trading capacities by their codes in RTS 24, field 7. */
export const CAPACITIES = {
  DEAL: TradingCapacity.Dealing,
  MTCH: TradingCapacity.MatchedPrincipal,
  AOTC: TradingCapacity.AnyOther,
} as const;

/** Short codes of clients that mean the same for all members: of several, and of some that are not allocated yet (field 3). */
export const CLIENTS = { AGGR: 1, PNAL: 2 } as const;
/** The same of execution decisions: the client made it (field 5). */
export const EXECUTIONS = { NORE: 3 } as const;
/** Short codes below this are none that a member gives. */
export const RESERVED_CODES = 4;
