import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import ccxt, { type binance as CcxtBinance } from 'ccxt';
import { ACCESS, accessSettingsOf } from '#app/config/access-section.ts';
import { defaultConfiguration } from '#app/config/configuration.ts';
import { defaultsOf } from '#app/config/fields.ts';
import { type NodeConfig, type RunningNode, startNode } from '#app/node.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { ApiKeyKind, InstrumentKind, Phase, Role } from '#domain/commands.ts';
import { HmacSecrets, hmacFingerprint, makeHmacSecret } from '#gateways/identity/hmac-secrets.ts';
import { nodeSecretsKey } from '#gateways/identity/node-keys.ts';
import { send } from './random-flow.ts';

const FAST = { perSecond: 10_000, burst: 1_000_000 };

/** An API key as its owner has it: what ccxt calls apiKey and secret. */
export interface KeyPair {
  readonly apiKey: string;
  readonly secret: string;
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
  /** What the node has logged as errors. */
  readonly errors: readonly string[];

  constructor(
    node: RunningNode,
    errors: readonly string[],
    [maker, taker, viewer]: readonly [KeyPair, KeyPair, KeyPair],
  ) {
    this.node = node;
    this.errors = errors;
    this.maker = maker;
    this.taker = taker;
    this.viewer = viewer;
  }

  static async start(t: TestContext, rate = FAST): Promise<BinanceNode> {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'hive-binance-'));
    const errors: string[] = [];
    const [makerSecret, viewerSecret] = [makeHmacSecret(), makeHmacSecret()];
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const config: NodeConfig = {
      dataDirectory,
      nodeId: 1,
      ouch: { host: '127.0.0.1', port: 0, cancelOnDisconnect: false, tls: undefined },
      marketData: { host: '127.0.0.1', port: 0, snapshotPort: 0, tls: undefined },
      http: { host: '127.0.0.1', port: 0, connectionsMax: 256, tls: undefined },
      webSocket: defaultConfiguration().webSocket,
      access: { ...accessSettingsOf(defaultsOf(ACCESS)), userRate: rate, keyRate: rate, addressRate: FAST },
      fix: { ...defaultConfiguration().fix, host: '127.0.0.1', port: 0, tls: undefined, sessions: [] },
      connectionsPerAddressMax: 256,
      snapshots: { everyEntries: 1_000, keep: 2 },
      disk: { keepLogBytes: undefined, warnFreeBelowBytes: 0 },
      segmentBytes: 8 * 1024 * 1024,
      attestEvery: 0,
    };
    const logger = {
      info: () => {},
      warn: () => {},
      error: (fields: object, message: string) => void errors.push(`${message} ${JSON.stringify(fields)}`),
    };
    // The first start makes the directory, in which the secrets of HMAC keys are.
    await (await startNode(config, logger)).close();
    const secrets = new HmacSecrets(dataDirectory, nodeSecretsKey(dataDirectory));
    secrets.keep(11, makerSecret);
    secrets.keep(13, viewerSecret);
    const node = await startNode(config, logger);
    t.after(async () => {
      await node.close();
      rmSync(dataDirectory, { recursive: true, force: true });
      assert.deepEqual(errors, []);
    });
    const hmac = (secret: string) => ({ kind: ApiKeyKind.Hmac, verifier: hmacFingerprint(secret) });
    const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const commands: CommandInput[] = [
      ...MARKET,
      { type: 'AddApiKey', keyId: 11, targetUserId: 1, ...hmac(makerSecret), label: 'bot' },
      {
        type: 'AddApiKey',
        keyId: 12,
        targetUserId: 2,
        kind: ApiKeyKind.Ed25519,
        verifier: raw,
        label: 'bot',
      },
      { type: 'AddApiKey', keyId: 13, targetUserId: 3, ...hmac(viewerSecret), readOnly: 1, label: 'look' },
    ];
    for (const command of commands) send(node.outbox, command);
    const { sequence } = node.status();
    while (node.status().sequence === sequence) await setTimeout(1);
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const venue = new BinanceNode(node, errors, [
      { apiKey: '11', secret: makerSecret },
      { apiKey: '12', secret: pem.trim() },
      { apiKey: '13', secret: viewerSecret },
    ]);
    await venue.#edgeKnows(venue.viewer);
    return venue;
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
    t.after(() => client.close());
    // ccxt wants it for WebSockets without TLS.
    await client.loadHttpProxyAgent();
    return client;
  }

  /** The edge learns of keys a moment after the log. */
  async #edgeKnows({ apiKey, secret }: KeyPair): Promise<void> {
    for (;;) {
      const query = `timestamp=${Date.now()}`;
      const signature = createHmac('sha256', secret).update(query).digest('hex');
      const response = await fetch(`${this.url}/api/v3/account?${query}&signature=${signature}`, {
        headers: { 'x-mbx-apikey': apiKey },
      });
      const body = (await response.json()) as { code?: number };
      if (response.status === 200) return;
      assert.ok(body.code === -1001 || body.code === -2015, JSON.stringify([body, this.errors]));
      await setTimeout(20);
    }
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
