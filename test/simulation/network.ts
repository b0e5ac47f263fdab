import { EventEmitter } from 'node:events';
import type { SimulatedProcess, VirtualScheduler } from './scheduler.ts';

/** Bytes that may be on their way to, or unread by, the other end: then writes wait in the socket. */
const WINDOW_BYTES = 16 * 1024;

type Item = Uint8Array | 'end' | 'reset';

interface Pending {
  readonly bytes: Uint8Array;
  readonly onWritten: (() => void) | undefined;
}

/** One end of a simulated TCP connection, with what the platform uses of node:net's Socket. */
export class SimulatedSocket extends EventEmitter {
  readonly process: SimulatedProcess;
  readonly remoteAddress: string;
  readonly remotePort: number;
  destroyed = false;
  bytesRead = 0;
  /** Bytes that wait for room in the window. */
  writableLength = 0;
  /** What a server reads of node:net's handle. */
  readonly _handle = { bytesWritten: 0, writeQueueSize: 0 };
  peer: SimulatedSocket | undefined;
  readonly #network: SimulatedNetwork;
  readonly #pending: Pending[] = [];
  readonly #received: Uint8Array[] = [];
  #inFlight = 0;
  #isPaused = false;
  #hasEnded = false;
  #peerHasEnded = false;
  #endIsDue = false;
  /** When what was last sent arrives: nothing overtakes. */
  #lastArrivalUs = 0;
  /** What arrived while the way was blocked. */
  readonly #held: Item[] = [];

  constructor(
    network: SimulatedNetwork,
    process: SimulatedProcess,
    remoteAddress: string,
    remotePort: number,
  ) {
    super();
    this.#network = network;
    this.process = process;
    this.remoteAddress = remoteAddress;
    this.remotePort = remotePort;
  }

  setNoDelay(): this {
    return this;
  }

  isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): this {
    this.#isPaused = true;
    return this;
  }

  resume(): this {
    this.#isPaused = false;
    if (this.#received.length > 0 || this.#endIsDue) this.#later(() => this.#emitReceived());
    return this;
  }

  write(bytes: Uint8Array, onWritten?: () => void): boolean {
    if (this.destroyed || this.#hasEnded) return false;
    this._handle.bytesWritten += bytes.length;
    this.writableLength += bytes.length;
    this.#pending.push({ bytes, onWritten });
    this.#transmit();
    this._handle.writeQueueSize = this.writableLength;
    return this.writableLength === 0;
  }

  end(bytes?: Uint8Array): this {
    if (bytes !== undefined) this.write(bytes);
    if (this.destroyed || this.#hasEnded) return this;
    this.#hasEnded = true;
    if (this.writableLength === 0) this.#send('end');
    return this;
  }

  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    this.#send(this.#received.length > 0 || this.writableLength > 0 ? 'reset' : 'end');
    this.#later(() => this.emit('close'));
    return this;
  }

  /** The process is gone: nothing happens here any more. The kernel tells the other end, unless the machine is gone too. */
  abandon(isSilent: boolean): void {
    this.destroyed = true;
    if (!isSilent) this.#send('reset');
    this.peer = isSilent ? undefined : this.peer;
  }

  /** Called when what was sent has arrived at the machine. */
  receive(item: Item): void {
    if (this.destroyed || !this.process.isAlive) return;
    if (item === 'reset') {
      this.destroyed = true;
      this.emit('error', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
      this.emit('close');
      return;
    }
    if (item === 'end') this.#endIsDue = true;
    else this.#received.push(item);
    if (!this.#isPaused) this.#emitReceived();
  }

  /** The connection could not be made. */
  refuse(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('error', Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    this.emit('close');
  }

  /** The network takes what waited for a blocked way. */
  release(): void {
    for (const item of this.#held.splice(0)) this.#arrive(item);
  }

  #emitReceived(): void {
    while (this.#received.length > 0 && !this.#isPaused && !this.destroyed) {
      const bytes = this.#received.shift() as Uint8Array;
      this.bytesRead += bytes.length;
      this.peer?.credit(bytes.length);
      this.emit('data', Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    }
    if (!this.#endIsDue || this.#received.length > 0 || this.destroyed) return;
    this.#endIsDue = false;
    this.#peerHasEnded = true;
    this.emit('end');
    this.end();
    if (!this.destroyed) this.destroy();
  }

  /** The other end has read `bytes`. */
  credit(bytes: number): void {
    this.#inFlight -= bytes;
    if (this.#pending.length > 0) this.#later(() => this.#transmit());
  }

  #transmit(): void {
    if (this.destroyed) return;
    while (this.#pending.length > 0 && this.#inFlight < WINDOW_BYTES) {
      const { bytes, onWritten } = this.#pending.shift() as Pending;
      this.#inFlight += bytes.length;
      this.writableLength -= bytes.length;
      // The kernel has its copy now; until then the memory is the writer's to leave alone.
      const copy = bytes.slice();
      const cut = this.#network.cutOf(copy.length);
      if (cut > 0) this.#send(copy.subarray(0, cut));
      this.#send(copy.subarray(cut));
      if (onWritten !== undefined) queueMicrotask(onWritten);
    }
    this._handle.writeQueueSize = this.writableLength;
    if (this.#pending.length > 0) return;
    this.emit('drain');
    if (this.#hasEnded && !this.#peerHasEnded) this.#send('end');
  }

  #send(item: Item): void {
    const { scheduler } = this.#network;
    this.#lastArrivalUs = Math.max(this.#lastArrivalUs, scheduler.nowUs + this.#network.latencyUs());
    scheduler.at(undefined, this.#lastArrivalUs, () => this.#arrive(item));
  }

  #arrive(item: Item): void {
    const { peer } = this;
    if (this.#network.isBlocked(this.process.host, this.remoteAddress) || this.#held.length > 0) {
      this.#held.push(item);
      this.#network.hold(this);
      return;
    }
    if (peer === undefined) return;
    this.#network.scheduler.after(peer.process, 0, () => peer.receive(item));
  }

  #later(run: () => void): void {
    this.#network.scheduler.after(this.process, 1, run);
  }
}

/** A listening port, with what the platform uses of node:net's Server. */
export class SimulatedServer extends EventEmitter {
  readonly #network: SimulatedNetwork;
  readonly #onSocket: (socket: SimulatedSocket) => void;
  readonly process: SimulatedProcess;
  #key = '';
  #port = 0;
  #open = 0;
  #onClosed: (() => void) | undefined;

  constructor(
    network: SimulatedNetwork,
    process: SimulatedProcess,
    onSocket: (socket: SimulatedSocket) => void,
  ) {
    super();
    this.#network = network;
    this.process = process;
    this.#onSocket = onSocket;
  }

  listen({ host, port }: { host: string; port: number }, onListening: () => void): this {
    this.#key = `${host}:${port}`;
    this.#port = port;
    this.#network.servers.set(this.#key, this);
    this.#network.scheduler.after(this.process, 1, onListening);
    return this;
  }

  address(): { address: string; family: string; port: number } {
    return { address: this.process.host, family: 'IPv4', port: this.#port };
  }

  accept(socket: SimulatedSocket): void {
    if (this.#network.servers.get(this.#key) !== this) {
      socket.destroy();
      return;
    }
    this.#open++;
    socket.once('close', () => {
      this.#open--;
      this.#closeWhenEmpty();
    });
    this.#onSocket(socket);
  }

  close(onClosed: () => void): this {
    if (this.#network.servers.get(this.#key) === this) this.#network.servers.delete(this.#key);
    this.#onClosed = onClosed;
    this.#closeWhenEmpty();
    return this;
  }

  #closeWhenEmpty(): void {
    const onClosed = this.#onClosed;
    if (this.#open > 0 || onClosed === undefined) return;
    this.#onClosed = undefined;
    this.#network.scheduler.after(this.process, 1, onClosed);
  }
}

/** TCP between simulated processes: bytes arrive in order after a latency, connections break, ways are blocked. */
export class SimulatedNetwork {
  readonly scheduler: VirtualScheduler;
  readonly servers = new Map<string, SimulatedServer>();
  readonly #random: () => number;
  readonly #sockets = new Set<SimulatedSocket>();
  readonly #blocked = new Set<string>();
  readonly #holding = new Set<SimulatedSocket>();
  /** Machines without power. */
  readonly silentHosts = new Set<string>();
  #nextPort = 40_000;

  constructor(scheduler: VirtualScheduler, random: () => number) {
    this.scheduler = scheduler;
    this.#random = random;
  }

  latencyUs(): number {
    return this.#random() < 0.98 ? 40 + this.#random() * 300 : 1_000 + this.#random() * 40_000;
  }

  /** Where a segment of `bytes` is cut in two; 0: nowhere. */
  cutOf(bytes: number): number {
    return bytes > 1 && this.#random() < 0.1 ? 1 + Math.floor(this.#random() * (bytes - 1)) : 0;
  }

  createServer(onSocket: (socket: SimulatedSocket) => void): SimulatedServer {
    return new SimulatedServer(this, this.#process(), onSocket);
  }

  connect({ host, port }: { host: string; port: number }): SimulatedSocket {
    const process = this.#process();
    const local = this.#nextPort++;
    const socket = new SimulatedSocket(this, process, host, port);
    this.#sockets.add(socket);
    this.scheduler.after(undefined, this.latencyUs() / 4, () => {
      if (this.isBlocked(process.host, host) || this.silentHosts.has(host)) return;
      const server = this.servers.get(`${host}:${port}`);
      if (server === undefined || !server.process.isAlive) {
        this.scheduler.after(process, this.latencyUs(), () => socket.refuse());
        return;
      }
      const other = new SimulatedSocket(this, server.process, process.host, local);
      this.#sockets.add(other);
      socket.peer = other;
      other.peer = socket;
      this.scheduler.after(server.process, 0, () => server.accept(other));
    });
    return socket;
  }

  #process(): SimulatedProcess {
    const { current } = this.scheduler;
    if (current === undefined) throw new Error('only a simulated process has sockets');
    return current;
  }

  /** The process has ended; with `isSilent` its machine too, and nobody is told. */
  died(process: SimulatedProcess, isSilent: boolean): void {
    for (const socket of this.#sockets) {
      if (socket.process === process && !socket.destroyed) socket.abandon(isSilent);
      if (socket.destroyed) this.#sockets.delete(socket);
    }
  }

  isBlocked(from: string, to: string): boolean {
    return this.#blocked.has(`${from} ${to}`);
  }

  /** Blocks the way between two machines, for all connections. */
  block(a: string, b: string): void {
    this.#blocked.add(`${a} ${b}`).add(`${b} ${a}`);
  }

  unblock(a: string, b: string): void {
    this.#blocked.delete(`${a} ${b}`);
    this.#blocked.delete(`${b} ${a}`);
    for (const socket of [...this.#holding]) {
      const ways = [`${socket.process.host} ${socket.remoteAddress}`];
      if (ways.some((way) => this.#blocked.has(way))) continue;
      this.#holding.delete(socket);
      socket.release();
    }
  }

  hold(socket: SimulatedSocket): void {
    this.#holding.add(socket);
  }
}
