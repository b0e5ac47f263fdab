import { hash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  InstrumentKind,
  Phase,
  RegulatoryFieldsRule,
  Role,
  SelfTradePrevention,
  Side,
} from '#domain/commands.ts';
import { type ArchiveQuery, type ArchiveQuestion, Asker } from '#domain/history.ts';
import type {
  AssetTerms,
  Candle,
  CandleInterval,
  DayStatistics,
  InstrumentTerms,
  InstrumentView,
  MarketViews,
  PublicTrade,
} from '#domain/market-views.ts';
import { actionsOf } from '#domain/permissions.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import type { Principal } from '../identity/principal.ts';
import { RateLimiter } from '../identity/rate-limiter.ts';
import { type HttpDialect, HttpServer, type HttpServerOptions } from './http-server.ts';
import { Problem } from './problems.ts';
import type { HttpAccess } from './request-gate.ts';
import type { Route } from './routes.ts';
import type { RestorableCopies } from './sources.ts';

/** Asset 1 is USD in cents, 2 is BTC in satoshi. */
export const ASSETS: readonly AssetTerms[] = [
  { assetId: 1, symbol: 'USD', decimals: 2 },
  { assetId: 2, symbol: 'BTC', decimals: 8 },
];

/** Bitcoin in dollars: a tick is 0.05, a lot 0.0002. */
export const BTCUSD: InstrumentTerms = {
  instrumentId: 7,
  kind: InstrumentKind.Spot,
  priceDecimals: 2,
  qtyDecimals: 4,
  baseAssetId: 2,
  quoteAssetId: 1,
  symbol: 'BTCUSD',
  tickSize: 5,
  lotSize: 2,
  valueNumerator: 1,
  valueDenominator: 1_000,
  minQtyLots: 1,
  maxQtyLots: 1_000_000,
  lotBaseMinor: 20_000,
  initialMarginMinor: 0,
  makerFeePpm: 20,
  takerFeePpm: 100,
  collarPpm: 100_000,
  marketProtectionPpm: 20_000,
  staticBandPpm: 0,
  dynamicBandPpm: 0,
  volatilityAuctionSeconds: 0,
  referencePriceTicks: 1_300_000,
  selfTradePrevention: SelfTradePrevention.CancelNewest,
  regulatoryFields: RegulatoryFieldsRule.Optional,
};

/** A future on it: a tick is 0.5, a lot 0.01, half a cent for a tick and a lot. */
export const FUTURE: InstrumentTerms = {
  ...BTCUSD,
  instrumentId: 9,
  kind: InstrumentKind.Margined,
  symbol: 'BTCFUT',
  baseAssetId: 0,
  priceDecimals: 1,
  qtyDecimals: 2,
  tickSize: 5,
  lotSize: 1,
  valueNumerator: 1,
  valueDenominator: 2,
  lotBaseMinor: 0,
  initialMarginMinor: 6_500,
  referencePriceTicks: 0,
};

/** 2026-01-02T03:04:05Z. */
export const NOW_SECONDS = Date.UTC(2026, 0, 2, 3, 4, 5) / 1_000;

export const TRADES: readonly PublicTrade[] = [
  {
    tradeId: 11,
    priceTicks: 1_300_000,
    qtyLots: 3,
    amountMinor: 3_900,
    aggressorSide: Side.Buy,
    timeSeconds: NOW_SECONDS - 10,
    timeNanos: 6,
    sequence: 90,
  },
  {
    tradeId: 12,
    priceTicks: 1_300_001,
    qtyLots: 1,
    amountMinor: 1_300,
    aggressorSide: 0,
    timeSeconds: NOW_SECONDS - 5,
    timeNanos: 0,
    sequence: 95,
  },
];

/** What a stub of an instrument's view may be made of. */
export interface ViewParts {
  readonly trades: readonly PublicTrade[];
  readonly candles: readonly Candle[];
  /** A multiple of the interval that is asked for. */
  readonly wholeFromSeconds: number;
  readonly isLastTradeKnown: boolean;
  readonly statistics: DayStatistics;
  readonly status: InstrumentView['status'];
  readonly indicative: InstrumentView['indicative'];
}

