import { after } from 'node:test';
import type { StampedEntry } from '#codec/json/log-json.ts';
import { statusJson } from '#codec/json/status-json.ts';
import { writeEvent } from '#codec/log/events.ts';
import { ApiKeyKind, Phase, type Role } from '#domain/commands.ts';
import { OrderStatus } from '#domain/history.ts';
import type { Candle, InstrumentView } from '#domain/market-views.ts';
import { LogTruncatedError } from '#domain/ports.ts';
import { UserDirectory } from '#gateways/identity/user-directory.ts';
import { restRoutes } from '#gateways/rest/rest-routes.ts';
import type { StoredReports } from '#gateways/rest/sources.ts';
import {
  BTCUSD,
  COPIES,
  FUTURE,
  NOW_SECONDS,
  PRINCIPALS,
  ScriptedArchive,
  startServer,
  TRADES,
  type testAccess,
  viewOf,
  viewsOf,
} from '#gateways/rest/test-support.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { OpenApiChecker } from './openapi.ts';

/** Where in the log the rows of the tests are. */
export const AT = { sequence: 90, timeSeconds: NOW_SECONDS, timeNanos: 6 };

/** A row of history: an open order of ann. */
export const ORDER = {
  ...AT,
  orderId: 41,
  userId: 1,
  accountId: 10,
  instrumentId: 7,
  clientOrderId: 3,
  clientTag: 'mine-3',
  status: OrderStatus.Open,
  cancelReason: 0,
  rejectCode: 0,
  side: 1,
  orderType: 1,
  timeInForce: 2,
  orderFlags: 0,
  priceTicks: 1_300_000,
  stopPriceTicks: 0,
  expireSeconds: 0,
  qtyLots: 1_000,
  displayQtyLots: 0,
  minQtyLots: 0,
  leavesQtyLots: 900,
  cumQtyLots: 100,
  cumAmountMinor: 130_000,
  feeMinor: 3,
  triggered: 0,
  originalOrderId: 0,
  replacedByOrderId: 0,
  firstTradeId: 1,
  lastTradeId: 2,
  updatedSequence: 91,
  updatedSeconds: NOW_SECONDS,
  updatedNanos: 0,
};

/** The fill of a part of it. */
export const FILL = {
  ...AT,
  tradeId: 11,
  accountId: 10,
  userId: 1,
  orderId: 41,
  clientOrderId: 3,
  instrumentId: 7,
  side: 1,
  isMaker: 1,
  priceTicks: 1_300_000,
  qtyLots: 100,
  amountMinor: 130_000,
  feeMinor: 3,
  feeAssetId: 1,
  leavesQtyLots: 900,
  reportNumber: 5,
};

/** What the archive says of her account. */
export const ACCOUNT = {
  accountId: 10,
  balances: [{ assetId: 1, balanceMinor: 500, heldMinor: 100, marginMinor: 0 }],
  positions: [{ instrumentId: 9, positionLots: 2, entryValueMinor: 130_000, realisedMinor: 0 }],
  openOrderCount: 1,
  openOrders: [],
};

/** The candle of one trade. */
export function candle(openSeconds: number, isComplete = true): Candle {
  return {
    openSeconds,
    openTicks: 10,
    highTicks: 12,
    lowTicks: 9,
    closeTicks: 11,
    trades: 1,
    firstTradeId: 1,
    lastTradeId: 1,
    volumeLots: 5n,
    quoteVolumeMinor: 60n,
    takerBuyLots: 5n,
    takerBuyQuoteMinor: 60n,
    isComplete,
  };
}

/** 03:04:00, the minute before NOW_SECONDS. */
export const MINUTE = NOW_SECONDS - 5;

const SPOT_VIEW = viewOf(BTCUSD, {
  trades: TRADES,
  candles: [candle(MINUTE - 60), candle(MINUTE)],
  wholeFromSeconds: MINUTE - 60,
  statistics: {
    fromSeconds: MINUTE - 86_340,
    traded: candle(MINUTE),
    isComplete: true,
    lastPriceTicks: 1_300_001,
    lastQtyLots: 1,
  },
});

