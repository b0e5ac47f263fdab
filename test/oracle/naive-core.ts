import { defaultValue } from '#codec/log/fields.ts';
import type { Command, CommandInput, Event } from '#codec/log/record-types.ts';
import { COMMAND_LAYOUTS, CommandFlag, CommandType, Side, TimeInForce } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { Limits } from '#domain/limits.ts';
import { Action } from '#domain/permissions.ts';
import { type RejectName, Rejects } from '#domain/rejects.ts';
import { endTimedPhase, publishIndicative, runSchedule } from './auctions.ts';
import * as identity from './identity.ts';
import { cancel, cancelWhole, enter, settlePairs, wait } from './matching.ts';
import * as operator from './operator.ts';
import {
  areRegulatoryFieldsKnown,
  firstRefusal,
  hasRegulatoryFields,
  isThrottled,
  kindChecks,
  limitOf,
  marketChecks,
  saysRegulatoryFields,
  type Terms,
  termChecks,
} from './refusals.ts';
import { closeSession, endSession, openSession } from './sessions.ts';
import { triggerStops } from './stops.ts';
import { cancelTrade } from './trade-cancels.ts';
import { type Instrument, isImmediate, isStop, type Order, type User, Venue } from './venue.ts';

/** For each command, all of its fields at zero. */
const BLANK_COMMANDS = Object.fromEntries(
  COMMAND_LAYOUTS.map(({ name, fields }) => [
    name,
    Object.fromEntries(
      fields
        .filter((field) => field.name !== 'type' && field.name !== 'sizeWords')
        .map(({ name: field, kind }) => [field, defaultValue(kind)]),
    ),
  ]),
);

export interface NaiveCoreOptions {
  /** Live orders of the venue. */
  readonly ordersMax?: number;
  /** Texts of orders that are remembered. */
  readonly clientTagsMax?: number;
  /** Ids of deposits and withdrawals that are remembered. */
  readonly requestIdsMax?: number;
}

/**
 * docs/matching.md in plain arrays and objects, sorted afresh on every step: the oracle of the fast core. It
 * shares nothing with src/core but the vocabulary. Only for tests: every command costs time in proportion to all
 * live orders.
 */
export class NaiveCore {
  readonly venue: Venue;
  readonly #ordersMax: number;
  readonly #clientTagsMax: number;
  readonly #requestIdsMax: number;

  constructor({
    ordersMax = Limits.ORDERS_MAX,
    clientTagsMax = Limits.CLIENT_TAGS_MAX,
    requestIdsMax = Limits.REQUEST_IDS_MAX,
  }: NaiveCoreOptions = {}) {
    this.venue = new Venue();
    this.#ordersMax = ordersMax;
    this.#clientTagsMax = clientTagsMax;
    this.#requestIdsMax = requestIdsMax;
  }

  /** Applies one command, the only one of its log entry, and returns everything that happened. */
  apply(input: CommandInput, seconds: number, nanos = 0): Event[] {
    const { venue } = this;
    const command = { ...BLANK_COMMANDS[input.type], ...input } as unknown as Command;
    venue.sequence++;
    if (seconds > venue.seconds || (seconds === venue.seconds && nanos > venue.nanos)) {
      venue.seconds = seconds;
      venue.nanos = nanos;
    }
    venue.events = [];
    const refusal = this.#dispatch(command);
    if (refusal !== undefined) this.#reject(command, refusal);
    for (const instrument of venue.instruments) {
      const { makerFeePpm, takerFeePpm } = instrument.terms;
      if (!venue.hasOpenBuys(instrument)) instrument.holdFeePpm = Math.max(makerFeePpm, takerFeePpm);
    }
    return venue.events;
  }

