import { defaultValue } from '#codec/log/fields.ts';
import type { CommandInput, Event, EventInput, EventName } from '#codec/log/record-types.ts';
import { OrderType, Side, TimeInForce } from '#domain/commands.ts';
import { EVENT_LAYOUTS } from '#domain/events.ts';

/** One order as a plain object. `incoming`: being matched now; `waiting`: a stop; `gone`: filled or canceled. */
export interface Order {
  orderId: number;
  clientOrderId: number;
  readonly user: User;
  readonly account: Account;
  readonly instrument: Instrument;
  readonly side: Side;
  readonly orderType: OrderType;
  readonly timeInForce: TimeInForce;
  readonly orderFlags: number;
  readonly selfTradePrevention: number;
  /** The limit price of its terms; 0 for market orders and stops. */
  priceTicks: number;
  /** The price to which it matches and at which it is held and valued: its limit or its protection price. */
  limitTicks: number;
  stopPriceTicks: number;
  qtyLots: number;
  displayQtyLots: number;
  minQtyLots: number;
  cumQtyLots: number;
  leavesQtyLots: number;
  /** What it displays now. */
  shownQtyLots: number;
  expireSeconds: number;
  clientTag: string;
  state: 'incoming' | 'resting' | 'waiting' | 'gone';
  /** Grows with each arrival at the tail of a price level. */
  place: number;
  partner: Order | null;
}

export interface Position {
  lots: number;
  entryValue: bigint;
  realised: bigint;
}

export interface AccountLimits {
  ordersMax: number;
  messagesPerSecondMax: number;
  orderQtyLotsMax: number;
  orderValueMinorMax: number;
  positionLotsMax: number;
  openValueMinorMax: number;
}

export interface Account {
  readonly accountId: number;
  /** By asset id. */
  readonly totals: Map<number, bigint>;
  /** By instrument id. */
  readonly positions: Map<number, Position>;
  limits: AccountLimits;
  killed: boolean;
  messagesSecond: number;
  messages: number;
}

export interface User {
  readonly userId: number;
  /** The venue's: a user without an account. */
  readonly account: Account;
  readonly name: string;
  role: number;
  enabled: boolean;
  hasPassword: boolean;
  lastClientOrderId: number;
  reports: number;
  killed: boolean;
}

export interface Session {
  readonly nodeId: number;
  readonly sessionId: number;
  readonly user: User;
  readonly cancelOnDisconnect: boolean;
  readonly door: number;
  readonly openedSeconds: number;
}

export interface ApiKey {
  readonly keyId: number;
  readonly user: User;
  readonly readOnly: boolean;
  /** 0: never. */
  readonly expireSeconds: number;
}

export interface Asset {
  readonly assetId: number;
  readonly symbol: string;
  /** Deposits minus withdrawals. */
  deposited: bigint;
}

export interface Indicative {
  readonly priceTicks: number;
  readonly qtyLots: number;
  readonly surplusQtyLots: number;
  readonly surplusSide: number;
}

export type InstrumentTerms = Required<CommandInput<'AddInstrument'>>;

export interface Instrument {
  terms: InstrumentTerms;
  /** By which open spot buys hold money for fees. */
  holdFeePpm: number;
  phase: number;
  nextPhase: number;
  endSeconds: number;
  /** The end of the timed phase in which a band called the auction. */
  resumed: Pick<Instrument, 'nextPhase' | 'endSeconds'>;
  /** 0 before the first trade. */
  lastPriceTicks: number;
  /** The session's static reference; 0 while it is not set. */
  staticPriceTicks: number;
  killed: boolean;
  asksRegulatoryFields: boolean;
  schedule: { readonly phase: number; readonly secondOfDay: number }[];
  scheduleRanSeconds: number;
  published: Indicative;
}

/** A phase that does not end by itself. */
export const NO_END: Pick<Instrument, 'nextPhase' | 'endSeconds'> = { nextPhase: 0, endSeconds: 0 };

export const NO_INDICATIVE: Indicative = { priceTicks: 0, qtyLots: 0, surplusQtyLots: 0, surplusSide: 0 };

/** For each event, all of its fields at zero. */
const BLANK_EVENTS = Object.fromEntries(
  EVENT_LAYOUTS.map(({ name, fields }) => [
    name,
    Object.fromEntries(
      fields
        .filter((field) => field.name !== 'type' && field.name !== 'sizeWords')
        .map(({ name: field, kind }) => [field, defaultValue(kind)]),
    ),
  ]),
);

/** Everything that the naive core knows, in plain arrays and maps, and the events of the command at hand. */
export class Venue {
  readonly assets: Asset[] = [];
  readonly instruments: Instrument[] = [];
  readonly accounts: Account[] = [newAccount(0)];
  readonly users: User[] = [];
  apiKeys: ApiKey[] = [];
  readonly nodesWithKey = new Set<number>();
  sessions: Session[] = [];
  /** Live orders, in no particular order. */
  orders: Order[] = [];
  killed = false;
  /** Orders of a pair that traded or triggered in this command: their partners are to be canceled. */
  fired: Order[] = [];
  sequence = 0;
  seconds = 0;
  nanos = 0;
  tickSeconds = 0;
  tickNanos = 0;
  lastOrderId = 0;
  lastTradeId = 0;
  readonly canceledTrades = new Set<number>();
  lastPlace = 0;
  /** Texts that count once, with their users: the newest of the orders that were accepted. */
  tags: string[] = [];
  /** Ids of deposits and withdrawals, with their senders: the newest of those that were applied. */
  requestIds: string[] = [];
  events: Event[] = [];
  /** All that there were, for tests that take some back: no rule looks at them. */
  readonly trades: Event<'Trade'>[] = [];

