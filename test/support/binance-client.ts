import { createHmac, createPrivateKey, sign } from 'node:crypto';
import type { KeyPair } from './binance-node.ts';
import type { Message, WebSocketClient } from './websocket-client.ts';

/** A buy order of five lots at the market of a BinanceNode, in the dialect's words. */
export const LIMIT = {
  symbol: 'BTCUSD',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  quantity: '0.001',
  price: '64000',
};

/** An answer of the REST part. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Message;
}

/** Signs as a key of either kind does. */
export function signatureOf({ secret }: KeyPair, payload: string): string {
  return secret.startsWith('-----')
    ? sign(null, Buffer.from(payload), createPrivateKey(secret)).toString('base64')
    : createHmac('sha256', secret).update(payload).digest('hex');
}

let lastMs = 0;

/** A time that no request before had: the same text is good once. */
export function freshMs(): number {
  lastMs = Math.max(Date.now(), lastMs + 1);
  return lastMs;
}

/** Speaks REST byte for byte as it is told to. */
export class BinanceClient {
  readonly #url: string;
  readonly #keys: KeyPair;

  constructor(url: string, keys: KeyPair) {
    this.#url = url;
    this.#keys = keys;
  }

  /** Sends a request as it is. */
  async send(
    method: string,
    target: string,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> {
    const init = { method, headers, ...(body === undefined ? {} : { body }) };
    const response = await fetch(`${this.#url}${target}`, init);
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  /** Sends a request with these parameters signed in the query, or some of them in the body, and with these headers besides. */
  async signed(
    method: string,
    path: string,
    params: Record<string, string | number> = {},
    inBody: Record<string, string | number> | undefined = undefined,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const query = formOf({ ...params, timestamp: params['timestamp'] ?? freshMs() });
    const body = inBody === undefined ? undefined : formOf(inBody);
    const signature = encodeURIComponent(signatureOf(this.#keys, query + (body ?? '')));
    const headers = { 'x-mbx-apikey': this.#keys.apiKey, ...more };
    if (body === undefined)
      return this.send(method, `/api/v3${path}?${query}&signature=${signature}`, headers);
    return this.send(
      method,
      `/api/v3${path}?${query}`,
      { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      `${body}&signature=${signature}`,
    );
  }

  /** The parameters of a signed request of the WebSocket API. */
  wsParams(params: Record<string, string | number> = {}): Record<string, string | number> {
    const all: Record<string, string | number> = {
      ...params,
      apiKey: this.#keys.apiKey,
      timestamp: params['timestamp'] ?? freshMs(),
    };
    const payload = Object.keys(all)
      .sort()
      .map((name) => `${name}=${all[name]}`)
      .join('&');
    return { ...all, signature: signatureOf(this.#keys, payload) };
  }
}

/** Asks by a WebSocket, and waits for the answer. */
export async function call(
  client: WebSocketClient,
  method: string,
  params?: unknown,
  id: number | string = 1,
): Promise<Message> {
  client.ws.send(JSON.stringify({ id, method, ...(params === undefined ? {} : { params }) }));
  return client.take((message) => message.id === id);
}

function formOf(params: Record<string, string | number>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
}