const NOTHING: ViewParts = {
  trades: [],
  candles: [],
  wholeFromSeconds: 0,
  isLastTradeKnown: true,
  statistics: {
    fromSeconds: NOW_SECONDS - 86_400 - 5,
    traded: undefined,
    isComplete: true,
    lastPriceTicks: 0,
    lastQtyLots: 0,
  },
  status: { phase: Phase.Continuous, nextPhase: 0, endSeconds: 0, isSuspended: false },
  indicative: undefined,
};

const LEVELS = {
  [Side.Buy]: [
    { priceTicks: 1_299_999, qtyLots: 5, orders: 2 },
    { priceTicks: 1_299_990, qtyLots: 1_000, orders: 1 },
  ],
  [Side.Sell]: [{ priceTicks: 1_300_002, qtyLots: 7, orders: 1 }],
} as const;

/** An instrument's view with a book of three levels. */
export function viewOf(terms: InstrumentTerms, parts: Partial<ViewParts> = {}): InstrumentView {
  const { trades, candles, wholeFromSeconds, statistics, ...rest } = { ...NOTHING, ...parts };
  return {
    ...rest,
    terms,
    book: {
      sequence: 99,
      depth: (side) => LEVELS[side].length,
      best: (side) => LEVELS[side][0],
      snapshot: (depth) => ({
        instrumentId: terms.instrumentId,
        sequence: 99,
        bids: LEVELS[Side.Buy].slice(0, depth),
        asks: LEVELS[Side.Sell].slice(0, depth),
      }),
      changesSince: () => undefined,
      checksum: () => 0xfedcba98,
    },
    trades: {
      oldest: 5,
      next: 5 + trades.length,
      read: (from, max) => trades.slice(from - 5, from - 5 + max),
    },
    aggregateTrades: { oldest: 0, next: 0, read: () => [] },
    candles: {
      latest: () => candles.at(-1),
      range: (_interval: CandleInterval, from, to, max) =>
        candles
          .filter(({ openSeconds }) => openSeconds >= Math.max(from, wholeFromSeconds) && openSeconds < to)
          .slice(-max),
      keptFromSeconds: () => wholeFromSeconds,
      wholeFromSeconds: () => wholeFromSeconds,
    },
    statistics: () => statistics,
  };
}

/** Views of these instruments, after entry 100 of the log. */
export function viewsOf(
  instruments: readonly InstrumentView[],
  isReady = true,
  nowSeconds = NOW_SECONDS,
): MarketViews {
  return {
    generation: 1,
    isReady,
    sequence: 100,
    timeSeconds: NOW_SECONDS,
    nowSeconds,
    gaps: [],
    asset: (assetId) => ASSETS.find((asset) => asset.assetId === assetId),
    assets: () => ASSETS,
    instrument: (instrumentId) => instruments.find(({ terms }) => terms.instrumentId === instrumentId),
    instrumentBySymbol: (symbol) => instruments.find(({ terms }) => terms.symbol === symbol),
    instruments: () => instruments,
    subscribe: () => () => {},
  };
}

/** An archive whose answers a test writes down, and which writes down what it was asked. */
export class ScriptedArchive implements ArchiveQueries {
  readonly asked: { readonly query: ArchiveQuery; readonly atSequence: number }[] = [];
  /** By whom, for each of them. */
  readonly askers: Asker[] = [];
  /** For which of them the archive as of `atSequence` was enough. */
  readonly enough: boolean[] = [];
  /** The answer to each question, by its type; an Error is thrown. */
  readonly answers: { [Type in ArchiveQuestion]?: unknown } = {};

  async ask<Type extends ArchiveQuestion>(
    query: ArchiveQuery<Type>,
    atSequence: number,
    asker: Asker = Asker.Node,
    isEnough: boolean = false,
  ) {
    this.askers.push(asker);
    this.enough.push(isEnough);
    this.asked.push({ query: query as ArchiveQuery, atSequence });
    const answer = this.answers[query.type as ArchiveQuestion];
    if (answer instanceof Error) throw answer;
    return { sequence: 100, result: answer as never };
  }
}

