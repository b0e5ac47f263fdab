import type { CommandName } from '#codec/log/record-types.ts';
import { CommandFlag, OrderFlag, OrderType, Phase, Role, Side, TimeInForce } from '#domain/commands.ts';
import { addInstrument, addUser, passwordHash, STAFF_MAX, USERS_MAX } from './market.ts';
import { type Dice, isOneIn, pick, type Style } from './style.ts';

/** What a field of a command has. */
export type FieldValue = number | string | Uint8Array;

/** A command still to be resolved against the venue that it meets (see `resolve`). */
export interface Draft {
  readonly type: CommandName;
  /** Time that passes before it. */
  readonly afterSeconds: number;
  readonly afterNanos: number;
  /** Fields of the command; see `resolve` for those that it replaces. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Which of the live orders it is about, modulo their number: its owner sends it. -1: a number that is surely unknown. */
  readonly order: number;
  /** Which of the sender's live and unlinked orders in the instrument is to be its partner, as above; undefined: none. */
  readonly partner: number | undefined;
  /** How `fields` relate to the order that it is about. */
  readonly relative: 'nothing' | 'keep price' | 'keep terms';
  /**
   * So many units above what there is for it: an order's quantity above what its account can pay for, a deposit's amount above
   * what the asset has room for, a withdrawal's above what is available. undefined: as `fields` say.
   */
  readonly edge: number | undefined;
}

type PartialDraft = Partial<Draft> & Pick<Draft, 'type'>;

const PRICE_MAX = 2 ** 31 - 1;
const SECONDS_PER_DAY = 86_400;

/** Commands by how often they come. */
const KINDS: readonly (readonly [
  weight: number,
  draw: (dice: Dice, style: Style) => PartialDraft,
  factor?: (style: Style) => number,
])[] = [
  [520, newOrder],
  [70, cancelOrder],
  [150, replaceOrder, (style) => style.replaceWeight],
  [90, () => ({ type: 'Tick' })],
  [30, setPhase, (style) => style.phaseWeight],
  [20, moveMoney, (style) => style.moneyWeight],
  [5, massCancel, (style) => style.cancelWeight],
  [16, session, (style) => style.sessionWeight],
  [16, credentials],
  [10, standing, (style) => style.troubleWeight],
  [8, setLimits, (style) => style.troubleWeight],
  [10, setPriceControls, (style) => style.troubleWeight],
  [6, setFees, (style) => style.troubleWeight],
  [6, setOrderRules, (style) => style.troubleWeight],
  [8, cancelTrade, (style) => style.troubleWeight + style.moneyWeight],
  [10, setKillSwitch, (style) => style.troubleWeight * style.cancelWeight],
  [5, setSchedule, (style) => style.phaseWeight],
  [20, lateComer, (style) => (style.isLate ? 1 : 0)],
  [5, oddity],
];

export function randomDraft(dice: Dice, style: Style): Draft {
  const weights = KINDS.map(([weight, , factor]) => weight * (factor?.(style) ?? 1));
  let drawn = dice.int(
    1,
    weights.reduce((sum, weight) => sum + weight),
  );
  const [, draw] = KINDS[weights.findIndex((weight) => (drawn -= weight) <= 0)];
  const time = dice.int(1, 100);
  return {
    afterSeconds: time <= 12 ? 1 : time === 13 ? dice.int(2, 40) : isOneIn(dice, 1_000) ? 90_000 : 0,
    afterNanos: time > 60 ? dice.int(0, 500) : 0,
    fields: {},
    order: 0,
    partner: undefined,
    relative: 'nothing',
    edge: undefined,
    ...draw(dice, style),
  };
}

function price(dice: Dice, { priceTicks }: Style): number {
  const odds = dice.int(1, 300);
  if (odds === 1) return pick(dice, 0, -1, 1, PRICE_MAX, PRICE_MAX - 1);
  return Math.min(priceTicks + (odds < 30 ? dice.int(-15, 20) : dice.int(-4, 4)), PRICE_MAX);
}

/** Usually on the far side of where prices are, so that it waits. */
function stopPrice(dice: Dice, style: Style, side: number): number {
  if (isOneIn(dice, 5)) return price(dice, style);
  const away = side === Side.Buy ? dice.int(2, 10) : dice.int(-10, -2);
  return Math.min(style.priceTicks + away, PRICE_MAX);
}

