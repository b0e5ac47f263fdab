import { RegulatoryFlag, TradingCapacity } from '#domain/commands.ts';
import type { RegulatoryFields } from '#domain/regulatory-fields.ts';
import type { FieldValue } from './order-fields.ts';

/*
 * Values of FIX fields that say what the authority wants to know of an order ((EU) 2017/580, RTS 24), as the extension packs of the FIX
 * Trading Community for MiFID II have them (EP206, EP210, EP222). Unlike those of other fields, values that are not listed are
 * taken, and say nothing here.
 */

/** OrderCapacity (528). */
export const ORDER_CAPACITIES: readonly FieldValue[] = [
  { value: 'P', ours: TradingCapacity.Dealing, name: 'principal: DEAL' },
  { value: 'R', ours: TradingCapacity.MatchedPrincipal, name: 'riskless principal: MTCH' },
  { value: 'A', ours: TradingCapacity.AnyOther, name: 'agency: AOTC' },
];

/** Rule80A (47) of FIX 4.2, where R is a trade of a competing dealer: it has none for a riskless principal. */
export const RULE_80A: readonly FieldValue[] = [
  { value: 'P', ours: TradingCapacity.Dealing, name: 'principal: DEAL' },
  { value: 'A', ours: TradingCapacity.AnyOther, name: 'agency: AOTC' },
];

/** PartyIDSource (447) of the parties that are read: short code identifier. */
export const SHORT_CODE = 'P';

/** PartyRoleQualifier (2376): what a party is. */
export const PartyRoleQualifier = { Algorithm: 22, Firm: 23, Person: 24 } as const;

/** A PartyRole (452). */
export interface PartyRoleValue {
  readonly value: number;
  readonly name: string;
  /** The field that PartyID (448) is. */
  readonly code: Exclude<keyof RegulatoryFields, 'tradingCapacity' | 'regulatoryFlags'>;
  /** The flag of an algorithm, for those who decide within the firm: a person or an algorithm. 0: the party is a person or a firm. */
  readonly byAlgorithm: number;
}

export const PARTY_ROLES: readonly PartyRoleValue[] = [
  { value: 3, name: 'client ID: clientCode', code: 'clientCode', byAlgorithm: 0 },
  {
    value: 122,
    name: 'investment decision maker: investmentDecisionCode',
    code: 'investmentDecisionCode',
    byAlgorithm: RegulatoryFlag.InvestmentDecisionByAlgorithm,
  },
  {
    value: 12,
    name: 'executing trader: executionDecisionCode',
    code: 'executionDecisionCode',
    byAlgorithm: RegulatoryFlag.ExecutionDecisionByAlgorithm,
  },
  {
    value: 26,
    name: 'correspondent broker: nonExecutingBrokerCode',
    code: 'nonExecutingBrokerCode',
    byAlgorithm: 0,
  },
];

/** OrderOrigination (1724): received from a direct access or sponsored access customer. */
export const DIRECT_ACCESS = 5;

/** An OrderAttributeType (2594) whose OrderAttributeValue (2595) may be Y. */
export interface OrderAttributeValue {
  readonly value: number;
  readonly name: string;
  /** The `clientCode` that it is; 0: none. */
  readonly clientCode: number;
  readonly flag: number;
}

export const ORDER_ATTRIBUTES: readonly OrderAttributeValue[] = [
  { value: 0, name: 'aggregated order: clientCode 1 (AGGR)', clientCode: 1, flag: 0 },
  { value: 1, name: 'pending allocation: clientCode 2 (PNAL)', clientCode: 2, flag: 0 },
  {
    value: 2,
    name: 'liquidity provision activity order',
    clientCode: 0,
    flag: RegulatoryFlag.LiquidityProvision,
  },
];
