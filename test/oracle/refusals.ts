import type { Command, CommandInput } from '#codec/log/record-types.ts';
import {
  InstrumentKind,
  OrderFlag,
  OrderType,
  Phase,
  SelfTradePrevention,
  Side,
  TimeInForce,
} from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { type RejectName, Rejects } from '#domain/rejects.ts';
import {
  availableOf,
  type Exposure,
  heldOf,
  holdOf,
  marginOf,
  moneyValue,
  openLotsOf,
  openValueOf,
  totalOf,
  worstCase,
} from './money.ts';
import { isOutside, protectionPrice, referencePrice } from './prices.ts';
import {
  type Account,
  type Instrument,
  isMarket,
  isStop,
  mayRest,
  type Order,
  type User,
  type Venue,
} from './venue.ts';

/** A refusal and whether it applies, asked only when no check before it did. */
export type Check = readonly [RejectName, () => boolean];

/** The first refusal that applies. The checks must stand in the order of the reject table. */
export function firstRefusal(checks: readonly Check[]): RejectName | undefined {
  for (let index = 1; index < checks.length; index++) {
    const [before, after] = [Rejects[checks[index - 1][0]].code, Rejects[checks[index][0]].code];
    if (before > after) throw new Error(`${checks[index][0]} is checked too late`);
  }
  return checks.find(([, applies]) => applies())?.[0];
}

/** A new order, or what a replaced one would become. */
export interface Terms extends Exposure {
  readonly user: User;
  readonly orderType: number;
  readonly timeInForce: number;
  readonly orderFlags: number;
  readonly priceTicks: number;
  readonly stopPriceTicks: number;
  /** Total, executed quantity of a replaced order included. */
  readonly qtyLots: number;
  readonly displayQtyLots: number;
  readonly minQtyLots: number;
  readonly expireSeconds: number;
  /** Whether the stop price counts. */
  readonly waits: boolean;
  /** The order that these terms would replace. */
  readonly replaces: Order | undefined;
}

const within = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;
const isPrice = (value: number): boolean => within(value, 1, Limits.PRICE_TICKS_MAX);
const exceeds = (value: bigint, limit: number): boolean => limit !== 0 && value > BigInt(limit);

/** Limit price, or protection price; undefined where a market order has no reference for it. */
export function limitOf(
  instrument: Instrument,
  side: Side,
  orderType: number,
  priceTicks: number,
  stopPriceTicks: number,
): number | undefined {
  if (!isMarket(orderType)) return priceTicks;
  return protectionPrice(instrument, side, isStop(orderType) ? stopPriceTicks : referencePrice(instrument));
}

/** What the side, type, time in force and flags of a new order must be (200-203, then 212). */
export function kindChecks(command: CommandInput<'NewOrder'>): { before: Check[]; after: Check[] } {
  const { side, orderType, timeInForce = 0, orderFlags = 0, selfTradePrevention = 0 } = command;
  return {
    before: [
      ['INVALID_SIDE', () => side !== Side.Buy && side !== Side.Sell],
      ['INVALID_ORDER_TYPE', () => !Object.values(OrderType).some((known) => known === orderType)],
      [
        'INVALID_TIME_IN_FORCE',
        () => {
          if (!Object.values(TimeInForce).some((known) => known === timeInForce)) return true;
          if (orderType === OrderType.Market) return mayRest(timeInForce);
          return orderType !== OrderType.Limit && !mayRest(timeInForce);
        },
      ],
      [
        'INVALID_FLAGS',
        () =>
          orderFlags !== 0 &&
          (orderFlags !== OrderFlag.PostOnly || orderType !== OrderType.Limit || !mayRest(timeInForce)),
      ],
    ],
    after: [['INVALID_SELF_TRADE_PREVENTION', () => selfTradePrevention > SelfTradePrevention.Decrement]],
  };
}

/** Prices, quantities and expiry (204-210). */
export function termChecks(venue: Venue, terms: Terms): Check[] {
  const { instrument, side, orderType, timeInForce, qtyLots, displayQtyLots, minQtyLots } = terms;
  const { minQtyLots: smallest, maxQtyLots: largest } = instrument.terms;
  const last = instrument.lastPriceTicks;
  return [
    ['INVALID_PRICE', () => (isMarket(orderType) ? terms.priceTicks !== 0 : !isPrice(terms.priceTicks))],
    [
      'INVALID_STOP_PRICE',
      () => {
        if (!terms.waits) return terms.stopPriceTicks !== 0;
        if (!isPrice(terms.stopPriceTicks)) return true;
        if (last === 0) return false;
        return side === Side.Buy ? terms.stopPriceTicks <= last : terms.stopPriceTicks >= last;
      },
    ],
    ['INVALID_QUANTITY', () => !within(qtyLots, smallest, largest)],
    [
      'INVALID_DISPLAY_QUANTITY',
      () =>
        displayQtyLots !== 0 &&
        (!within(displayQtyLots, 1, qtyLots) ||
          Math.ceil(qtyLots / displayQtyLots) > Limits.ICEBERG_SLICES_MAX ||
          isMarket(orderType) ||
          !mayRest(timeInForce)),
    ],
    [
      'INVALID_MINIMUM_QUANTITY',
      () =>
        minQtyLots !== 0 && (!within(minQtyLots, 1, qtyLots) || isStop(orderType) || terms.orderFlags !== 0),
    ],
    [
      'INVALID_EXPIRY',
      () =>
        timeInForce === TimeInForce.GoodTillDate
          ? terms.expireSeconds <= venue.seconds
          : terms.expireSeconds !== 0,
    ],
    [
      'VALUE_TOO_LARGE',
      () =>
        terms.limitTicks !== 0 &&
        moneyValue(instrument, terms.limitTicks, terms.leavesQtyLots) > BigInt(Limits.AMOUNT_MINOR_MAX),
    ],
  ];
}