/** On the edge itself, or a unit to either side of it. */
function edge(dice: Dice, { edgeOdds }: Style): number | undefined {
  return isOneIn(dice, edgeOdds) ? dice.int(-1, 1) : undefined;
}

function quantity(dice: Dice): number {
  const odds = dice.int(1, 200);
  if (odds === 1) return pick(dice, 0, -1, 51, 1_001, 2 ** 40, 2 ** 40 + 1, 2 ** 52);
  return odds < 40 ? dice.int(1, 60) : dice.int(1, 12);
}

/** Mostly none; some that count once, of few texts, so that they come again. */
function clientText(dice: Dice): { clientTag: string; flags: number } {
  if (!isOneIn(dice, 6)) return { clientTag: '', flags: isOneIn(dice, 50) ? CommandFlag.UniqueTag : 0 };
  const clientTag = `${pick(dice, '', 'a text of more than thirty letters ')}${dice.int(1, 9)}`;
  return { clientTag, flags: isOneIn(dice, 4) ? 0 : CommandFlag.UniqueTag };
}

/** Mostly nothing, as most orders say nothing; some that no door would write. */
function regulatoryFields(dice: Dice): Record<string, number> {
  if (!isOneIn(dice, 8)) return {};
  const code = (): number => (isOneIn(dice, 3) ? 0 : pick(dice, 1, 3, 70_000, 2 ** 32 - 1));
  return {
    tradingCapacity: dice.int(0, isOneIn(dice, 20) ? 255 : 3),
    regulatoryFlags: dice.int(0, isOneIn(dice, 20) ? 255 : 15),
    clientCode: code(),
    investmentDecisionCode: code(),
    executionDecisionCode: code(),
    nonExecutingBrokerCode: code(),
  };
}

function newOrder(dice: Dice, style: Style): PartialDraft {
  const orderType = pick(dice, ...style.orderTypes) as OrderType;
  const rests = orderType === OrderType.Market ? isOneIn(dice, 40) : !isOneIn(dice, 4);
  const canOnlyRest = orderType === OrderType.Stop || orderType === OrderType.StopLimit;
  const timeInForce =
    rests || (canOnlyRest && !isOneIn(dice, 20))
      ? pick(dice, TimeInForce.Day, TimeInForce.GoodTillCancel, TimeInForce.GoodTillDate)
      : pick(dice, TimeInForce.ImmediateOrCancel, TimeInForce.FillOrKill);
  const isPriced = orderType === OrderType.Limit || orderType === OrderType.StopLimit;
  const qtyLots = quantity(dice);
  const side = dice.int(1, 2);
  const isOdd = isOneIn(dice, 60);
  return {
    type: 'NewOrder',
    partner: isOneIn(dice, style.partnerOdds) ? dice.int(isOneIn(dice, 20) ? -1 : 0, 6) : undefined,
    edge: edge(dice, style),
    fields: {
      userId: dice.int(1, isOdd ? USERS_MAX : style.users),
      instrumentId: isOdd ? dice.int(0, 5) : dice.int(1, style.instruments),
      side: isOdd ? dice.int(0, 3) : side,
      orderType: isOdd ? dice.int(0, 5) : orderType,
      timeInForce: isOdd ? dice.int(0, 6) : timeInForce,
      priceTicks: isPriced !== isOneIn(dice, 100) ? price(dice, style) : 0,
      stopPriceTicks: canOnlyRest !== isOneIn(dice, 100) ? stopPrice(dice, style, side) : 0,
      qtyLots,
      displayQtyLots:
        (rests && isPriced && isOneIn(dice, style.icebergOdds)) || isOneIn(dice, 150)
          ? dice.int(1, Math.max(1, Math.min(qtyLots, 9)))
          : 0,
      minQtyLots:
        (!canOnlyRest && isOneIn(dice, 12)) || isOneIn(dice, 150)
          ? dice.int(1, Math.max(1, Math.min(qtyLots, 15)))
          : 0,
      orderFlags:
        (rests && orderType === OrderType.Limit && isOneIn(dice, 12)) || isOneIn(dice, 150)
          ? OrderFlag.PostOnly
          : 0,
      selfTradePrevention: isOdd || isOneIn(dice, 150) ? dice.int(0, 6) : pick(dice, ...style.selfTrade),
      expireSeconds: timeInForce === TimeInForce.GoodTillDate ? dice.int(0, 20) : isOneIn(dice, 200) ? 5 : -1,
      clientOrderId: isOneIn(dice, 60) ? dice.int(-2, 3) : 0,
      ...clientText(dice),
      ...regulatoryFields(dice),
    },
  };
}

