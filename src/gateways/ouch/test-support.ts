import { connect, type Socket } from 'node:net';
import { after } from 'node:test';
import { encodeEvent } from '#codec/log/events.ts';
import type { EventInput } from '#codec/log/record-types.ts';
import { decodeOutbound, encodeOuch, type OutboundMessage } from '#codec/ouch/plain.ts';
import { batchOf, HIVE, HUGE, SATS, STOPPED_CLOCK, TestSink } from '#codec/ouch/test-support.ts';
import { PacketVerdict, SoupFramer } from '#codec/soupbin/framer.ts';
import { encodeLoginRequest, SoupPacket, soupPacket } from '#codec/soupbin/packets.ts';
import { Role } from '#domain/commands.ts';
import type { ReportStore } from '#domain/ports.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { hashPassword } from '../identity/password.ts';
import { OuchGateway, type OuchGatewayOptions } from './ouch-gateway.ts';

/** Help for tests of the OUCH door: a venue whose events are written by hand, and a bare client. */

const SALT = Buffer.from('a salt of sixtee');
const PASSWORD_HASH = await hashPassword('secret', SALT);

export const userAdded = (newUserId: number, name: string, more: object = {}): EventInput<'UserAdded'> => ({
  type: 'UserAdded',
  newUserId,
  accountId: newUserId,
  name,
  role: Role.Trader,
  enabled: 1,
  salt: SALT,
  passwordHash: PASSWORD_HASH,
  ...more,
});

/** Every event that was ever said, as a store hands it out: later, record by record, from memory that is then reused. */
export class TestStore implements ReportStore {
  readonly events: EventInput[] = [];
  readonly reads: string[] = [];
  /** What a read waits for before it hands anything over. */
  ready: Promise<void> = Promise.resolve();
  error: Error | undefined;

  async read(
    userId: number,
    from: number,
    to: number,
    onRecord: (words: WordBuffer, at: number) => void,
  ): Promise<void> {
    this.reads.push(`${userId}: ${from}-${to}`);
    await this.ready;
    if (this.error !== undefined) throw this.error;
    const scratch = WordBuffer.allocate(256);
    for (const event of this.events) {
      const numbers = reportNumbers(event, userId).filter((number) => number >= from && number <= to);
      if (numbers.length === 0) continue;
      scratch.u8.set(encodeEvent(event), 8);
      onRecord(scratch, 2);
      scratch.u8.fill(0);
      await new Promise(setImmediate);
    }
  }
}

/** The report numbers that an event has for a user. */
export function reportNumbers(event: EventInput, userId: number): number[] {
  if (event.type === 'Trade') {
    const numbers: number[] = [];
    if (event.makerUserId === userId && event.makerReportNumber) numbers.push(event.makerReportNumber);
    if (event.takerUserId === userId && event.takerReportNumber) numbers.push(event.takerReportNumber);
    return numbers;
  }
  return event.userId === userId && event.reportNumber ? [event.reportNumber] : [];
}

export class TestVenue {
  readonly sink = new TestSink();
  readonly store = new TestStore();
  readonly lines: string[] = [];
  readonly gateway: OuchGateway;
  port = 0;
  /** Sessions named so far. */
  sessions = 0;
  readonly #clients: BareClient[] = [];

  constructor(options: Partial<OuchGatewayOptions> = {}) {
    const log = (fields: object, message: string) => {
      const { reason = '' } = fields as { reason?: string };
      this.lines.push(`${message} ${reason}`.trimEnd());
    };
    this.gateway = new OuchGateway(
      this.sink,
      { nodeId: 3, nextSessionId: () => ++this.sessions },
      this.store,
      STOPPED_CLOCK,
      { port: 0, recentReports: 64, ...options, limits: { tickMs: 0, ...options.limits } },
      { info: log, warn: log },
    );
  }

  /** A venue with two instruments and the users ALICE (9) and BOB (8), listening. */
  static async start(options: Partial<OuchGatewayOptions> = {}): Promise<TestVenue> {
    const venue = new TestVenue(options);
    venue.say(HIVE, SATS, HUGE, userAdded(9, 'ALICE'), userAdded(8, 'BOB'));
    venue.port = (await venue.gateway.listen()).port;
    venue.lines.length = 0;
    return venue;
  }

  /** Hands events to the gateway as one batch, and to the store. */
  say(...events: EventInput[]): void {
    this.store.events.push(...events);
    const { words, from, to } = batchOf(events);
    this.gateway.onEvents(words, from, to);
    words.u8.fill(0xee);
  }

