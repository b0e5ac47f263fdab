import { assetOf, moneyScale, PPM, scaledText } from '#codec/json/scales.ts';
import type { AccountRecord, ArchiveQuery, FillRecord, OrderRecord, Page } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { MarketViews } from '#domain/market-views.ts';
import { Action } from '#domain/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { commissionJson } from './commission.ts';
import { BinanceError } from './errors.ts';
import { type BinanceSources, type PrivateOperation, readyViews, spotOf } from './operations.ts';
import { myTradeJson, orderJson } from './order-json.ts';
import type { Params } from './params.ts';
import { TimeUnit, timeOf } from './texts.ts';

const ROWS_DEFAULT = 500;
/** Pages of history that one question looks at. */
const PAGES_MAX = 10;

/** What a user has, and what it did. */
export function accountOperations(sources: BinanceSources): PrivateOperation[] {
  const view = { method: 'GET', action: Action.ViewOwnAccount } as const;
  return [
    {
      ...view,
      path: '/account',
      wsMethod: 'account.status',
      weight: 10,
      prepare: (params, unit) => {
        const omitsZeros = params.boolean('omitZeroBalances') ?? false;
        return (who) => account(sources, who, omitsZeros, unit);
      },
    },
    {
      ...view,
      path: '/account/commission',
      wsMethod: 'account.commission',
      weight: 5,
      prepare: (params) => {
        const symbol = params.mandatory('symbol');
        return () => commissionJson(spotOf(sources, symbol).terms);
      },
    },
    {
      ...view,
      path: '/allOrders',
      wsMethod: 'allOrders',
      weight: 10,
      prepare: (params, unit) => {
        const symbol = params.mandatory('symbol');
        const fromId = params.integer('orderId');
        const window = readWindow(params);
        return async (who) => {
          const { instrumentId } = spotOf(sources, symbol).terms;
          const { userId } = who;
          const orders = await rowsOf<OrderRecord>(sources, who, window, fromId, ({ orderId }) => orderId, {
            type: 'orders',
            userId,
            instrumentId,
          });
          return orders.map((order) => orderJson(sources.views, order, unit));
        };
      },
    },
    {
      ...view,
      path: '/myTrades',
      wsMethod: 'myTrades',
      weight: 10,
      prepare: (params, unit) => {
        const symbol = params.mandatory('symbol');
        const orderId = params.integer('orderId', 1);
        const fromId = params.integer('fromId');
        const window = readWindow(params);
        return async (who) => {
          const { instrumentId } = spotOf(sources, symbol).terms;
          const { userId } = who;
          const ofOrder = orderId === undefined ? {} : { orderId };
          const fills = await rowsOf<FillRecord>(sources, who, window, fromId, ({ tradeId }) => tradeId, {
            type: 'fills',
            userId,
            instrumentId,
            ...ofOrder,
          });
          return fills.map((fill) => myTradeJson(sources.views, fill, unit));
        };
      },
    },
  ];
}

async function account(
  sources: BinanceSources,
  who: Principal,
  omitsZeros: boolean,
  unit: TimeUnit,
): Promise<object> {
  const views = readyViews(sources);
  const { accountId, userId } = who;
  const record = accountId === 0 ? undefined : await accountOf(sources, accountId, userId);
  const balances = record === undefined ? [] : balancesJson(views, record);
  const canTrade = (who.actions & Action.PlaceOrders) !== 0;
  const none = scaledText(0, PPM);
  return {
    makerCommission: 0,
    takerCommission: 0,
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker: none, taker: none, buyer: none, seller: none },
    canTrade,
    canWithdraw: false,
    canDeposit: false,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: views.timeSeconds * unit,
    accountType: 'SPOT',
    balances: omitsZeros ? balances.filter(({ isZero }) => !isZero).map(shown) : balances.map(shown),
    permissions: ['SPOT'],
    uid: accountId,
  };
}