/** A whole snapshot, and a backup that is damaged. */
export const COPIES: RestorableCopies = {
  snapshots: async () => ({
    items: [
      {
        sequence: 90,
        bytes: 4_096,
        time: '2026-01-02T03:04:05.000000006Z',
        coreVersion: 1,
        stateHash: '0123456789abcdef',
        verification: { isWhole: true, time: '2026-01-02T03:05:00Z', tookMs: 12 },
      },
      { sequence: 40, bytes: 3, fault: 'it is not a snapshot' },
    ],
  }),
  verifySnapshot: async (sequence) => {
    if (sequence !== 90) throw new Problem('not-found', `there is no snapshot ${sequence}`);
    return { isWhole: true, time: '2026-01-02T03:05:00Z', tookMs: 12 };
  },
  backups: async () => ({
    target: '/backups',
    continuous: { sequence: 99, lagEntries: 1, lagMs: 100, failures: 0 },
    items: [
      {
        id: '20260102T030405Z-0000000000000090-01234567',
        createdTime: '2026-01-02T03:04:05.006Z',
        nodeId: 1,
        isContinuous: true,
        snapshotSequence: 40,
        sequence: 90,
        time: '2026-01-02T03:04:05.000000006Z',
        stateHash: '0123456789abcdef',
      },
    ],
  }),
  verifyBackup: async (id) => {
    if (!id.startsWith('2026')) throw new Problem('verifying', `backup ${id} takes long: ask again`);
    return { isWhole: false, fault: 'a byte differs', time: '2026-01-02T03:05:00Z', tookMs: 12 };
  },
};

/** Users by the word that is their token: `Authorization: Bearer ann`. */
export const PRINCIPALS: Readonly<Record<string, Principal>> = {
  ann: principal(1, 'ann', Role.Trader, 10),
  bob: principal(2, 'bob', Role.Trader, 20),
  eve: principal(3, 'eve', Role.Compliance, 0),
  root: principal(4, 'root', Role.Admin, 0),
};

function principal(userId: number, name: string, role: Role, accountId: number): Principal {
  return { userId, name, role, accountId, actions: actionsOf(role), keyId: 0, readOnly: false };
}

/**
 * Access by tokens that are names, and `burst` units for each user or address, which never come back. A signature is good
 * when it is the SHA-256 of what is signed.
 */
export function testAccess(burst = 1_000_000): HttpAccess {
  const limiter = new RateLimiter<string>(
    { perSecond: 1, burst },
    { wallMs: () => NOW_SECONDS * 1_000, monotonicMs: () => 0 },
  );
  return {
    prove: (proof) => {
      if (proof.kind === 'none') return undefined;
      if (proof.kind === 'token') return PRINCIPALS[proof.token] ?? new AccessRefusal('INVALID_TOKEN');
      const { payload, signature } = proof.request;
      return Buffer.from(signature).equals(hash('sha256', payload, 'buffer'))
        ? PRINCIPALS['ann']
        : new AccessRefusal('WRONG_SIGNATURE');
    },
    charge: (proven, address, weight) => {
      const name = proven instanceof AccessRefusal ? undefined : proven?.name;
      return limiter.take(name ?? address ?? '', weight);
    },
  };
}

/** A server on a free port of this machine, and what it says. */
export async function startServer(
  routes: readonly Route[],
  {
    access = testAccess(),
    dialects = [],
    ...options
  }: Partial<HttpServerOptions> & { access?: HttpAccess; dialects?: readonly HttpDialect[] } = {},
) {
  const lines: string[] = [];
  const write = (_fields: object, message: string) => void lines.push(message);
  const server = new HttpServer({ host: '127.0.0.1', port: 0, ...options }, access, {
    info: write,
    warn: write,
    error: write,
  });
  const { port } = await server.listen(routes, dialects);
  return { server, port, lines, url: `http://127.0.0.1:${port}` };
}

/** Sends bytes over a socket of its own and gives everything that comes until the server ends it. */
export async function exchange(port: number, bytes: string | Uint8Array, end = false): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  // The server may end the connection before it has read everything.
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (end) socket.end(bytes);
  else socket.write(bytes);
  await once(socket, 'close');
  return text;
}