  emit<Name extends EventName>(
    type: Name,
    instrumentId: number,
    fields: Partial<Omit<EventInput<Name>, 'type'>>,
  ): void {
    const blank = BLANK_EVENTS[type];
    for (const name of Object.keys(fields)) {
      if (!(name in blank)) throw new Error(`${type} has no field ${name}`);
    }
    const { sequence, seconds: timeSeconds, nanos: timeNanos } = this;
    const event = {
      type,
      ...blank,
      instrumentId,
      sequence,
      timeSeconds,
      timeNanos,
      ...fields,
    } as unknown as Event;
    this.events.push(event);
    if (event.type === 'Trade') this.trades.push(event);
  }

  /** An event that `user` is told. */
  report<Name extends EventName>(
    user: User,
    type: Name,
    instrumentId: number,
    fields: Partial<Omit<EventInput<Name>, 'type'>>,
  ): void {
    this.emit(type, instrumentId, { ...fields, userId: user.userId, reportNumber: ++user.reports });
  }

  asset(assetId: number): Asset | undefined {
    return this.assets.find((asset) => asset.assetId === assetId);
  }

  instrument(instrumentId: number): Instrument | undefined {
    return this.instruments.find(({ terms }) => terms.instrumentId === instrumentId);
  }

  account(accountId: number): Account | undefined {
    return this.accounts.find((account) => account.accountId === accountId);
  }

  user(userId: number): User | undefined {
    return this.users.find((user) => user.userId === userId);
  }

  order(user: User, clientOrderId: number): Order | undefined {
    return this.orders.find((order) => order.user === user && order.clientOrderId === clientOrderId);
  }

  /** Whether buys rest in an instrument, or wait as stops. */
  hasOpenBuys(instrument: Instrument): boolean {
    return this.orders.some((order) => order.instrument === instrument && order.side === Side.Buy);
  }

  /** Resting orders of one side, the first to trade first. */
  queue(instrument: Instrument, side: Side): Order[] {
    const better = side === Side.Buy ? -1 : 1;
    return this.orders
      .filter((order) => order.instrument === instrument && order.side === side && order.state === 'resting')
      .sort((a, b) => better * (a.priceTicks - b.priceTicks) || a.place - b.place);
  }

  /** Waiting stops of one side, the first to trigger first. */
  waitingStops(instrument: Instrument, side: Side): Order[] {
    const better = side === Side.Buy ? 1 : -1;
    return this.orders
      .filter((order) => order.instrument === instrument && order.side === side && order.state === 'waiting')
      .sort((a, b) => better * (a.stopPriceTicks - b.stopPriceTicks) || a.orderId - b.orderId);
  }

  /** Bids, asks, buy stops, sell stops: the order in which an instrument is emptied. */
  inPriority(instrument: Instrument): Order[] {
    return [
      ...this.queue(instrument, Side.Buy),
      ...this.queue(instrument, Side.Sell),
      ...this.waitingStops(instrument, Side.Buy),
      ...this.waitingStops(instrument, Side.Sell),
    ];
  }

  /** Takes an order out of the venue. */
  remove(order: Order): void {
    order.state = 'gone';
    this.orders = this.orders.filter((other) => other !== order);
  }
}

export function newAccount(accountId: number): Account {
  return {
    accountId,
    totals: new Map(),
    positions: new Map(),
    limits: {
      ordersMax: 0,
      messagesPerSecondMax: 0,
      orderQtyLotsMax: 0,
      orderValueMinorMax: 0,
      positionLotsMax: 0,
      openValueMinorMax: 0,
    },
    killed: false,
    messagesSecond: 0,
    messages: 0,
  };
}

export const opposite = (side: Side): Side => (side === Side.Buy ? Side.Sell : Side.Buy);

/** Whether a time in force lets what is left of an order rest. */
export const mayRest = (timeInForce: number): boolean =>
  timeInForce === TimeInForce.Day ||
  timeInForce === TimeInForce.GoodTillCancel ||
  timeInForce === TimeInForce.GoodTillDate;

/** Times in force of orders that never rest. */
export const isImmediate = (timeInForce: number): boolean =>
  timeInForce === TimeInForce.ImmediateOrCancel || timeInForce === TimeInForce.FillOrKill;

/** Orders that match to a protection price instead of a limit. */
export const isMarket = (orderType: number): boolean =>
  orderType === OrderType.Market || orderType === OrderType.Stop;

export const isStop = (orderType: number): boolean =>
  orderType === OrderType.Stop || orderType === OrderType.StopLimit;
