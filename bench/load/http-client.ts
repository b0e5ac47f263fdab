/**
 * A load of HTTP orders, in a process of its own with a JSON configuration as its only argument: connections that are
 * kept alive and have a window of requests on their way each, the next when one is answered. Tells its parent what came of it.
 */
import { connect, type Socket } from 'node:net';
import { endProcess } from '#lib/end-process.ts';

export interface HttpLoadConfig {
  readonly port: number;
  readonly path: string;
  /** Tokens of the users, one for each connection; the first of two neighbours buys what the second sells. */
  readonly tokens: readonly string[];
  /** Requests of a connection without an answer. */
  readonly window: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

export interface HttpLoadResult {
  readonly answeredPerSecond: number;
  readonly latencyUsP50: number;
  readonly latencyUsP99: number;
  /** Time on a processor for one request. */
  readonly clientCpuUs: number;
}

const HEADER_END = Buffer.from('\r\n\r\n');
const LENGTH = 'content-length: ';
const STATUS_AT = 'HTTP/1.1 '.length;

const config = JSON.parse(process.argv[2]) as HttpLoadConfig;
let isMeasuring = false;
const latenciesUs: number[] = [];

class Connection {
  readonly #socket: Socket;
  readonly #head: string;
  readonly #name: string;
  readonly #side: string;
  #sentMs: number[] = [];
  #count = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(index: number, token: string) {
    this.#name = `c${index}-${process.pid}-`;
    this.#side = index % 2 === 0 ? 'buy' : 'sell';
    this.#head = `POST ${config.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n`;
    this.#socket = connect({ port: config.port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (bytes: Buffer) => this.#read(bytes));
    this.#socket.on('close', () => {
      throw new Error('the server ended the connection');
    });
    this.#send(config.window);
  }

  #send(requests: number): void {
    let text = '';
    for (let request = 0; request < requests; request++) {
      const body = `{"symbol":"BENCH","side":"${this.#side}","type":"limit","timeInForce":"good-till-cancel","quantity":"1","price":"100.00","clientOrderId":"${this.#name}${this.#count++}"}`;
      text += `${this.#head}Content-Length: ${body.length}\r\n\r\n${body}`;
      this.#sentMs.push(performance.now());
    }
    this.#socket.write(text);
  }

  #read(bytes: Buffer): void {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let answered = 0;
    for (;;) {
      const headEnd = rest.indexOf(HEADER_END);
      if (headEnd === -1) break;
      const head = rest.toString('latin1', 0, headEnd);
      const length = Number.parseInt(head.slice(head.indexOf(LENGTH) + LENGTH.length), 10);
      const end = headEnd + HEADER_END.length + length;
      if (rest.length < end) break;
      if (!head.startsWith('200', STATUS_AT)) throw new Error(rest.toString('latin1', 0, end));
      rest = rest.subarray(end);
      answered++;
    }
    this.#rest = rest;
    if (answered === 0) return;
    const nowMs = performance.now();
    for (const sentMs of this.#sentMs.splice(0, answered))
      if (isMeasuring) latenciesUs.push((nowMs - sentMs) * 1_000);
    this.#send(answered);
  }
}

for (const [index, token] of config.tokens.entries()) new Connection(index, token);
await new Promise((resolve) => setTimeout(resolve, config.warmupSeconds * 1_000));
isMeasuring = true;
process.send?.('measuring');
const cpu = process.cpuUsage();
const startMs = performance.now();
await new Promise((resolve) => setTimeout(resolve, config.seconds * 1_000));
const seconds = (performance.now() - startMs) / 1_000;
const { user, system } = process.cpuUsage(cpu);
const sorted = Float64Array.from(latenciesUs).sort();
process.send?.(
  {
    answeredPerSecond: sorted.length / seconds,
    latencyUsP50: sorted[Math.floor(sorted.length / 2)],
    latencyUsP99: sorted[Math.floor(sorted.length * 0.99)],
    clientCpuUs: (user + system) / sorted.length,
  } satisfies HttpLoadResult,
  () => endProcess(0),
);