function cancelOrder(dice: Dice): PartialDraft {
  const relative = pick(dice, 'nothing', 'nothing', 'keep terms') as Draft['relative'];
  return {
    type: 'CancelOrder',
    order: isOneIn(dice, 30) ? -1 : dice.int(0, 40),
    relative,
    fields: {
      userId: dice.int(1, USERS_MAX),
      instrumentId: isOneIn(dice, 10) ? dice.int(0, 5) : 0,
      totalQtyLots: relative === 'keep terms' ? dice.int(-5, 0) : isOneIn(dice, 2) ? 0 : dice.int(-1, 12),
      clientTag: clientText(dice).clientTag,
    },
  };
}

function replaceOrder(dice: Dice, style: Style): PartialDraft {
  const relative = pick(dice, 'nothing', 'keep price', 'keep terms', 'keep terms') as Draft['relative'];
  const qtyLots = quantity(dice);
  return {
    type: 'ReplaceOrder',
    order: isOneIn(dice, 30) ? -1 : dice.int(0, 40),
    relative,
    fields: {
      userId: dice.int(1, USERS_MAX),
      instrumentId: isOneIn(dice, 20) ? dice.int(0, 5) : 0,
      priceTicks: price(dice, style),
      stopPriceTicks: price(dice, style),
      qtyLots: relative === 'nothing' ? qtyLots : dice.int(-4, 3),
      displayQtyLots: isOneIn(dice, 4) ? dice.int(1, 9) : 0,
      expireSeconds: dice.int(0, 20),
      clientOrderId: isOneIn(dice, 60) ? dice.int(-2, 3) : 0,
      ...clientText(dice),
      ...regulatoryFields(dice),
    },
  };
}

function setPhase(dice: Dice, style: Style): PartialDraft {
  const phase = pick(
    dice,
    Phase.Continuous,
    Phase.Continuous,
    Phase.Continuous,
    Phase.Continuous,
    Phase.Continuous,
    Phase.OpeningAuction,
    Phase.ClosingAuction,
    dice.int(isOneIn(dice, 10) ? 0 : 1, isOneIn(dice, 10) ? 8 : 7),
  );
  const isTimed = isOneIn(dice, 2);
  return {
    type: 'SetPhase',
    fields: {
      instrumentId: dice.int(1, style.instruments),
      phase,
      nextPhase:
        isTimed !== isOneIn(dice, 30) ? pick(dice, Phase.Continuous, Phase.Continuous, dice.int(1, 7)) : 0,
      endSeconds: isTimed ? dice.int(isOneIn(dice, 20) ? 0 : 1, 8) : -1,
    },
  };
}

function moveMoney(dice: Dice, style: Style): PartialDraft {
  return {
    type: pick(dice, 'Deposit', 'Withdraw', 'Withdraw'),
    edge: edge(dice, style),
    fields: {
      userId: isOneIn(dice, 2) ? 0 : administrator(dice),
      // Few, so that they come again.
      requestId: isOneIn(dice, 3)
        ? ''
        : `${pick(dice, '', 'a payment with a very long name ')}${dice.int(1, 3)}`,
      accountId: isOneIn(dice, 10) ? dice.int(0, 4) : dice.int(1, 3),
      assetId: isOneIn(dice, 20) ? dice.int(0, 4) : dice.int(1, 3),
      amountMinor: pick(dice, dice.int(1, 50), dice.int(100, 3_000), 0, 2 ** 53 - 1),
    },
  };
}