async function accountOf(
  { archive, newestSequenceOf }: BinanceSources,
  accountId: number,
  userId: number,
): Promise<AccountRecord | undefined> {
  const question = { type: 'accounts', accountIds: [accountId] } as const;
  const { result } = await archive.ask(question, newestSequenceOf(userId), userId);
  return result[0];
}

interface Balance {
  readonly asset: string;
  readonly free: string;
  readonly locked: string;
  readonly isZero: boolean;
}

function shown({ asset, free, locked }: Balance): object {
  return { asset, free, locked };
}

/** Balances of an account: what is free, and what orders and margin hold. */
export function balancesJson(views: MarketViews, { balances }: AccountRecord): Balance[] {
  return balances.map(({ assetId, balanceMinor, heldMinor, marginMinor }) => {
    const asset = assetOf(views, assetId);
    const scale = moneyScale(asset);
    const locked = heldMinor + marginMinor;
    return {
      asset: asset.symbol,
      free: scaledText(balanceMinor - locked, scale),
      locked: scaledText(locked, scale),
      isZero: balanceMinor === 0 && locked === 0,
    };
  });
}

/** Which rows of a list are wanted. */
interface Window {
  readonly startMicros: number | undefined;
  readonly endMicros: number | undefined;
  readonly limit: number;
}

function readWindow(params: Params): Window {
  const startMicros = params.startMicros('startTime');
  const endMicros = params.endMicros('endTime');
  if (startMicros !== undefined && endMicros !== undefined && startMicros > endMicros)
    throw new BinanceError('OPTIONAL_PARAMS_BAD_COMBO', 'Combination of optional parameters invalid.');
  return { startMicros, endMicros, limit: params.limit(ROWS_DEFAULT, Limits.HISTORY_PAGE_MAX) };
}

type ListQuestion = Extract<ArchiveQuery, { readonly type: 'orders' | 'fills' }>;

/**
 * Rows of history, oldest first: the first ones from `fromId` or the window's start on; where neither is given the newest.
 * @throws BinanceError where that is more than one question looks at
 */
async function rowsOf<Row extends OrderRecord | FillRecord>(
  sources: BinanceSources,
  { userId }: Principal,
  { startMicros, endMicros, limit }: Window,
  fromId: number | undefined,
  idOf: (row: Row) => number,
  question: ListQuestion,
): Promise<Row[]> {
  const isFromStart = startMicros !== undefined || fromId !== undefined;
  const atSequence = sources.newestSequenceOf(userId);
  const found: Row[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const { result } = await sources.archive.ask(
      {
        ...question,
        limit: Limits.HISTORY_PAGE_MAX,
        ...(startMicros === undefined ? {} : { fromSeconds: secondsOf(startMicros) }),
        ...(endMicros === undefined ? {} : { toSeconds: secondsOf(endMicros) + 1 }),
        ...(cursor === undefined ? {} : { cursor }),
      },
      atSequence,
      userId,
    );
    const { rows, cursor: next } = result as unknown as Page<Row>;
    for (const row of rows) {
      const micros = timeOf(row, TimeUnit.Microsecond);
      const isWanted = micros >= (startMicros ?? 0) && micros <= (endMicros ?? micros);
      // What was rejected never lived: it has no number.
      if (idOf(row) !== 0 && isWanted) found.push(row);
    }
    const last = rows.at(-1);
    const isPast = fromId !== undefined && last !== undefined && idOf(last) !== 0 && idOf(last) < fromId;
    if (next === undefined || isPast || (!isFromStart && found.length >= limit)) {
      const wanted = found.reverse().filter((row) => idOf(row) >= (fromId ?? 0));
      return isFromStart ? wanted.slice(0, limit) : wanted.slice(-limit);
    }
    cursor = next;
  }
  throw new BinanceError('LOOKUP_TOO_BIG', 'Lookup interval is too big: give a later start.');
}

function secondsOf(micros: number): number {
  return Math.floor(micros / TimeUnit.Microsecond);
}