/** Whether a kill switch stops the user's orders in this instrument: its code, or undefined. */
export function killChecks(venue: Venue, instrument: Instrument, user: User): Check[] {
  return [
    ['KILL_SWITCH_VENUE', () => venue.killed],
    ['KILL_SWITCH_INSTRUMENT', () => instrument.killed],
    ['KILL_SWITCH_ACCOUNT', () => user.account.killed],
    ['KILL_SWITCH_USER', () => user.killed],
  ];
}

export const isAuction = (phase: number): boolean =>
  phase === Phase.PreOpen ||
  phase === Phase.OpeningAuction ||
  phase === Phase.VolatilityAuction ||
  phase === Phase.ClosingAuction;

/** State of the market and risk (300-408). */
export function marketChecks(venue: Venue, terms: Terms): Check[] {
  const { instrument, orderType, timeInForce } = terms;
  return [
    ...killChecks(venue, instrument, terms.user),
    [
      'PHASE',
      () => {
        if (instrument.phase === Phase.Continuous) return false;
        if (!isAuction(instrument.phase)) return true;
        const collects = orderType !== OrderType.Market && mayRest(timeInForce);
        return !collects || terms.orderFlags !== 0 || terms.minQtyLots !== 0;
      },
    ],
    ...riskChecks(venue, terms),
  ];
}

/** Whether the account has sent more messages in this second than it may. */
export const isThrottled = ({ messages, limits }: Account): boolean =>
  exceeds(BigInt(messages), limits.messagesPerSecondMax);

function riskChecks(venue: Venue, terms: Terms): Check[] {
  const { account, instrument, orderType, qtyLots } = terms;
  const { limits } = account;
  const { quoteAssetId, kind, collarPpm } = instrument.terms;
  const before = venue.orders;
  const others = before.filter((order) => order !== terms.replaces);
  const after = [...others, terms];
  const value = (): bigint => moneyValue(instrument, terms.limitTicks, terms.leavesQtyLots);
  const worst = worstCase(account, instrument, after);
  const grows = worst > worstCase(account, instrument, before);
  const isMargined = kind === InstrumentKind.Margined;
  return [
    ['THROTTLED', () => isThrottled(account)],
    [
      'TOO_MANY_OPEN_ORDERS',
      () => exceeds(BigInt(after.filter((order) => order.account === account).length), limits.ordersMax),
    ],
    ['ORDER_QUANTITY_LIMIT', () => exceeds(BigInt(qtyLots), limits.orderQtyLotsMax)],
    ['ORDER_VALUE_LIMIT', () => exceeds(value(), limits.orderValueMinorMax)],
    [
      'PRICE_COLLAR',
      () => !isMarket(orderType) && isOutside(terms.priceTicks, referencePrice(instrument), collarPpm),
    ],
    [
      'POSITION_LIMIT',
      () =>
        openLotsOf(account, instrument, terms.side, after) > BigInt(Limits.AMOUNT_MINOR_MAX) ||
        (isMargined && grows && exceeds(worst, limits.positionLotsMax || Limits.AMOUNT_MINOR_MAX)),
    ],
    [
      'OPEN_VALUE_LIMIT',
      () =>
        exceeds(
          openValueOf(account, quoteAssetId, after),
          limits.openValueMinorMax || Limits.AMOUNT_MINOR_MAX,
        ),
    ],
    ['INSUFFICIENT_FUNDS', () => !isMargined && !coversHold(venue, terms, others)],
    [
      'INSUFFICIENT_MARGIN',
      () =>
        isMargined &&
        grows &&
        marginOf(venue, account, quoteAssetId, after) >
          totalOf(account, quoteAssetId) - heldOf(account, quoteAssetId, others),
    ],
  ];
}

/** Whether what the account has beside its `others` orders pays for the order's hold. */
export function coversHold(venue: Venue, order: Exposure, others: readonly Exposure[]): boolean {
  const { assetId, amount } = holdOf(order);
  return amount <= availableOf(venue, order.account, assetId, others);
}

type OrderCommand = Command<'NewOrder'> | Command<'ReplaceOrder'>;

/** The capacities DEAL, MTCH and AOTC or none, and the four flags. */
export function areRegulatoryFieldsKnown({ tradingCapacity, regulatoryFlags }: OrderCommand): boolean {
  return tradingCapacity <= 3 && regulatoryFlags < 16;
}

/** Whether the command says any of them. */
export function saysRegulatoryFields(command: OrderCommand): boolean {
  const { tradingCapacity, regulatoryFlags, clientCode, nonExecutingBrokerCode } = command;
  const { investmentDecisionCode, executionDecisionCode } = command;
  const codes = [clientCode, investmentDecisionCode, executionDecisionCode, nonExecutingBrokerCode];
  return [tradingCapacity, regulatoryFlags, ...codes].some((value) => value !== 0);
}

/** What an instrument can ask for: in which capacity, who decided how, and by DEAL who decided to trade, else for whom. */
export function hasRegulatoryFields(command: OrderCommand): boolean {
  const { tradingCapacity, clientCode, investmentDecisionCode, executionDecisionCode } = command;
  if (executionDecisionCode === 0) return false;
  const needed = [undefined, investmentDecisionCode, clientCode, clientCode][tradingCapacity];
  return needed !== undefined && needed !== 0;
}
