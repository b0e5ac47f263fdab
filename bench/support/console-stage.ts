import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { type WebSocket, WebSocketServer } from 'ws';
import { Action } from '#domain/permissions.ts';
import { seededRandom } from '#lib/seeded-random.ts';

/** A node as the console sees one, played at any rate: the console's files, the answers that the trade screen asks for, and streams. */

const CONSOLE = fileURLToPath(new URL('../../dist/console', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const SYMBOL = 'BTCUSD';
/** Candles that can be followed, in seconds. */
const INTERVALS = { '1s': 1, '1m': 60 };
const LEVELS = 100;
const CHECKED = 25;
const MIDDLE_TICKS = 6_500_000;
/** Levels that one update changes. */
const CHANGED = 10;
/** How long the token of the login is good: a day in a tab renews it many times. */
const TOKEN_SECONDS = 20;
/** Bytes that wait to be read at which the node holds back. */
const WAITING_BYTES_MAX = 500_000;
const INSTRUMENT = {
  instrumentId: 1,
  symbol: SYMBOL,
  kind: 'spot',
  baseAsset: 'BTC',
  quoteAsset: 'USD',
  tickSize: '0.01',
  lotSize: '0.0001',
  minQuantity: '0.0001',
  maxQuantity: '1000.0000',
  valueNumerator: 1,
  valueDenominator: 10_000,
  makerFee: '0.000020',
  takerFee: '0.000100',
  collar: '0.100000',
  marketProtection: '0.020000',
  staticBand: '0.000000',
  dynamicBand: '0.000000',
  volatilityAuctionSeconds: 0,
  selfTradePrevention: 'cancel-newest',
};

export class ConsoleStage {
  declare private readonly server: Server;
  declare private readonly random: () => number;
  declare private readonly followers: Map<string, WebSocket>;
  declare private readonly bids: Map<number, number>;
  declare private readonly asks: Map<number, number>;
  declare private sequence: number;
  declare private tradeId: number;
  declare private seconds: number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.followers = new Map();
    this.bids = new Map();
    this.asks = new Map();
    for (let n = 1; n <= LEVELS; n++) {
      this.bids.set(MIDDLE_TICKS - n * 100, this.#lots());
      this.asks.set(MIDDLE_TICKS + n * 100, this.#lots());
    }
    this.sequence = 1;
    this.tradeId = 0;
    this.seconds = Math.floor(Date.now() / 1_000);
    this.server = createServer((request, response) => this.#answer(request, response));
    const webSockets = new WebSocketServer({ server: this.server, perMessageDeflate: false });
    webSockets.on('connection', (socket) =>
      socket.on('message', (data) => this.#onRequest(socket, JSON.parse(data.toString()))),
    );
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/trade/${SYMBOL}`;
  }

  close(): void {
    for (const socket of this.followers.values()) socket.terminate();
    this.server.close();
    this.server.closeAllConnections();
  }

  /** The page follows all that the trade screen shows. */
  get isFollowed(): boolean {
    return [`book.${SYMBOL}`, `trades.${SYMBOL}`, `ticker.${SYMBOL}`].every((name) =>
      this.followers.has(name),
    );
  }

  /** Changes some levels of the book, and tells it. */
  updateBook(): void {
    const previousSequence = this.sequence++;
    const changed = (side: Map<number, number>) =>
      Array.from({ length: CHANGED / 2 }, () => {
        const ticks = [...side.keys()][Math.floor(this.random() * LEVELS)];
        side.set(ticks, this.#lots());
        return levelOf(ticks, side.get(ticks) as number);
      });
    const [bids, asks] = [changed(this.bids), changed(this.asks)];
    this.#tell(`book.${SYMBOL}`, {
      type: 'changes',
      previousSequence,
      sequence: this.sequence,
      checksum: this.#checksum(),
      bids,
      asks,
    });
  }

  /** Tells so many trades in one message, and the candle and the ticker after them. */
  trade(count: number): void {
    const items = Array.from({ length: count }, () => this.#newTrade());
    const price = items[items.length - 1].price;
    this.#tell(`trades.${SYMBOL}`, { type: 'trades', items });
    for (const [interval, seconds] of Object.entries(INTERVALS))
      this.#tell(`candles.${SYMBOL}.${interval}`, {
        type: 'candles',
        items: [this.#candle(seconds, price, count)],
      });
    this.#tell(`ticker.${SYMBOL}`, { type: 'ticker', ticker: this.#ticker(price) });
  }

  /** The candle of now, of so many seconds. */
  #candle(seconds: number, price: string, count: number) {
    const openMs = Math.floor(this.seconds / seconds) * seconds * 1_000;
    return {
      openTime: `${new Date(openMs).toISOString().slice(0, 19)}Z`,
      open: price,
      high: price,
      low: price,
      close: price,
      volume: '1.0000',
      quoteVolume: '1.00',
      takerBuyVolume: '0.0000',
      trades: count,
      isComplete: true,
    };
  }

  /** The market's clock goes on. */
  advance(seconds: number): void {
    this.seconds += seconds;
  }

  /** Resolves when the page has read most of what it was told. */
  async whenRead(): Promise<void> {
    for (;;) {
      const socket = this.followers.get(`book.${SYMBOL}`);
      if (socket === undefined || socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount <= WAITING_BYTES_MAX) return;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #lots(): number {
    return 1 + Math.floor(this.random() * 20_000);
  }

  #newTrade() {
    const ticks = MIDDLE_TICKS + Math.floor((this.random() - 0.5) * 400);
    const time = new Date(this.seconds * 1_000).toISOString().slice(0, 19);
    return {
      tradeId: ++this.tradeId,
      symbol: SYMBOL,
      price: (ticks / 100).toFixed(2),
      quantity: (this.#lots() / 10_000).toFixed(4),
      amount: '100.00',
      aggressorSide: this.random() < 0.5 ? 'buy' : 'sell',
      time: `${time}.${String(this.tradeId % 1_000_000_000).padStart(9, '0')}Z`,
      sequence: this.sequence,
    };
  }

  #ticker(last: string) {
    return {
      symbol: SYMBOL,
      from: '2026-01-01T00:00:00Z',
      isComplete: true,
      trades: this.tradeId,
      open: '65000.00',
      high: '65100.00',
      low: '64900.00',
      last,
      change: '1.00',
      changePercent: '0.0015',
      volume: '100.0000',
      quoteVolume: '6500000.00',
      bid: '64999.00',
      ask: '65001.00',
    };
  }

  #checksum(): number {
    const side = (levels: [number, number][]): string =>
      levels
        .slice(0, CHECKED)
        .map(([ticks, lots]) => levelOf(ticks, lots).slice(0, 2).join(':'))
        .join(',');
    const { bids, asks } = this.#sides();
    return crc32(`${side(bids)}|${side(asks)}`);
  }

  #sides() {
    return {
      bids: [...this.bids].sort(([a], [b]) => b - a),
      asks: [...this.asks].sort(([a], [b]) => a - b),
    };
  }

  #tell(channel: string, message: object): void {
    this.followers.get(channel)?.send(JSON.stringify({ channel, ...message }));
  }

  #onRequest(
    socket: WebSocket,
    { id, op, params }: { id: number; op: string; params: { channel?: string } },
  ): void {
    const result: object =
      op === 'auth'
        ? { userId: 1, name: 'bench', role: 'trader', accountId: 1, reportCount: 0 }
        : { ...params };
    socket.send(JSON.stringify({ id, result }));
    const { channel = '' } = params;
    if (op === 'unsubscribe') this.followers.delete(channel);
    if (op !== 'subscribe') return;
    this.followers.set(channel, socket);
    const [kind] = channel.split('.');
    if (kind === 'book') {
      const { bids, asks } = this.#sides();
      const levels = (side: [number, number][]) => side.map(([ticks, lots]) => levelOf(ticks, lots));
      this.#tell(channel, {
        type: 'snapshot',
        depth: LEVELS,
        sequence: this.sequence,
        checksum: this.#checksum(),
        bids: levels(bids),
        asks: levels(asks),
      });
    } else if (kind === 'trades')
      this.#tell(channel, { type: 'snapshot', items: Array.from({ length: 50 }, () => this.#newTrade()) });
    else if (kind === 'ticker') this.#tell(channel, { type: 'ticker', ticker: this.#ticker('65000.00') });
    else if (kind === 'phase')
      this.#tell(channel, {
        type: 'phase',
        status: { symbol: SYMBOL, phase: 'continuous', isSuspended: false },
      });
    else if (kind === 'balances')
      this.#tell(channel, { type: 'balances', balances: { sequence: 1, accountId: 1, items: [] } });
  }

  #answer({ url = '/', method }: IncomingMessage, response: ServerResponse): void {
    const [path] = url.split('?', 1);
    if (!path.startsWith('/api/v1/')) {
      const asked = join(CONSOLE, path);
      const file = extname(path) !== '' && existsSync(asked) ? asked : join(CONSOLE, 'index.html');
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' });
      response.end(readFileSync(file));
      return;
    }
    const body = method === 'POST' ? tokenAnswer() : ANSWERS[path.replace('/api/v1', '')];
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? { sequence: 1, items: [] }));
  }
}

const ANSWERS: Readonly<Record<string, object>> = {
  '/profile': {
    user: {
      userId: 1,
      name: 'bench',
      role: 'trader',
      accountId: 1,
      enabled: true,
      mustChangePassword: false,
    },
    actions: Object.keys(Action),
  },
  '/assets': {
    items: [
      { assetId: 1, symbol: 'USD', decimals: 2 },
      { assetId: 2, symbol: 'BTC', decimals: 8 },
    ],
  },
  '/instruments': { items: [INSTRUMENT] },
};

function levelOf(ticks: number, lots: number): [string, string, number] {
  return [(ticks / 100).toFixed(2), (lots / 10_000).toFixed(4), 1];
}

/** A login whose token is one in form only: nobody here looks at its signature. */
function tokenAnswer(): object {
  const nowSeconds = Date.now() / 1_000;
  const claims = { iat: nowSeconds, exp: nowSeconds + TOKEN_SECONDS };
  const token = `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.none`;
  return { token, expiresMs: Math.round(claims.exp * 1_000) };
}