  #dispatch(command: Command): RejectName | undefined {
    const { venue } = this;
    if (CommandType[command.type] >= CommandType.AddAsset) {
      return identity.authorize(venue, command) ?? this.#operate(command);
    }
    switch (command.type) {
      case 'NewOrder':
        return this.#newOrder(command);
      case 'CancelOrder':
        return this.#cancelOrder(command);
      case 'ReplaceOrder':
        return this.#replaceOrder(command);
      case 'MassCancel':
        return this.#massCancel(command);
      case 'OpenSession':
        return openSession(venue, command);
      case 'CloseSession':
        return closeSession(venue, command);
      default:
        throw new Error(`no rule for ${command.type}`);
    }
  }

  #operate(command: Command): RejectName | undefined {
    const { venue } = this;
    if (command.type === 'Tick') return this.#tick();
    if (command.type === 'Attest') {
      const { type: _type, flags: _flags, userId: _userId, clientOrderId: _id, ...claim } = command;
      venue.emit('Attested', command.instrumentId, claim);
      return undefined;
    }
    const refusal = this.#configure(command);
    if (refusal !== undefined) return refusal;
    venue.emit('CommandAccepted', command.instrumentId, {
      userId: command.userId,
      commandType: CommandType[command.type],
      clientOrderId: command.clientOrderId,
    });
    if (command.type === 'SetPhase') {
      triggerStops(venue, this.#instrument(command), Limits.STOP_TRIGGERS_PER_COMMAND_MAX);
    }
    return undefined;
  }

  #configure(command: Command): RejectName | undefined {
    const { venue } = this;
    switch (command.type) {
      case 'AddAsset':
        return operator.addAsset(venue, command);
      case 'AddInstrument':
        return operator.addInstrument(venue, command);
      case 'AddAccount':
        return operator.addAccount(venue, command);
      case 'AddUser':
        return identity.addUser(venue, command);
      case 'Deposit':
      case 'Withdraw':
        return operator.moveMoney(venue, command, this.#requestIdsMax);
      case 'SetPriceControls':
        return operator.setPriceControls(venue, command);
      case 'SetFees':
        return operator.setFees(venue, command);
      case 'SetOrderRules':
        return operator.setOrderRules(venue, command);
      case 'CancelTrade':
        return cancelTrade(venue, command);
      case 'SetAccountLimits':
        return operator.setAccountLimits(venue, command);
      case 'SetPhase':
        return operator.setPhase(venue, command);
      case 'SetSchedule':
        return operator.setSchedule(venue, command);
      case 'SetKillSwitch':
        return operator.setKillSwitch(venue, command);
      case 'SetCoreVersion':
        return operator.setCoreVersion(venue, command);
      case 'CancelOrdersOfOthers':
        return operator.cancelOrdersOfOthers(venue, command);
      case 'SetUserRole':
        return identity.setUserRole(venue, command);
      case 'SetUserPassword':
        return identity.setUserPassword(venue, command);
      case 'SetUserEnabled':
        return identity.setUserEnabled(venue, command);
      case 'AddApiKey':
        return identity.addApiKey(venue, command);
      case 'RevokeApiKey':
        return identity.revokeApiKey(venue, command);
      case 'RevokeTokens':
        return identity.revokeTokens(venue, command);
      case 'AddNodeKey':
        return identity.addNodeKey(venue, command);
      case 'EndSession':
        return endSession(venue, command);
      case 'PostIncident':
        return operator.postIncident(venue, command);
      default:
        throw new Error(`no rule for ${command.type}`);
    }
  }

  #instrument(command: Command): Instrument {
    return this.venue.instrument(command.instrumentId) as Instrument;
  }

  #reject(command: Command, refusal: RejectName): void {
    const { venue } = this;
    const user = venue.user(command.userId);
    const fields = {
      commandType: CommandType[command.type],
      rejectCode: Rejects[refusal].code,
      clientOrderId: command.clientOrderId,
      accountId: user?.account.accountId ?? 0,
      clientTag: 'clientTag' in command ? command.clientTag : '',
    };
    // A session's commands are the node's: the user has asked for nothing.
    const isOfNode = command.type === 'OpenSession' || command.type === 'CloseSession';
    if (user === undefined || isOfNode) {
      venue.emit('CommandRejected', command.instrumentId, { ...fields, userId: command.userId });
    } else venue.report(user, 'CommandRejected', command.instrumentId, fields);
  }

  /** Counts an order message for the throttle of the sender's account. */
  #countMessage(user: User): void {
    const { account } = user;
    if (account.messagesSecond !== this.venue.seconds) account.messages = 0;
    account.messagesSecond = this.venue.seconds;
    account.messages++;
  }

  /** Uses a clientOrderId up; true when it was used up before. */
  #isRepeat(user: User, clientOrderId: number): boolean {
    if (clientOrderId > Limits.ID_MAX) return false;
    if (clientOrderId <= user.lastClientOrderId) return true;
    user.lastClientOrderId = clientOrderId;
    return false;
  }

  /** The user's text as it is remembered; undefined: the command's text is none that counts once. */
  #uniqueTag(command: Command<'NewOrder'> | Command<'ReplaceOrder'>): string | undefined {
    const isUnique = (command.flags & CommandFlag.UniqueTag) !== 0 && command.clientTag !== '';
    return isUnique ? `${command.userId} ${command.clientTag}` : undefined;
  }

  #isTagUsed(command: Command<'NewOrder'> | Command<'ReplaceOrder'>): boolean {
    const tag = this.#uniqueTag(command);
    return tag !== undefined && this.venue.tags.includes(tag);
  }

  #useTag(command: Command<'NewOrder'> | Command<'ReplaceOrder'>): void {
    const tag = this.#uniqueTag(command);
    if (tag !== undefined) this.venue.tags = [...this.venue.tags, tag].slice(-this.#clientTagsMax);
  }

  #newOrder(command: Command<'NewOrder'>): RejectName | undefined {
    const { venue } = this;
    const user = venue.user(command.userId);
    if (command.clientOrderId === 0) return 'MALFORMED_COMMAND';
    const denied = identity.mayNot(user, Action.PlaceOrders);
    if (user === undefined || denied !== undefined) return denied;
    this.#countMessage(user);
    const isRepeat = this.#isRepeat(user, command.clientOrderId);
    const instrument = this.#instrument(command);
    const partner = command.ocoClientOrderId === 0 ? undefined : venue.order(user, command.ocoClientOrderId);
    const kind = kindChecks(command);
    const refusal =
      firstRefusal([
        ['UNKNOWN_INSTRUMENT', () => instrument === undefined],
        ['DUPLICATE_CLIENT_ORDER_ID', () => isRepeat],
        ['DUPLICATE_CLIENT_TAG', () => this.#isTagUsed(command)],
        ['CLIENT_ORDER_ID_LIMIT', () => command.clientOrderId > Limits.ID_MAX],
      ]) ??
      firstRefusal([
        [
          'OCO_PARTNER_UNUSABLE',
          () =>
            command.ocoClientOrderId !== 0 &&
            (isImmediate(command.timeInForce) ||
              partner === undefined ||
              partner.instrument !== instrument ||
              partner.partner !== null),
        ],
        ...kind.before,
      ]);
    if (refusal !== undefined) return refusal;

    const side = command.side as Side;
    const waits = isStop(command.orderType);
    const limit = limitOf(instrument, side, command.orderType, command.priceTicks, command.stopPriceTicks);
    const terms: Terms = {
      ...command,
      side,
      user,
      account: user.account,
      instrument,
      limitTicks: limit ?? 0,
      leavesQtyLots: command.qtyLots,
      waits,
      replaces: undefined,
    };
    const refusalOfTerms =
      firstRefusal([
        ...termChecks(venue, terms),
        ...kind.after,
        ['NO_REFERENCE_PRICE', () => limit === undefined],
        ['INVALID_REGULATORY_FIELDS', () => !areRegulatoryFieldsKnown(command)],
        ['REGULATORY_FIELDS_MISSING', () => instrument.asksRegulatoryFields && !hasRegulatoryFields(command)],
      ]) ??
      firstRefusal([
        ...marketChecks(venue, terms),
        ['ORDER_CAPACITY', () => venue.orders.length >= this.#ordersMax],
      ]);
    if (refusalOfTerms !== undefined) return refusalOfTerms;

    const order: Order = {
      ...(command as Pick<Order, 'orderType' | 'timeInForce'> & typeof command),
      orderId: ++venue.lastOrderId,
      user,
      account: user.account,
      instrument,
      side,
      limitTicks: terms.limitTicks,
      displayQtyLots: command.displayQtyLots === command.qtyLots ? 0 : command.displayQtyLots,
      cumQtyLots: 0,
      leavesQtyLots: command.qtyLots,
      shownQtyLots: 0,
      state: waits ? 'waiting' : 'incoming',
      place: 0,
      partner: partner ?? null,
    };
    if (partner !== undefined) partner.partner = order;
    venue.orders.push(order);
    this.#useTag(command);
    venue.report(user, 'OrderAccepted', command.instrumentId, termsOf(order));
    if (waits) wait(venue, order);
    else enter(venue, order);
    this.#finish(instrument);
    return undefined;
  }

  /** What follows an accepted order command: OCO cancels, then stops. */
  #finish(instrument: Instrument): void {
    settlePairs(this.venue);
    triggerStops(this.venue, instrument, Limits.STOP_TRIGGERS_PER_COMMAND_MAX);
  }

  #cancelOrder(command: Command<'CancelOrder'>): RejectName | undefined {
    const { venue } = this;
    const user = venue.user(command.userId);
    const denied = identity.mayNot(user, Action.CancelOrders);
    if (user === undefined || denied !== undefined) return denied;
    this.#countMessage(user);
    const { totalQtyLots } = command;
    const order = venue.order(user, command.clientOrderId) as Order;
    const refusal = firstRefusal([
      [
        'UNKNOWN_INSTRUMENT',
        () => command.instrumentId !== 0 && venue.instrument(command.instrumentId) === undefined,
      ],
      ['UNKNOWN_ORDER', () => order === undefined || !namesInstrumentOf(order, command)],
      ['INVALID_QUANTITY', () => totalQtyLots < 0 || totalQtyLots >= order.cumQtyLots + order.leavesQtyLots],
    ]);
    if (refusal !== undefined) return refusal;
    const stays = Math.max(0, totalQtyLots - order.cumQtyLots);
    cancel(venue, order, order.leavesQtyLots - stays, CancelReason.Requested, command.clientTag);
    this.#finish(order.instrument);
    return undefined;
  }

  #replaceOrder(command: Command<'ReplaceOrder'>): RejectName | undefined {
    const { venue } = this;
    const user = venue.user(command.userId);
    if (command.clientOrderId === 0) return 'MALFORMED_COMMAND';
    const denied = identity.mayNot(user, Action.PlaceOrders);
    if (user === undefined || denied !== undefined) return denied;
    this.#countMessage(user);
    const isRepeat = this.#isRepeat(user, command.clientOrderId);
    const order = venue.order(user, command.originalClientOrderId) as Order;
    const refusal =
      firstRefusal([
        [
          'UNKNOWN_INSTRUMENT',
          () => command.instrumentId !== 0 && venue.instrument(command.instrumentId) === undefined,
        ],
        ['DUPLICATE_CLIENT_ORDER_ID', () => isRepeat],
        ['DUPLICATE_CLIENT_TAG', () => this.#isTagUsed(command)],
        ['CLIENT_ORDER_ID_LIMIT', () => command.clientOrderId > Limits.ID_MAX],
      ]) ??
      firstRefusal([['UNKNOWN_ORDER', () => order === undefined || !namesInstrumentOf(order, command)]]);
    if (refusal !== undefined) return refusal;

    const { instrument, side, orderType } = order;
    const waits = order.state === 'waiting';
    const stopPriceTicks = waits ? command.stopPriceTicks : 0;
    const openLots = command.qtyLots - order.cumQtyLots;
    const limitTicks = limitOf(instrument, side, orderType, command.priceTicks, stopPriceTicks) ?? 0;
    const terms: Terms = {
      ...command,
      user,
      account: order.account,
      instrument,
      side,
      orderType,
      timeInForce: order.timeInForce,
      orderFlags: order.orderFlags,
      stopPriceTicks,
      limitTicks,
      minQtyLots: 0,
      leavesQtyLots: Math.max(0, openLots),
      waits,
      replaces: order,
    };
    const refusalOfTerms =
      firstRefusal([
        ...termChecks(venue, terms),
        ['NOTHING_TO_REPLACE', () => openLots <= 0],
        ['INVALID_REGULATORY_FIELDS', () => !areRegulatoryFieldsKnown(command)],
        [
          'REGULATORY_FIELDS_MISSING',
          () =>
            instrument.asksRegulatoryFields && saysRegulatoryFields(command) && !hasRegulatoryFields(command),
        ],
      ]) ?? firstRefusal(marketChecks(venue, terms));
    if (refusalOfTerms !== undefined) return refusalOfTerms;

    this.#useTag(command);
    this.#replace(order, command, openLots, limitTicks);
    this.#finish(instrument);
    return undefined;
  }

  #replace(order: Order, command: Command<'ReplaceOrder'>, openLots: number, limitTicks: number): void {
    const { venue } = this;
    const { orderId: originalOrderId, priceTicks: originalPriceTicks } = order;
    const displayQtyLots = command.displayQtyLots === command.qtyLots ? 0 : command.displayQtyLots;
    const keepsPriority =
      order.state === 'resting' &&
      command.priceTicks === order.priceTicks &&
      displayQtyLots === order.displayQtyLots &&
      openLots <= order.leavesQtyLots;
    const shownBefore = order.state === 'resting' ? order.shownQtyLots : 0;

    order.orderId = ++venue.lastOrderId;
    order.clientOrderId = command.clientOrderId;
    order.clientTag = command.clientTag;
    order.qtyLots = command.qtyLots;
    order.displayQtyLots = displayQtyLots;
    order.leavesQtyLots = openLots;
    order.priceTicks = command.priceTicks;
    order.limitTicks = limitTicks;
    order.expireSeconds = command.expireSeconds;
    if (order.state === 'waiting') order.stopPriceTicks = command.stopPriceTicks;
    order.shownQtyLots = keepsPriority ? Math.min(shownBefore, openLots) : 0;
    venue.report(order.user, 'OrderReplaced', order.instrument.terms.instrumentId, {
      ...termsOf(order),
      originalOrderId,
      originalClientOrderId: command.originalClientOrderId,
      originalPriceTicks,
      visibleQtyLots: shownBefore - order.shownQtyLots,
      keepsPriority: keepsPriority ? 1 : 0,
    });
    if (order.state === 'waiting') wait(venue, order);
    else if (!keepsPriority) enter(venue, order);
  }

  #massCancel(command: Command<'MassCancel'>): RejectName | undefined {
    const { venue } = this;
    const { userId, accountId, sessionUserId, instrumentId, side } = command;
    const sender = userId === 0 ? undefined : venue.user(userId);
    const session = sessionUserId === 0 ? undefined : venue.user(sessionUserId);
    const cancelsAny = userId === 0 || identity.mayNot(sender, Action.CancelAnyOrders) === undefined;
    const trader = cancelsAny ? undefined : sender;
    if (!cancelsAny) {
      const denied = identity.mayNot(sender, Action.CancelOrders);
      if (trader === undefined || denied !== undefined) return denied;
      this.#countMessage(trader);
      const isOwn = accountId === 0 || accountId === trader.account.accountId;
      if (!isOwn || (sessionUserId !== 0 && session?.account !== trader.account)) return 'NOT_ALLOWED';
    }
    const refusal = firstRefusal([
      ['UNKNOWN_USER', () => sessionUserId !== 0 && session === undefined],
      ['UNKNOWN_ACCOUNT', () => accountId !== 0 && venue.account(accountId) === undefined],
      ['UNKNOWN_INSTRUMENT', () => instrumentId !== 0 && venue.instrument(instrumentId) === undefined],
      ['INVALID_CONFIGURATION', () => cancelsAny && accountId + sessionUserId + instrumentId === 0],
      ['INVALID_SIDE', () => side > Side.Sell],
      ['THROTTLED', () => trader !== undefined && isThrottled(trader.account)],
    ]);
    if (refusal !== undefined) return refusal;
    operator.cancelMatching(venue, command, trader?.account);
    return undefined;
  }

  #tick(): undefined {
    const { venue } = this;
    const isLater =
      venue.seconds > venue.tickSeconds ||
      (venue.seconds === venue.tickSeconds && venue.nanos > venue.tickNanos);
    if (!isLater) return;
    venue.tickSeconds = venue.seconds;
    venue.tickNanos = venue.nanos;
    const expired = venue.orders
      .filter(
        ({ timeInForce, expireSeconds }) =>
          timeInForce === TimeInForce.GoodTillDate && expireSeconds <= venue.seconds,
      )
      .sort((a, b) => a.expireSeconds - b.expireSeconds || a.orderId - b.orderId);
    for (const order of expired.slice(0, Limits.EXPIRIES_PER_TICK_MAX)) {
      cancelWhole(venue, order, CancelReason.Expired);
    }
    for (const instrument of venue.instruments) endTimedPhase(venue, instrument);
    for (const instrument of venue.instruments) runSchedule(venue, instrument);
    for (const instrument of venue.instruments) publishIndicative(venue, instrument);
    let budget: number = Limits.STOP_TRIGGERS_PER_COMMAND_MAX;
    for (const instrument of venue.instruments) budget = triggerStops(venue, instrument, budget);
  }
}

const namesInstrumentOf = (order: Order, command: { readonly instrumentId: number }): boolean =>
  command.instrumentId === 0 || command.instrumentId === order.instrument.terms.instrumentId;

/** The terms of an order as its owner is told. */
function termsOf(order: Order) {
  return {
    orderId: order.orderId,
    qtyLots: order.qtyLots,
    displayQtyLots: order.displayQtyLots,
    minQtyLots: order.minQtyLots,
    cumQtyLots: order.cumQtyLots,
    clientOrderId: order.clientOrderId,
    accountId: order.account.accountId,
    priceTicks: order.priceTicks,
    stopPriceTicks: order.stopPriceTicks,
    expireSeconds: order.expireSeconds,
    ocoClientOrderId: order.partner?.clientOrderId ?? 0,
    side: order.side,
    orderType: order.orderType,
    timeInForce: order.timeInForce,
    orderFlags: order.orderFlags,
    clientTag: order.clientTag,
  };
}
