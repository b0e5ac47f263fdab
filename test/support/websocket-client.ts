import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { type ClientOptions, WebSocket } from 'ws';
import { asyncApiDocument } from '#gateways/websocket/asyncapi.ts';
import { WEBSOCKET_PATH } from '#gateways/websocket/credential.ts';
import { AsyncApiChecker } from './asyncapi.ts';

// biome-ignore lint/suspicious/noExplicitAny: whatever the door says
export type Message = any;

const DOCUMENT = new AsyncApiChecker(asyncApiDocument());

/**
 * A bare client of the WebSocket door: keeps what it is told until somebody asks for it. Where the address is that of the venue's own
 * interface, everything it is told, and every request that is done, has to be as the AsyncAPI document says.
 */
export class WebSocketClient {
  readonly ws: WebSocket;
  /** Everything that was not asked for yet, in order. */
  readonly messages: Message[] = [];
  /** What the document does not allow of what went over the connection. */
  readonly faults: string[] = [];
  /** False: what it is told is of no document, as channels that a test invented. */
  isDocumented: boolean;
  /** Requests by their ids until they are answered. */
  readonly #asked = new Map<
    unknown,
    { readonly id: number; readonly op: string; readonly params?: object | undefined }
  >();
  #lastId = 0;
  #waiting: (() => void)[] = [];
  #isClosed = false;
  readonly closed: Promise<{ code: number; reason: string }>;

  constructor(ws: WebSocket) {
    this.ws = ws;
    this.isDocumented = new URL(ws.url).pathname === WEBSOCKET_PATH;
    ws.on('message', (data) => {
      const message = JSON.parse(data.toString()) as Message;
      this.#check(message);
      this.messages.push(message);
      this.#wake();
    });
    ws.on('error', () => {});
    // Not `once` of node:events: that fails with the first error, which the end follows.
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        this.#isClosed = true;
        this.#wake();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  #check(message: Message): void {
    if (!this.isDocumented) return;
    const asked = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    this.faults.push(...DOCUMENT.faults(message, asked?.op));
    if (asked !== undefined && message.result !== undefined)
      this.faults.push(...DOCUMENT.requestFaults(asked.op, JSON.parse(JSON.stringify(asked))));
  }

  #wake(): void {
    for (const look of this.#waiting.splice(0)) look();
  }

  static async connect(t: TestContext, url: string, options?: ClientOptions): Promise<WebSocketClient> {
    const client = new WebSocketClient(new WebSocket(url, { perMessageDeflate: false, ...options }));
    t.after(() => {
      client.ws.terminate();
      assert.deepEqual(client.faults, []);
    });
    await once(client.ws, 'open');
    return client;
  }

  /** Sends a request; resolves with its answer. */
  async request(op: string, params?: object): Promise<Message> {
    const id = ++this.#lastId;
    this.#asked.set(id, { id, op, params });
    this.ws.send(JSON.stringify({ id, op, params }));
    return this.take((message) => message.id === id);
  }

  /** The result of a request that must be done. */
  async result(op: string, params?: object): Promise<Message> {
    const { result, error } = await this.request(op, params);
    assert.equal(error, undefined);
    return result;
  }

  /** The error of a request that must be refused. */
  async error(op: string, params?: object): Promise<Message> {
    const { result, error } = await this.request(op, params);
    assert.equal(result, undefined);
    return error;
  }

  async auth(token: string, params: object = {}): Promise<Message> {
    return this.result('auth', { authorization: `Bearer ${token}`, ...params });
  }

  /** The first message that fits, taken out. */
  async take(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.messages.findIndex(fits);
      assert.deepEqual(this.faults, []);
      if (at !== -1) return this.messages.splice(at, 1)[0];
      assert.ok(!this.#isClosed, `the connection ended; there are ${JSON.stringify(this.messages)}`);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** The next message of a channel. */
  async next(channel: string): Promise<Message> {
    return this.take((message) => message.channel === channel);
  }

  /** What the door says to raw text without a usable id. */
  async say(text: string | Buffer): Promise<Message> {
    this.ws.send(text);
    return this.take((message) => message.id === undefined && message.error !== undefined);
  }
}