function massCancel(dice: Dice): PartialDraft {
  return {
    type: pick(dice, 'MassCancel', 'CancelOrdersOfOthers'),
    fields: {
      userId: isOneIn(dice, 3) ? dice.int(0, STAFF_MAX + 1) : dice.int(0, USERS_MAX),
      instrumentId: isOneIn(dice, 2) ? dice.int(1, 5) : 0,
      accountId: isOneIn(dice, 3) ? dice.int(1, 4) : 0,
      sessionUserId: isOneIn(dice, 3) ? dice.int(1, 6) : 0,
      side: isOneIn(dice, 3) ? dice.int(1, 3) : 0,
      clientOrderId: dice.int(0, 9),
    },
  };
}

function session(dice: Dice): PartialDraft {
  const userId = isOneIn(dice, 10) ? dice.int(0, STAFF_MAX + 1) : dice.int(1, USERS_MAX);
  // Mostly one of the user's own, of which there are two on each of two nodes.
  const own = isOneIn(dice, 10) ? dice.int(0, 12) : userId * 2 + dice.int(0, 1);
  const fields = { userId, nodeId: dice.int(1, 2), sessionId: own };
  switch (dice.int(1, 6)) {
    case 1:
      return {
        type: 'EndSession',
        fields: { ...fields, userId: administrator(dice), targetUserId: userId, reason: 'away' },
      };
    case 2:
    case 3:
      return { type: 'CloseSession', fields };
    default:
      return {
        type: 'OpenSession',
        fields: {
          ...fields,
          cancelOnDisconnect: isOneIn(dice, 20) ? 2 : dice.int(0, 1),
          door: isOneIn(dice, 20) ? 4 : dice.int(0, 3),
        },
      };
  }
}

/** Who sends a command of administration: mostly somebody who may. */
function administrator(dice: Dice): number {
  return isOneIn(dice, 4) ? dice.int(1, STAFF_MAX + 1) : pick(dice, 0, 0, 6);
}

/** Passwords, keys and tokens, of oneself or another. */
function credentials(dice: Dice, { startSeconds }: Style): PartialDraft {
  const userId = isOneIn(dice, 2) ? administrator(dice) : dice.int(1, STAFF_MAX);
  const targetUserId = userId === 0 || isOneIn(dice, 3) ? dice.int(1, STAFF_MAX + 1) : userId;
  const keyId = isOneIn(dice, 20) ? 0 : dice.int(1, 9);
  switch (dice.int(1, 8)) {
    case 1:
      return {
        type: 'SetUserPassword',
        fields: {
          userId,
          targetUserId,
          mustChangePassword: isOneIn(dice, 10) ? 2 : dice.int(0, 1),
          passwordHash: passwordHash(dice),
        },
      };
    case 2:
      return { type: 'RevokeTokens', fields: { userId, targetUserId } };
    case 3:
      return { type: 'AddNodeKey', fields: { userId, nodeId: dice.int(0, 3) } };
    case 4:
    case 5:
      return { type: 'RevokeApiKey', fields: { userId, keyId } };
    default:
      return {
        type: 'AddApiKey',
        fields: {
          userId,
          targetUserId,
          keyId,
          kind: isOneIn(dice, 10) ? dice.int(0, 4) : dice.int(1, 3),
          readOnly: isOneIn(dice, 20) ? 2 : dice.int(0, 1),
          expireSeconds: pick(dice, 0, 0, startSeconds, startSeconds + 60, 2 ** 32 - 1),
          label: pick(dice, '', 'a label'),
        },
      };
  }
}

/** Roles, and who is disabled: mostly so that there are traders left. */
function standing(dice: Dice): PartialDraft {
  const userId = administrator(dice);
  const targetUserId = isOneIn(dice, 4) ? dice.int(1, STAFF_MAX + 1) : dice.int(1, USERS_MAX);
  if (isOneIn(dice, 3)) {
    const isTrader = targetUserId <= USERS_MAX;
    const role = isTrader && !isOneIn(dice, 4) ? Role.Trader : dice.int(0, 8);
    return { type: 'SetUserRole', fields: { userId, targetUserId, role } };
  }
  const enabled = isOneIn(dice, 20) ? 2 : isOneIn(dice, 3) ? 0 : 1;
  return {
    type: 'SetUserEnabled',
    fields: { userId, targetUserId, enabled, cancelOrders: isOneIn(dice, 3) ? dice.int(0, 2) : 0 },
  };
}