const FUTURE_VIEW = viewOf(FUTURE, {
  status: {
    phase: Phase.OpeningAuction,
    nextPhase: Phase.Continuous,
    endSeconds: NOW_SECONDS + 60,
    isSuspended: false,
  },
  indicative: { priceTicks: 130_000, qtyLots: 5, surplusQtyLots: 1, surplusSide: 2 },
  statistics: {
    fromSeconds: 0,
    traded: undefined,
    isComplete: true,
    lastPriceTicks: 130_010,
    lastQtyLots: 1,
  },
});

/** All the users of `PRINCIPALS`, and an API key of ann. */
export function directory(): UserDirectory {
  const users = new UserDirectory();
  const words = WordBuffer.allocate(4_096);
  let at = 0;
  const add = (userId: number, name: string, role: Role, accountId: number) => {
    at = writeEvent(words, at, { type: 'UserAdded', newUserId: userId, name, role, accountId, enabled: 1 });
  };
  for (const { userId, name, role, accountId } of Object.values(PRINCIPALS))
    add(userId, name, role, accountId);
  const key = { keyId: 8, targetUserId: 1, kind: ApiKeyKind.Ed25519, readOnly: 1, label: 'bot' } as const;
  at = writeEvent(words, at, { type: 'ApiKeyAdded', ...key, verifier: Buffer.alloc(32, 9) });
  users.onEvents(words, 0, at);
  return users;
}

/** What the public status page says. */
export const STATUS = statusJson({
  nodeId: 1,
  components: [],
  uptime: undefined,
  incidents: [],
  wallSeconds: 0,
});

/** What ends the servers that a test file starts. */
export const serverClosers: (() => Promise<unknown>)[] = [];

after(() => Promise.all(serverClosers.map((close) => close())));

/** A server with every route of reading, over an archive that a test writes down, and clients that check answers against the document. */
export async function startRoutes(
  options: {
    isReady?: boolean;
    nowSeconds?: number;
    spot?: InstrumentView;
    access?: ReturnType<typeof testAccess>;
    reports?: StoredReports;
  } = {},
) {
  const archive = new ScriptedArchive();
  const entries: StampedEntry[] = [];
  const sources = {
    views: viewsOf([options.spot ?? SPOT_VIEW, FUTURE_VIEW], options.isReady ?? true, options.nowSeconds),
    archive,
    status: { isReady: true, read: async () => STATUS },
    directory: directory(),
    receipts: {
      entry: async (sequence: number) => {
        if (sequence < 50) throw new LogTruncatedError(sequence, 50);
        return entries.find((entry) => entry.sequence === sequence);
      },
      entries: async () => [],
      firstSequence: () => 50,
    },
    copies: COPIES,
    reports: options.reports ?? { read: async () => true },
    accountIds: () => [10, 20, 30],
    newestSequenceOf: (userId: number) => 80 + userId,
    wallMs: () => NOW_SECONDS * 1_000 + 7,
    facts: () => ({
      nodeId: 1,
      durableSequence: 102,
      archivedSequence: 99,
      divergedSequence: 0,
      uptimeSeconds: 60,
    }),
  };
  const { server, url } = await startServer(
    restRoutes(sources),
    options.access ? { access: options.access } : {},
  );
  serverClosers.push(() => server.close());
  const checker = new OpenApiChecker(server.document);
  const get = async (path: string, who?: string) => {
    const headers: Record<string, string> = who === undefined ? {} : { authorization: `Bearer ${who}` };
    const { status, body } = await checker.fetch(`${url}${path}`, { headers });
    const { code, detail } = body as { code?: string; detail?: string };
    return status === 200 ? body : `${status} ${code}: ${detail}`;
  };
  return {
    archive,
    entries,
    checker,
    url,
    api: (path: string, who?: string) => get(`/api/v1${path}`, who),
    get,
  };
}
