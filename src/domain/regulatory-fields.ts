/**
 * What an order says for the authority: whom it is for, who decided and in which capacity (table 2 of (EU) 2017/580, RTS 24). The
 * fields are those of NewOrder and ReplaceOrder of the same names (commands.ts); 0: not said.
 */
export interface RegulatoryFields {
  /** TradingCapacity. */
  readonly tradingCapacity: number;
  /** Bits of RegulatoryFlag. */
  readonly regulatoryFlags: number;
  readonly clientCode: number;
  readonly investmentDecisionCode: number;
  readonly executionDecisionCode: number;
  readonly nonExecutingBrokerCode: number;
}
