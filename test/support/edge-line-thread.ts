/**
 * An edge thread for tests, with one door: lines of text over TCP. A client sends one command a line and gets lines back:
 *
 *   order ID PRICE     user 1 buys one lot; `refused` when the sink takes nothing
 *   cancel ID          user 1 cancels it all
 *   accepted           `accepted N`: orders of anybody whose acceptance the door has been given
 *   flood              cancels of an order that never was, until the sink takes no more: `took N`, later `answered N`
 *   break              a record that is no command
 *   block SEQUENCE     the thread does nothing until that entry is durable
 *   die                the thread throws
 *
 * Every client gets user 1's events by name (`OrderAccepted 1`), `restart`, and `image SEQUENCE`, also when it connects after it.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { isMainThread, workerData } from 'node:worker_threads';
import { Edge, type EdgeDoor, type EdgeServices } from '#app/threads/edge.ts';
import type { EdgeRings } from '#app/threads/messages.ts';
import { commandWords, writeCommand } from '#codec/log/commands.ts';
import { readEvents } from '#codec/log/events.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { CloseSession } from '#domain/commands.ts';
import { EventFlag } from '#domain/events.ts';
import type { FollowingSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';

const USER = 1;
/** No order ever has this id here. */
const UNKNOWN_ORDER = 2 ** 31 - 1;
const LOOK_MS = 5;

class LineDoor implements EdgeDoor, FollowingSink {
  readonly #services: EdgeServices;
  readonly #clients = new Set<Socket>();
  readonly #server: Server;
  #imageSequence: number | undefined = undefined;
  #accepted = 0;
  #flooded = 0;
  #answered = 0;

  constructor(services: EdgeServices) {
    this.#services = services;
    this.#server = createServer((socket) => this.#onClient(socket));
  }

  async listen(): Promise<{ lines: number }> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return { lines: (this.#server.address() as AddressInfo).port };
  }

  get connections(): number {
    return this.#clients.size;
  }

  suspend(): void {}

  async close(reason: string): Promise<void> {
    for (const client of this.#clients) client.end(`${reason}\n`);
    await new Promise((resolve) => this.#server.close(resolve));
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    for (const event of readEvents(words, from, to)) {
      if (event.type === 'OrderAccepted' && (event.flags & EventFlag.Image) === 0) this.#accepted++;
      if (event.userId !== USER || (event.flags & EventFlag.Image) !== 0 || event.reportNumber === 0)
        continue;
      const id = 'clientOrderId' in event ? event.clientOrderId : 0;
      if (id !== UNKNOWN_ORDER) this.#tell(`${event.type} ${id}`);
      else if (++this.#answered === this.#flooded) this.#tell(`answered ${this.#answered}`);
    }
  }

  onRestart(): void {
    this.#imageSequence = undefined;
    this.#tell('restart');
  }

  onImage(sequence: number): void {
    this.#imageSequence = sequence;
    this.#tell(`image ${sequence}`);
  }

  #tell(line: string): void {
    for (const client of this.#clients) client.write(`${line}\n`);
  }

  #onClient(socket: Socket): void {
    this.#services.onClient();
    this.#clients.add(socket);
    socket.on('close', () => this.#clients.delete(socket));
    socket.on('error', () => {});
    createInterface(socket).on('line', (line) => this.#onLine(line.split(' ')));
    if (this.#imageSequence !== undefined) socket.write(`image ${this.#imageSequence}\n`);
  }

  #onLine([verb, first, second]: string[]): void {
    const clientOrderId = Number(first);
    const order = { userId: USER, instrumentId: 1, clientOrderId } as const;
    if (verb === 'order') {
      const terms = {
        side: 1,
        orderType: 1,
        timeInForce: 2,
        qtyLots: 1,
        priceTicks: Number(second),
      } as const;
      if (!this.#send({ type: 'NewOrder', ...order, ...terms })) this.#tell('refused');
    } else if (verb === 'cancel') {
      if (!this.#send({ type: 'CancelOrder', ...order })) this.#tell('refused');
    } else if (verb === 'accepted') this.#tell(`accepted ${this.#accepted}`);
    else if (verb === 'flood') this.#flood();
    else if (verb === 'break') this.#break();
    else if (verb === 'block') this.#block(clientOrderId);
    else if (verb === 'die') throw new Error('the test wants it');
  }

  #send(command: CommandInput): boolean {
    const { commands } = this.#services;
    const at = commands.reserve(commandWords(command));
    if (at !== -1) writeCommand(commands.words, at, command);
    return at !== -1;
  }

  #flood(): void {
    this.#flooded = 0;
    this.#answered = 0;
    while (this.#send({ type: 'CancelOrder', userId: USER, clientOrderId: UNKNOWN_ORDER })) this.#flooded++;
    this.#tell(`took ${this.#flooded}`);
  }

  #break(): void {
    const { commands } = this.#services;
    // Left zero: neither a type nor a size.
    commands.reserve(CloseSession.words);
  }

  #block(sequence: number): void {
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    while (this.#services.board.durableSequence < sequence) Atomics.wait(nothing, 0, 0, LOOK_MS);
  }
}

if (!isMainThread) {
  await new Edge(workerData as EdgeRings, (services) => {
    const door = new LineDoor(services);
    return { doors: [door], sinks: [door] };
  }).run();
}
