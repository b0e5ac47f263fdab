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
