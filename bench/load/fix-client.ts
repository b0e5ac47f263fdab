import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const SOH = '\x01';
/** What every Execution Report that says "new" has, in FIX 4.4 from QuickFIX and from the venue. */
const NEW_REPORT = Buffer.from(`${SOH}150=0${SOH}`);
/** Between the end of one message and the beginning of the next; a report lies within one. */
const TIME_BYTES = 21;

/**
 * A bare FIX 4.4 counterparty that sends limit orders and counts the Execution Reports that accept them. It reads nothing else
 * of what comes, so that it costs little beside the server.
 */
export class FixLoadClient {
  declare private readonly socket: Socket;
  declare private readonly compId: string;
  declare private readonly targetCompId: string;
  declare private number: number;
  declare private tail: Buffer;
  declare private onReport: (count: number) => void;

  private constructor(socket: Socket, compId: string, targetCompId: string) {
    this.socket = socket;
    this.compId = compId;
    this.targetCompId = targetCompId;
    this.number = 1;
    this.tail = Buffer.alloc(0);
    this.onReport = () => {};
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
  }

  /** Connects and logs on. @param login fields of the Logon that say who it is */
  static async logOn(
    port: number,
    compId: string,
    targetCompId: string,
    login: string,
  ): Promise<FixLoadClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    const client = new FixLoadClient(socket, compId, targetCompId);
    const answered = once(socket, 'data');
    socket.write(client.#message('A', `98=0|108=30|${login}`), 'latin1');
    const [answer] = (await answered) as [Buffer];
    if (!String(answer).includes(`${SOH}35=A${SOH}`)) throw new Error(`not logged on: ${answer}`);
    return client;
  }

  /** From an order until its report, one at a time; microseconds. */
  async latenciesUs(orders: number): Promise<Float64Array> {
    const latencies = new Float64Array(orders);
    const done = Promise.withResolvers<void>();
    let at = 0;
    let sentAt = 0;
    const next = (): void => {
      const order = this.#order(at);
      sentAt = performance.now();
      this.socket.write(order, 'latin1');
    };
    this.onReport = () => {
      latencies[at++] = (performance.now() - sentAt) * 1_000;
      if (at === orders) done.resolve();
      else next();
    };
    next();
    await done.promise;
    return latencies;
  }

  /** Orders a second, with `window` of them on their way. */
  async perSecond(orders: number, window: number): Promise<number> {
    const done = Promise.withResolvers<void>();
    let sent = 0;
    let told = 0;
    const fill = (): void => {
      let batch = '';
      for (; sent < orders && sent - told < window; sent++) batch += this.#order(sent);
      if (batch !== '') this.socket.write(batch, 'latin1');
    };
    this.onReport = (count) => {
      told += count;
      if (told === orders) done.resolve();
      // In batches, as a program with much to send does.
      else if (sent - told <= window / 2) fill();
    };
    const start = performance.now();
    fill();
    await done.promise;
    return (orders / (performance.now() - start)) * 1_000;
  }

  close(): void {
    this.socket.destroy();
  }

  #onData(chunk: Buffer): void {
    const bytes = this.tail.length === 0 ? chunk : Buffer.concat([this.tail, chunk]);
    let count = 0;
    let at = bytes.indexOf(NEW_REPORT);
    let end = 0;
    for (; at !== -1; at = bytes.indexOf(NEW_REPORT, end)) {
      count++;
      // The separator behind one field may be the one before the next.
      end = at + NEW_REPORT.length - 1;
    }
    this.tail = bytes.subarray(Math.max(end, bytes.length - NEW_REPORT.length + 1));
    if (count > 0) this.onReport(count);
  }

  /** A buy far from the market: each its own price, so that no queue is long. */
  #order(index: number): string {
    const price = 1 + (index % 1_000);
    const id = `${this.number}-${index}`;
    return this.#message('D', `11=${id}|38=1|40=2|44=${price}.00|54=1|55=BENCH|59=1|60=${this.#time()}|`);
  }

  #message(type: string, fields: string): string {
    const { compId, targetCompId } = this;
    const head = `35=${type}|34=${this.number++}|49=${compId}|52=${this.#time()}|56=${targetCompId}|`;
    const body = (head + fields).replaceAll('|', SOH);
    const message = `8=FIX.4.4${SOH}9=${body.length}${SOH}${body}`;
    let sum = 0;
    for (let at = 0; at < message.length; at++) sum += message.charCodeAt(at);
    return `${message}10=${String(sum & 255).padStart(3, '0')}${SOH}`;
  }

  #time(): string {
    const iso = new Date().toISOString();
    return `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 23)}`.slice(0, TIME_BYTES);
  }
}