  client(): BareClient {
    const client = new BareClient(this.port);
    this.#clients.push(client);
    return client;
  }

  /** A client that is logged in and has taken the Login Accepted. */
  async loggedIn(username = 'ALICE', sequenceNumber = 1): Promise<BareClient> {
    const client = this.client();
    client.login(username, sequenceNumber);
    await client.received(1);
    return client;
  }

  async stop(): Promise<void> {
    await this.gateway.close('test over');
    for (const client of this.#clients) client.socket.destroy();
  }
}

/** A client that sends bytes and collects packets: OUCH messages as objects, everything else as text. */
export class BareClient {
  readonly socket: Socket;
  readonly packets: (string | OutboundMessage)[] = [];
  #wake: () => void = () => {};

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    const framer = new SoupFramer(
      {
        onPacket: (type, bytes, from, to) => {
          const payload = bytes.slice(from, to);
          const isMessage = type === SoupPacket.SequencedData || type === SoupPacket.UnsequencedData;
          const text = String.fromCharCode(type) + Buffer.from(payload).toString('latin1');
          this.packets.push(isMessage ? decodeOutbound(payload) : text);
          return PacketVerdict.Taken;
        },
      },
      4_096,
    );
    this.socket.on('data', (chunk: Buffer) => {
      framer.push(chunk);
      this.#wake();
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      this.packets.push('closed');
      this.#wake();
    });
  }

  login(username: string, sequenceNumber = 1, session = '', password = 'secret'): void {
    this.socket.write(encodeLoginRequest({ username, password, session, sequenceNumber }));
  }

  send(message: Parameters<typeof encodeOuch>[0] | Uint8Array): void {
    const payload = message instanceof Uint8Array ? message : encodeOuch(message);
    this.socket.write(soupPacket(SoupPacket.UnsequencedData, payload));
  }

  /** Everything received, once there are `count` packets. */
  async received(count: number): Promise<(string | OutboundMessage)[]> {
    while (this.packets.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return this.packets;
  }

  /** Everything received, once the connection is over. */
  async ended(): Promise<(string | OutboundMessage)[]> {
    while (this.packets.at(-1) !== 'closed') await this.received(this.packets.length + 1);
    return this.packets;
  }

  /** What the client was told, in short: type and user reference number of each message. */
  get short(): string[] {
    return this.packets.map((packet) => {
      if (typeof packet === 'string') return packet;
      return 'userRefNum' in packet ? `${packet.type} ${packet.userRefNum}` : packet.type;
    });
  }
}

/** Waits until something is so, turn by turn of the event loop. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

const venues: TestVenue[] = [];
after(() => Promise.all(venues.map((venue) => venue.stop())));

/** A venue that ends with the test file. */
export async function startVenue(options: Partial<OuchGatewayOptions> = {}): Promise<TestVenue> {
  const venue = await TestVenue.start(options);
  venues.push(venue);
  return venue;
}

/** An order as a client enters it. */
export const ENTER = {
  type: 'EnterOrder',
  userRefNum: 1,
  side: 'B',
  quantity: 100,
  symbol: 'HIVE',
  price: 12_500,
  timeInForce: '0',
  display: 'Y',
  capacity: 'P',
  interMarketSweep: 'N',
  crossType: 'N',
  clOrdId: '',
} as const;

/** The acceptance of an order of ALICE, her report of this number. */
export const accepted = (reportNumber: number, more: object = {}): EventInput<'OrderAccepted'> => ({
  type: 'OrderAccepted',
  userId: 9,
  reportNumber,
  instrumentId: 1,
  orderId: 100 + reportNumber,
  clientOrderId: reportNumber,
  qtyLots: 100,
  priceTicks: 25,
  side: 1,
  orderType: 1,
  timeInForce: 1,
  ...more,
});

export const acceptedFrom = (first: number, last: number): EventInput[] =>
  Array.from({ length: last - first + 1 }, (_, i) => accepted(first + i));

/** The same in short, as a client notes what it receives. */
export const shortFrom = (first: number, last: number): string[] =>
  Array.from({ length: last - first + 1 }, (_, i) => `OrderAccepted ${first + i}`);

/** The packet that accepts a login, in short. */
export const LOGIN = (nextSequence: number): string => `A      HIVE${String(nextSequence).padStart(20)}`;