function setPriceControls(dice: Dice): PartialDraft {
  const control = (...choices: readonly number[]): number =>
    isOneIn(dice, 30) ? 2 ** 31 : isOneIn(dice, 2) ? 0 : pick(dice, ...choices);
  return {
    type: 'SetPriceControls',
    fields: {
      userId: isOneIn(dice, 4) ? administrator(dice) : 0,
      instrumentId: dice.int(1, 5),
      collarPpm: control(20_000, 100_000, 500_000),
      marketProtectionPpm: control(0, 10_000, 100_000),
      staticBandPpm: control(20_000, 50_000, 200_000),
      dynamicBandPpm: control(10_000, 30_000, 100_000),
      volatilityAuctionSeconds: control(1, 5),
    },
  };
}

function setFees(dice: Dice): PartialDraft {
  const fee = (): number =>
    isOneIn(dice, 30) ? pick(dice, 1_000_001, 2 ** 32 - 1) : pick(dice, 0, 500, 20_000, 200_000, 1_000_000);
  return {
    type: 'SetFees',
    fields: {
      userId: isOneIn(dice, 4) ? administrator(dice) : 0,
      instrumentId: dice.int(1, 5),
      makerFeePpm: fee(),
      takerFeePpm: fee(),
    },
  };
}

/** Mostly so that orders may say nothing, as most do. */
function setOrderRules(dice: Dice): PartialDraft {
  return {
    type: 'SetOrderRules',
    fields: {
      userId: isOneIn(dice, 4) ? administrator(dice) : 0,
      instrumentId: dice.int(1, 5),
      regulatoryFields: isOneIn(dice, 20) ? pick(dice, 2, 255) : isOneIn(dice, 3) ? 1 : 0,
    },
  };
}

/** Mostly one of the newest trades as it was; some that were canceled before, and some lies. */
function cancelTrade(dice: Dice): PartialDraft {
  const lies = [
    { tradeId: pick(dice, 0, 2 ** 53 - 1, 1, -1) },
    { instrumentId: dice.int(0, 9) },
    { qtyLots: pick(dice, 0, 1, 2 ** 40, 2 ** 40 + 1, dice.int(1, 100)) },
    { priceTicks: pick(dice, 0, -1, 1, PRICE_MAX, dice.int(1, 300)) },
    { buyerUserId: dice.int(0, USERS_MAX + 2) },
    { sellerAccountId: dice.int(0, 9) },
    { buyerAccountId: dice.int(1, 4), sellerAccountId: dice.int(1, 4) },
    { buyerOrderId: pick(dice, 0, 1, 2 ** 53 - 1) },
    { sellerReportNumber: pick(dice, 0, 1, 1_000_000) },
    { buyerFeeMinor: pick(dice, -1, 0, 1, 10_000, 2 ** 53 - 1) },
    { sellerFeeMinor: pick(dice, 0, 1, 2 ** 53 - 1) },
    { sellerClientOrderId: pick(dice, 0, 2 ** 31 - 1, 2 ** 31) },
  ];
  return {
    type: 'CancelTrade',
    order: isOneIn(dice, 20) ? -1 : isOneIn(dice, 3) ? dice.int(0, 40) : dice.int(0, 3),
    fields: {
      userId: isOneIn(dice, 4) ? administrator(dice) : 0,
      ...(isOneIn(dice, 4) ? lies[dice.int(0, lies.length - 1)] : {}),
    },
  };
}

function setLimits(dice: Dice): PartialDraft {
  const isNone = !isOneIn(dice, 3);
  const limit = (...choices: readonly number[]): number =>
    isNone || isOneIn(dice, 2) ? 0 : pick(dice, ...choices);
  return {
    type: 'SetAccountLimits',
    fields: {
      userId: isOneIn(dice, 4) ? administrator(dice) : 0,
      accountId: isOneIn(dice, 20) ? dice.int(0, 4) : dice.int(1, 3),
      ordersMax: limit(3, 8),
      messagesPerSecondMax: limit(2, 5, 20),
      orderQtyLotsMax: limit(5, 20),
      orderValueMinorMax: limit(500, 1_000),
      positionLotsMax: limit(10, 30),
      openValueMinorMax: limit(1_000, 5_000),
    },
  };
}

