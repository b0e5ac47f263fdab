import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { TestContext } from 'node:test';
import ccxt, { type binance as CcxtBinance } from 'ccxt';
import type { RunningNode } from '#app/node.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, Phase, Role } from '#domain/commands.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import type { Rate } from '#gateways/identity/rate-limiter.ts';
import { PASSWORD, RestNode, restNodeConfig } from './rest-node.ts';

/** An API key as its owner has it: what ccxt calls apiKey and secret. */
export interface KeyPair {
  readonly apiKey: string;
  readonly secret: string;
}

/** ccxt's addresses by name, some of them in groups. */
type Hosts = Record<string, unknown>;

/** What a user and a key may ask; without one no test reaches it. */
interface Rates {
  readonly userRate?: Rate;
  readonly keyRate?: Rate;
}

/**
 * A whole node in this process with two spot pairs (BTCUSD: tick 0.05, lot 0.0002; ETHUSD) and a future; users 1 and 2, who
 * have an HMAC and an Ed25519 key, and user 3, whose key is read-only.
 */
export class BinanceNode {
  readonly node: RunningNode;
  readonly maker: KeyPair;
  readonly taker: KeyPair;
  readonly viewer: KeyPair;
  /** What the node's log says. */
  readonly lines: RestNode['lines'];

  constructor(
    node: RunningNode,
    lines: RestNode['lines'],
    [maker, taker, viewer]: readonly [KeyPair, KeyPair, KeyPair],
  ) {
    this.node = node;
    this.lines = lines;
    this.maker = maker;
    this.taker = taker;
    this.viewer = viewer;
  }

  static async start(t: TestContext, rates: Rates = {}): Promise<BinanceNode> {
    const salt = new Uint8Array(16).fill(7);
    const passwordHash = new Uint8Array(await hashPassword(PASSWORD, salt));
    const commands = MARKET.map((command) =>
      command.type === 'AddUser' ? { ...command, salt, passwordHash } : command,
    );
    const { access } = restNodeConfig('');
    const rest = await RestNode.start(t, commands, { access: { ...access, ...rates } });
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const add = async (user: string, key: object): Promise<KeyPair> => {
      const member = await rest.logIn(user);
      const { status, body } = await member.post('/keys', { label: 'bot', ...key });
      assert.equal(status, 200, JSON.stringify(body));
      return { apiKey: String(body.keyId), secret: body.secret ?? pem.trim() };
    };
    const maker = await add('U1', { kind: 'hmac', reason: 'test' });
    const taker = await add('U2', { kind: 'ed25519', publicKey: raw, reason: 'test' });
    const viewer = await add('U3', { kind: 'hmac', readOnly: true, reason: 'test' });
    await rest.untilSignaturesCount();
    return new BinanceNode(rest.node, rest.lines, [maker, taker, viewer]);
  }

  get url(): string {
    return `http://127.0.0.1:${this.node.edgePorts['http']}`;
  }

  /** A ccxt client, as a bot has it, but for its addresses. */
  async client(t: TestContext, keys?: KeyPair): Promise<CcxtBinance> {
    const socket = this.url.replace('http', 'ws');
    const rest = `${this.url}/api/v3`;
    const client = new ccxt.pro.binance({
      ...keys,
      enableRateLimit: false,
      options: { fetchMarkets: { types: ['spot'] }, fetchMargins: false, fetchCurrencies: false },
      urls: {
        api: {
          public: rest,
          private: rest,
          ws: { spot: `${socket}/ws`, 'ws-api': { spot: `${socket}/ws-api/v3` } },
        },
      },
    });
    const api = client.urls['api'] as Hosts;
    const ws = api['ws'] as Hosts;
    for (const hosts of [api, ws, ws['ws-api'] as Hosts])
      for (const [name, url] of Object.entries(hosts))
        if (String(url).includes('binance.com'))
          hosts[name] = `${String(url).startsWith('ws') ? socket : this.url}/none`;
    t.after(() => client.close());
    // ccxt wants it for WebSockets without TLS.
    await client.loadHttpProxyAgent();
    return client;
  }
}

const pair = {
  type: 'AddInstrument',
  kind: InstrumentKind.Spot,
  priceDecimals: 2,
  qtyDecimals: 4,
  quoteAssetId: 1,
  tickSize: 5,
  lotSize: 2,
  valueNumerator: 1,
  valueDenominator: 1_000,
  minQtyLots: 1,
  maxQtyLots: 1_000_000,
  makerFeePpm: 500,
  takerFeePpm: 1_000,
  collarPpm: 200_000,
  marketProtectionPpm: 20_000,
  referencePriceTicks: 1_300_000,
  phase: Phase.Continuous,
} as const;

const MARKET: readonly CommandInput[] = [
  { type: 'AddAsset', assetId: 1, decimals: 2, symbol: 'USD' },
  { type: 'AddAsset', assetId: 2, decimals: 8, symbol: 'BTC' },
  { type: 'AddAsset', assetId: 3, decimals: 8, symbol: 'ETH' },
  { ...pair, instrumentId: 1, symbol: 'BTCUSD', baseAssetId: 2, lotBaseMinor: 20_000 },
  { ...pair, instrumentId: 2, symbol: 'ETHUSD', baseAssetId: 3, lotBaseMinor: 20_000, collarPpm: 0 },
  {
    ...pair,
    instrumentId: 3,
    symbol: 'BTCFUT',
    kind: InstrumentKind.Margined,
    baseAssetId: 0,
    lotBaseMinor: 0,
    initialMarginMinor: 10,
  },
  ...[1, 2, 3].flatMap((id): CommandInput[] => [
    { type: 'AddAccount', accountId: id },
    { type: 'AddUser', newUserId: id, accountId: id, role: Role.Trader, name: `U${id}` },
    { type: 'Deposit', accountId: id, assetId: 1, amountMinor: 100_000_000 },
    { type: 'Deposit', accountId: id, assetId: 2, amountMinor: 1_000_000_000 },
    { type: 'Deposit', accountId: id, assetId: 3, amountMinor: 100_000_000_000 },
  ]),
];
