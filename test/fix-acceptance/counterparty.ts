import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { difference, fillFrame, fillTimes, SOH, type Step } from './definition.ts';

/** Longer than a step may take: the last wait for a heartbeat is ten seconds of the faster clock. */
const STEP_TIMEOUT_MS = 30_000;
const MESSAGE = new RegExp(`^.*?${SOH}9=(\\d+)${SOH}`, 's');

/** One connection of the counterparty that a definition describes. */
class Connection {
  declare readonly socket: Socket;
  declare private received: string;
  declare private ended: boolean;
  declare private onNews: () => void;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.received = '';
    this.ended = false;
    socket.setNoDelay(true);
    this.onNews = () => {};
    socket.on('data', (chunk) => {
      this.received += chunk.toString('latin1');
      this.onNews();
    });
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.ended = true;
        this.onNews();
      });
    }
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Connection(socket);
  }

  /** The next message. */
  async message(): Promise<string> {
    let message: string | undefined;
    await this.#until(() => {
      message = this.#take();
      return message !== undefined || this.ended;
    });
    if (message === undefined) throw new Error('was disconnected, expected data');
    return message;
  }

  async disconnected(): Promise<void> {
    await this.#until(() => this.ended || this.received !== '');
    if (this.received !== '')
      throw new Error(`expected disconnection, got ${this.received.replaceAll(SOH, '|')}`);
  }

  /** Takes a whole message from what was received. */
  #take(): string | undefined {
    const match = MESSAGE.exec(this.received);
    if (match === null) return undefined;
    const end = this.received.indexOf(SOH, match[0].length + Number(match[1])) + 1;
    if (end === 0) return undefined;
    const message = this.received.slice(0, end);
    this.received = this.received.slice(end);
    return message;
  }

  async #until(done: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.onNews = () => {
      if (done()) resolve();
    };
    const timer = setTimeout(() => reject(new Error('nothing came')), STEP_TIMEOUT_MS);
    this.onNews();
    await promise.finally(() => clearTimeout(timer));
  }
}

/** Plays a definition against the acceptor at `port`. @throws Error naming the line where it goes another way */
export async function play(steps: readonly Step[], port: number, nowMs: () => number): Promise<void> {
  const connections = new Map<number, Connection>();
  const connection = (number: number): Connection => {
    const found = connections.get(number);
    if (found === undefined) throw new Error('not connected');
    return found;
  };
  try {
    for (const step of steps) {
      try {
        await playStep(step);
      } catch (cause) {
        throw new Error(`line ${step.line}: ${cause instanceof Error ? cause.message : cause}`, { cause });
      }
    }
  } finally {
    for (const { socket } of connections.values()) socket.destroy();
  }

  async function playStep({ action, connection: number, message }: Step): Promise<void> {
    if (action === 'connect') connections.set(number, await Connection.open(port));
    else if (action === 'disconnect') connection(number).socket.destroy();
    else if (action === 'send')
      connection(number).socket.write(fillFrame(fillTimes(message, nowMs())), 'latin1');
    else if (action === 'expectDisconnect') await connection(number).disconnected();
    else {
      const received = await connection(number).message();
      const differs = difference(fillFrame(fillTimes(message, nowMs())), received);
      if (differs !== '') throw new Error(differs);
    }
  }
}