function setKillSwitch(dice: Dice): PartialDraft {
  return {
    type: 'SetKillSwitch',
    fields: {
      userId: isOneIn(dice, 4) ? administrator(dice) : 0,
      scope: isOneIn(dice, 20) ? dice.int(0, 5) : pick(dice, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4),
      scopeId: isOneIn(dice, 10) ? dice.int(0, 6) : dice.int(1, 3),
      engaged: isOneIn(dice, 5) ? 1 : 0,
      cancelOrders: isOneIn(dice, 3) ? 1 : 0,
      clientOrderId: dice.int(0, 9),
    },
  };
}

function setSchedule(dice: Dice, style: Style): PartialDraft {
  const fields: Record<string, number> = { instrumentId: dice.int(1, style.instruments) };
  const entries = isOneIn(dice, 10) ? 8 : dice.int(0, 4);
  // On either side of a midnight that is near.
  const seconds = Array.from(
    { length: entries },
    () => (style.startSeconds + dice.int(1, 300)) % SECONDS_PER_DAY,
  );
  if (!isOneIn(dice, 10)) seconds.sort((a, b) => a - b);
  for (const [index, second] of seconds.entries()) {
    fields[`phase${index}`] = isOneIn(dice, 30) ? 8 : dice.int(1, 7);
    fields[`secondOfDay${index}`] = isOneIn(dice, 40) ? SECONDS_PER_DAY : second;
  }
  return { type: 'SetSchedule', fields };
}

/** What the market opened without, and comes while orders are there: mostly to be had once. */
function lateComer(dice: Dice, style: Style): PartialDraft {
  const isUser = isOneIn(dice, 2);
  const { type, ...fields } = isUser
    ? addUser(style, style.users)
    : addInstrument(dice, style, style.instruments);
  return { type, fields };
}

/** What is rare or wrong: configuration, attestations, commands from those who may not send them. */
function oddity(dice: Dice, style: Style): PartialDraft {
  const userId = isOneIn(dice, 2) ? administrator(dice) : dice.int(1, 5);
  switch (dice.int(1, 8)) {
    case 1:
      return {
        type: 'AddAsset',
        fields: { userId, assetId: dice.int(0, 5), symbol: pick(dice, 'A1', 'NEW', '') },
      };
    case 2:
      return { type: 'AddAccount', fields: { userId, accountId: dice.int(0, 5) } };
    case 3:
      return {
        type: 'AddUser',
        fields: {
          userId,
          newUserId: dice.int(0, 12),
          accountId: dice.int(0, 5),
          role: dice.int(0, 8),
          name: pick(dice, 'u1', 'NEW', 'low', 'no name'),
        },
      };
    case 4:
      // Never the next version: it ends a core that lacks it.
      return { type: 'SetCoreVersion', fields: { userId, version: pick(dice, 0, 1, 3) } };
    case 5:
      return {
        type: 'Attest',
        fields: { userId: 0, nodeId: 1, attestedSequence: dice.int(1, 99), stateHashLow: 7 },
      };
    case 6: {
      const { type, ...fields } = addInstrument(dice, style, dice.int(1, 6));
      const kind = isOneIn(dice, 2) ? dice.int(0, 3) : Number(fields.kind);
      return { type, fields: { ...fields, userId, kind, symbol: pick(dice, 'I1', 'NEW', 'NEWER') } };
    }
    case 7:
      return {
        type: 'PostIncident',
        fields: {
          userId,
          incidentId: dice.int(0, 3),
          components: pick(dice, 0, 1, 0x1ff, 0x1ff, 0x200),
          severity: isOneIn(dice, 4) ? dice.int(0, 4) : 1,
          state: isOneIn(dice, 4) ? dice.int(0, 5) : 1,
          title: pick(dice, 'a title', 'a title', ''),
          text: pick(dice, 'what happened', 'what happened', ''),
        },
      };
    default:
      return {
        type: 'NewOrder',
        fields: { userId: pick(dice, 0, 9), instrumentId: 1, side: Side.Buy, qtyLots: 1 },
      };
  }
}
