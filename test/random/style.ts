import { OrderType, SelfTradePrevention } from '#domain/commands.ts';

/** A source of uniform integers, both bounds included. */
export interface Dice {
  int(min: number, max: number): number;
}

export function pick<T>(dice: Dice, ...choices: readonly T[]): T {
  return choices[dice.int(0, choices.length - 1)];
}

export const isOneIn = (dice: Dice, odds: number): boolean => dice.int(1, odds) === 1;

const { Limit: LIMIT, Market: MARKET, Stop: STOP, StopLimit: STOP_LIMIT } = OrderType;
const PRICE_MAX = 2 ** 31 - 1;

/**
 * What the commands of one case have in common. Drawn anew for each case, so that features meet that an even mixture of all
 * of them keeps apart: two traders with one instrument and nothing but pairs and stops, say (swarm testing: A. Groce et al.,
 * ISSTA 2012).
 */
export interface Style {
  /** Seconds at which the market opens. */
  readonly startSeconds: number;
  /** Prices are mostly within a few ticks of it. */
  readonly priceTicks: number;
  /** Minor units of each asset that each account begins with. */
  readonly fundsMinor: number;
  /** Accounts of users 1 to 5. */
  readonly accountOfUser: readonly number[];
  /** Who sends orders: the first so many of those users. */
  readonly users: number;
  /** Instruments that orders are for: the first so many. */
  readonly instruments: number;
  /** Whether the last of those users and of those instruments are added only when there are orders. */
  readonly isLate: boolean;
  /** To draw one of. */
  readonly orderTypes: readonly number[];
  /** Self-trade prevention of orders to draw one of. */
  readonly selfTrade: readonly number[];
  /** An order in so many names a partner. */
  readonly partnerOdds: number;
  /** An order in so many that may be an iceberg is one. */
  readonly icebergOdds: number;
  /** An order or payment in so many is as large as what there is for it allows, or one unit off. */
  readonly edgeOdds: number;
  /** How much more often than usual phases change, orders are replaced, money moves, much is canceled at once, sessions come and go. */
  readonly phaseWeight: number;
  readonly replaceWeight: number;
  readonly moneyWeight: number;
  readonly cancelWeight: number;
  readonly sessionWeight: number;
  /** As above, for limits, kill switches and users that are disabled or get another role: 0 is a market in which orders meet. */
  readonly troubleWeight: number;
}

const MIXED_TYPES = [LIMIT, LIMIT, LIMIT, LIMIT, LIMIT, LIMIT, MARKET, STOP, STOP_LIMIT, STOP_LIMIT];
const ALL_MODES = Object.values(SelfTradePrevention);

/** An even mixture. */
export const PLAIN: Style = {
  startSeconds: 1_000,
  priceTicks: 100,
  fundsMinor: 1e9,
  accountOfUser: [1, 2, 3, 1, 2],
  users: 5,
  instruments: 4,
  isLate: false,
  orderTypes: MIXED_TYPES,
  selfTrade: ALL_MODES,
  partnerOdds: 6,
  icebergOdds: 4,
  edgeOdds: 60,
  phaseWeight: 1,
  replaceWeight: 1,
  moneyWeight: 1,
  cancelWeight: 1,
  sessionWeight: 1,
  troubleWeight: 1,
};

/** So much that what three accounts have together is the most that an asset's amounts may add up to. */
const FUNDS_FULL = Math.floor((2 ** 53 - 1) / 3);

export function randomStyle(dice: Dice): Style {
  const fundsMinor = pick(dice, 500, 5_000, 1e9, 1e9, 2e15, FUNDS_FULL);
  if (isOneIn(dice, 3)) return { ...PLAIN, fundsMinor };
  const rare = (usual: number, ...others: readonly number[]): number =>
    isOneIn(dice, 2) ? usual : pick(dice, ...others);
  // All that there is held by one order, lost in the instrument beside it, and put back to the last unit.
  const isAtTheEdge = isOneIn(dice, 4);
  return {
    // Around midnight, and where seconds no longer are positive words or no words at all.
    startSeconds: rare(1_000, 10 * 86_400 - 30, 2 ** 31 - 30, 2 ** 32 - 2_000_000),
    // Where the tiers of the price index part, and at both ends of the range.
    priceTicks: rare(100, 3, 256, 65_536, 2 ** 24, PRICE_MAX - 5),
    fundsMinor,
    accountOfUser: pick(dice, [1, 2, 3, 1, 2], [1, 2, 3, 1, 2], [1, 1, 1, 1, 2]),
    users: rare(5, 2, 3),
    instruments: isAtTheEdge ? 2 : dice.int(1, 4),
    isLate: isOneIn(dice, 4),
    orderTypes: pick(
      dice,
      MIXED_TYPES,
      [LIMIT],
      [LIMIT, STOP_LIMIT],
      [LIMIT, STOP, STOP_LIMIT],
      [LIMIT, MARKET, STOP],
    ),
    selfTrade: isOneIn(dice, 2) ? ALL_MODES : [pick(dice, ...ALL_MODES)],
    partnerOdds: rare(6, 1, 2, 1_000),
    icebergOdds: rare(4, 1, 1_000),
    edgeOdds: isAtTheEdge ? 3 : rare(60, 3, 10),
    phaseWeight: rare(1, 0, 6),
    replaceWeight: rare(1, 0, 3),
    moneyWeight: isAtTheEdge ? 4 : rare(1, 0, 8),
    cancelWeight: rare(1, 0, 5),
    sessionWeight: rare(1, 0, 10),
    troubleWeight: pick(dice, 0, 0, 1),
  };
}
