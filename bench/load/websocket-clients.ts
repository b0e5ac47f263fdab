/**
 * Many WebSocket clients in a process of their own, with a JSON configuration as its only argument: subscribers of one book,
 * or users that each send messages at a steady rate. Tells its parent when all are connected, and what they saw when it is asked.
 */
import { once } from 'node:events';
import { createHistogram } from 'node:perf_hooks';
import { WebSocket } from 'ws';
import { Role } from '#domain/commands.ts';
import { BearerTokens } from '#gateways/identity/bearer-tokens.ts';
import { nodeSigningKey } from '#gateways/identity/node-keys.ts';
import { type DirectoryUser, UserDirectory } from '#gateways/identity/user-directory.ts';
import { endProcess } from '#lib/end-process.ts';
import { LOAD_SALT } from './traffic.ts';

export interface WebSocketClientsConfig {
  readonly url: string;
  readonly count: number;
  /** Follow this book; empty: none. */
  readonly symbol: string;
  /** Of each client in a second, as user `firstUser` and so on; 0: nobody logs in. */
  readonly messagesPerSecond: number;
  readonly firstUser: number;
  /** The venue's, on this machine: its key signs the tokens. */
  readonly dataDirectory: string;
}

export interface WebSocketClientsSeen {
  readonly messages: number;
  readonly bytes: number;
  /** Messages that do not follow the one before. */
  readonly breaks: number;
  readonly sent: number;
  /** Messages that did what they asked for, and those that were answered with an error. */
  readonly done: number;
  readonly refused: number;
  readonly answerUsP50: number;
  readonly answerUsP99: number;
}

const config = JSON.parse(process.argv[2]) as WebSocketClientsConfig;
/** Connections that are being opened at a time. */
const OPENING_MAX = 64;
const PREVIOUS = /"previousSequence":(\d+),"sequence":(\d+)/;
const FIRST = /"sequence":(\d+)/;

let messages = 0;
let bytes = 0;
let breaks = 0;
let sent = 0;
let done = 0;
let refused = 0;
const answerNs = createHistogram();

const ORDER = { symbol: 'BENCH', side: 'buy', type: 'limit', price: '1.00', quantity: '1' };
/** By client: the text of an order that is known to be open. */
const openOrders = new Map<WebSocket, string>();
const clients: WebSocket[] = [];
for (let first = 0; first < config.count; first += OPENING_MAX) {
  const many = Math.min(OPENING_MAX, config.count - first);
  const opened = Array.from({ length: many }, (_, index) => open(config.firstUser + first + index));
  clients.push(...(await Promise.all(opened)));
}
if (config.messagesPerSecond > 0) spread();
process.send!({ port: 0 });
process.on('message', () => {
  process.send!({
    messages,
    bytes,
    breaks,
    sent,
    done,
    refused,
    answerUsP50: Math.round(answerNs.percentile(50) / 1_000),
    answerUsP99: Math.round(answerNs.percentile(99) / 1_000),
  } satisfies WebSocketClientsSeen);
  messages = 0;
  bytes = 0;
  sent = 0;
  done = 0;
  refused = 0;
  answerNs.reset();
});
process.on('disconnect', () => endProcess(1));

async function open(userId: number): Promise<WebSocket> {
  const ws = new WebSocket(config.url, { perMessageDeflate: false });
  await once(ws, 'open');
  if (config.messagesPerSecond > 0) {
    ws.send(
      JSON.stringify({ id: 0, op: 'auth', params: { authorization: `Bearer ${await tokenOf(userId)}` } }),
    );
    const [answer] = await once(ws, 'message');
    if (!answer.toString().includes('"result"')) throw new Error(answer.toString());
    ws.on('message', (data: Buffer) => {
      const text = data.toString();
      const at = Number(/"id":(\d+)/.exec(text)?.[1]);
      if (text.includes('"error"')) refused++;
      else done++;
      if (text.includes('"status":"open"'))
        openOrders.set(ws, /"clientOrderId":"(o\d+)"/.exec(text)?.[1] ?? '');
      answerNs.record(Math.max(1, Math.round((performance.now() * 1_000 - at) * 1_000)));
    });
  } else {
    let sequence = 0;
    ws.on('message', (data: Buffer) => {
      messages++;
      bytes += data.length;
      const head = data.toString('latin1', 0, 160);
      const [, previous, next] = PREVIOUS.exec(head) ?? [];
      if (previous === undefined) sequence = Number(FIRST.exec(head)?.[1] ?? sequence);
      else {
        if (Number(previous) !== sequence) breaks++;
        sequence = Number(next);
      }
    });
    ws.send(
      JSON.stringify({ id: 1, op: 'subscribe', params: { channel: `book.${config.symbol}`, depth: 25 } }),
    );
  }
  return ws;
}

function tokenOf(userId: number): Promise<string> {
  const directory = new UserDirectory();
  directory.timeSeconds = Math.floor(Date.now() / 1_000);
  const tokens = new BearerTokens(directory, { nodeId: 1, signingKey: nodeSigningKey(config.dataDirectory) });
  const user = { userId, role: Role.Trader, accountId: userId, salt: LOAD_SALT } as DirectoryUser;
  return tokens.issue(user).then(({ token }) => token);
}

/**
 * Each client in its turn: the cancel of an order that was acknowledged, or else an order far from the market. The id is when it
 * was sent, in microseconds.
 */
function spread(): void {
  const everyMs = 1_000 / config.messagesPerSecond;
  const start = performance.now();
  let turn = 0;
  setInterval(() => {
    const due = Math.floor(((performance.now() - start) / everyMs) * clients.length);
    for (; turn < due; turn++) {
      const client = clients[turn % clients.length];
      const id = Math.floor(performance.now() * 1_000);
      const clientOrderId = openOrders.get(client);
      openOrders.delete(client);
      const request =
        clientOrderId === undefined
          ? { id, op: 'order.place', params: { ...ORDER, clientOrderId: `o${turn}` } }
          : { id, op: 'order.cancel', params: { clientOrderId } };
      client.send(JSON.stringify(request));
      sent++;
    }
  }, 5);
}
