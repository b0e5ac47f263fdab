import { OrderType, Phase, Side, TimeInForce } from '#domain/commands.ts';
import { CAPACITIES } from '#domain/regulatory-fields.ts';

/** Codes of table 2 of the annex by numbers of the log; a number that a refused command has and nothing means has none. */
export type AnnexCodes = { readonly [number: number]: string | undefined };

/** Field 7. */
export const CAPACITY: AnnexCodes = namesByNumber(CAPACITIES);

/** Field 10. A good-till-date order of this venue ends at a second, not with a day: GTSV, not GTDV. */
export const VALIDITY: AnnexCodes = {
  [TimeInForce.Day]: 'DAVY',
  [TimeInForce.GoodTillCancel]: 'GTCV',
  [TimeInForce.ImmediateOrCancel]: 'IOCV',
  [TimeInForce.FillOrKill]: 'FOKV',
  [TimeInForce.GoodTillDate]: 'GTSV',
};

/** Field 22: the type by the venue's own specification. */
export const ORDER_TYPE: AnnexCodes = {
  [OrderType.Limit]: 'limit',
  [OrderType.Market]: 'market',
  [OrderType.Stop]: 'stop',
  [OrderType.StopLimit]: 'stop-limit',
};

/** Field 23: an order that can trade, or one that first waits for a price. */
export const ORDER_CLASS: AnnexCodes = {
  [OrderType.Limit]: 'LMTO',
  [OrderType.Market]: 'LMTO',
  [OrderType.Stop]: 'STOP',
  [OrderType.StopLimit]: 'STOP',
};

/** Field 32. */
export const SIDE: AnnexCodes = { [Side.Buy]: 'BUYI', [Side.Sell]: 'SELL' };

/** Field 49: the venue's own phases. */
export const PHASE: AnnexCodes = {
  [Phase.Closed]: 'closed',
  [Phase.PreOpen]: 'pre-open',
  [Phase.OpeningAuction]: 'opening-auction',
  [Phase.Continuous]: 'continuous',
  [Phase.VolatilityAuction]: 'volatility-auction',
  [Phase.Halted]: 'halted',
  [Phase.ClosingAuction]: 'closing-auction',
};

/** Phases that end with an uncross, in which an indicative price says something. */
export const AUCTIONS: ReadonlySet<number> = new Set([
  Phase.PreOpen,
  Phase.OpeningAuction,
  Phase.VolatilityAuction,
  Phase.ClosingAuction,
]);

/** The names of `numbers`, the other way round. */
export function namesByNumber(numbers: { readonly [name: string]: number }): AnnexCodes {
  return Object.fromEntries(Object.entries(numbers).map(([name, number]) => [number, name]));
}
