import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { FixVersion, platformDictionary } from '#codec/fix/dictionary/versions.ts';
import type { FixMessage } from '#codec/fix/fix-message.ts';
import { fixText, framed } from '#codec/fix/test-support.ts';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import {
  type ConnectionLimitOptions,
  ConnectionLimits,
  type ConnectionPlace,
} from '../identity/connection-limits.ts';
import { Listener } from '../listener/listener.ts';
import type { TlsFiles } from '../listener/tls-files.ts';
import { FixAcceptor } from './fix-acceptor.ts';
import type { FixLimits } from './limits.ts';
import { type FixApplication, type FixApplicationSession, FixVerdict } from './session/application.ts';
import type { FixLogonRequest, FixSessionProfile } from './session/profile.ts';
import { FileFixStore } from './store/file-fix-store.ts';
import type { FixStore } from './store/fix-store.ts';

const DICTIONARIES = Object.values(FixVersion).map(platformDictionary);

/** An application that writes down what it is told, and sends orders back as Execution Reports numbered by their ClOrdID. */
export class TestApplication implements FixApplication {
  readonly log: string[] = [];
  session: FixApplicationSession | undefined;
  verdict: FixVerdict = FixVerdict.Taken;
  /** Calls of `onMessage`. */
  asked: number = 0;
  /** Characters of a report's text. */
  textLength: number = 100;

  onLogon(session: FixApplicationSession): void {
    this.session = session;
    this.log.push(`logon ${session.profile.id} ${Math.max(0, session.lastReport(1))}`);
  }
  onMessage(session: FixApplicationSession, message: FixMessage): FixVerdict {
    this.asked++;
    if (this.verdict !== FixVerdict.Taken) return this.verdict;
    const id = message.text(11) ?? '';
    this.log.push(`order ${id}${message.isYes(43) ? ' again' : ''}`);
    this.report(session, id, Number(id));
    return FixVerdict.Taken;
  }
  onDrain(): void {
    this.log.push('drained');
  }
  onLogout(_session: FixApplicationSession, reason: string): void {
    this.log.push(`logout: ${reason}`);
  }

  /** Sends a report that the client does not look into. */
  report(session: FixApplicationSession, id: string, reportNumber = 0): number {
    const writer = session.begin('8');
    writer.text(37, id);
    writer.text(58, 'x'.repeat(this.textLength));
    return session.send(reportNumber === 0 ? 0 : 1, reportNumber);
  }
}

export interface VenueOptions {
  readonly limits?: Partial<FixLimits>;
  readonly profile?: Partial<FixSessionProfile>;
  readonly openStore?: (profile: FixSessionProfile, open: () => FixStore) => FixStore | Promise<FixStore>;
  readonly authenticate?: (request: FixLogonRequest) => Promise<boolean> | boolean;
  readonly directory?: string;
  readonly connections?: Partial<ConnectionLimitOptions>;
  readonly tls?: TlsFiles;
}

/** The place of a connection that nobody counts. */
export function uncounted(): ConnectionPlace {
  return { evict: undefined, admit: () => {}, leave: () => {} };
}

const CONNECTIONS: ConnectionLimitOptions = { connectionsMax: 64, strangersMax: 64, perAddressMax: 64 };

/** An acceptor with a clock that stands still, on a port of its own. */
export class TestVenue {
  readonly application: TestApplication = new TestApplication();
  readonly lines: string[] = [];
  readonly requests: FixLogonRequest[] = [];
  readonly acceptor: FixAcceptor;
  readonly connections: ConnectionLimits;
  readonly listener: Listener;
  port = 0;
  /** Why no session may begin when its store is open; empty: it may. */
  refusal = '';
  /** The venue's clock, ms. */
  nowMs: number = Date.UTC(2026, 10, 26, 12);
  readonly directory: string;
  private readonly clients: TestClient[] = [];

  constructor(options: VenueOptions = {}) {
    this.directory = options.directory ?? temporaryDirectory('fix-venue');
    const write = (fields: object, message: string) => {
      const { reason } = fields as { reason?: string };
      this.lines.push(reason === undefined ? message : `${message}: ${reason}`);
    };
    const openFile = (id: string) => () =>
      new FileFixStore(join(this.directory, id), this.nowMs, { messageBytesMax: 16_384 });
    const logger = { info: write, warn: write };
    this.acceptor = new FixAcceptor({
      dictionaries: DICTIONARIES,
      application: this.application,
      authenticator: {
        authenticate: async (request) => {
          this.requests.push(request);
          const id = [request.senderCompId, request.senderSubId].filter((part) => part !== '').join('-');
          const right = (await options.authenticate?.(request)) ?? request.senderCompId.startsWith('CLIENT');
          if (!right) return { accepted: false, reason: 'unknown session or wrong password' };
          return { accepted: true, profile: { id, userId: 1, ...options.profile } };
        },
        refusal: () => this.refusal,
      },
      openStore: async (profile) => {
        const open = openFile(profile.id);
        return options.openStore?.(profile, open) ?? open();
      },
      logger,
      limits: { tickMs: 0, ...options.limits },
      nowMs: () => this.nowMs,
    });
    this.connections = new ConnectionLimits({ ...CONNECTIONS, ...options.connections });
    const { tls } = options;
    this.listener = new Listener(
      { name: 'fix', port: 0, ...(tls === undefined ? {} : { tls }) },
      this.connections,
      (socket, place) => this.acceptor.accept(socket, '127.0.0.1', place),
      logger,
    );
  }

  static async open(options: VenueOptions = {}): Promise<TestVenue> {
    const venue = new TestVenue(options);
    venue.port = (await venue.listener.listen()).port;
    return venue;
  }

  async connect(terms: Partial<ClientTerms> = {}): Promise<TestClient> {
    const socket = connect(this.port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new TestClient(this, socket, terms);
    this.clients.push(client);
    return client;
  }

  /** A client that has logged on. @param logon further fields of its Logon */
  async logOn(logon = '', terms: Partial<ClientTerms> = {}): Promise<TestClient> {
    const client = await this.connect(terms);
    client.send('A', `98=0|108=30|${logon}`);
    const answer = await client.next();
    if (!answer.startsWith('A ')) throw new Error(`not logged on: ${answer}`);
    return client;
  }

  /** As `logOn`, again while an earlier connection of the session is not over for the venue. */
  async logOnPatiently(): Promise<TestClient> {
    for (;;) {
      const client = await this.connect();
      client.send('A', '98=0|108=30|');
      if ((await client.next()).startsWith('A ')) return client;
    }
  }

  /** Lets time pass, in one beat. */
  pass(ms: number): void {
    this.nowMs += ms;
    this.acceptor.tick();
  }

  /** Ends the sockets and the listener; the store's files stay. */
  async close(): Promise<void> {
    for (const { socket } of this.clients) socket.destroy();
    void this.listener.close();
    await this.acceptor.close('test over');
  }
}

export interface ClientTerms {
  readonly begin: string;
  readonly compId: string;
  readonly subId: string;
  /** MsgSeqNum of its first message. */
  readonly next: number;
}

/** A bare counterparty: sends messages, hands over what comes as `type number fields`, header and trailer left out. */
export class TestClient {
  readonly socket: Duplex;
  /** MsgSeqNum of the next message that it sends. */
  number: number;
  private readonly venue: { readonly nowMs: number };
  private readonly terms: ClientTerms;
  private received = '';
  private ended = false;
  private onNews: () => void = () => {};

  constructor(venue: { readonly nowMs: number }, socket: Duplex, terms: Partial<ClientTerms>) {
    this.venue = venue;
    this.socket = socket;
    this.terms = { begin: 'FIX.4.4', compId: 'CLIENT', subId: '', next: 1, ...terms };
    this.number = this.terms.next;
    socket.on('data', (chunk: Buffer) => {
      this.received += fixText(chunk);
      this.onNews();
    });
    for (const event of ['end', 'error', 'close']) {
      socket.on(event, () => {
        this.ended = true;
        this.onNews();
      });
    }
  }

  /** The venue's clock as a timestamp. */
  time(offsetMs = 0): string {
    const iso = new Date(this.venue.nowMs + offsetMs).toISOString();
    return `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 23)}`;
  }

  /** A whole message with the next number, or the one given. */
  message(type: string, fields = '', number = this.number++, header = ''): string {
    const { begin, compId, subId } = this.terms;
    const sub = subId === '' ? '' : `50=${subId}|`;
    const head = `35=${type}|34=${number}|49=${compId}|${sub}52=${this.time()}|56=VENUE|${header}`;
    return framed(head + fields, begin);
  }

  /** A whole message of so many bytes: the star in its fields or its header stands for what fills it. */
  filled(bytes: number, type: string, fields: string, number: number = this.number++, header = ''): string {
    for (let filling = ''; ; ) {
      const [body, head] = [fields, header].map((part) => part.replace('*', () => filling));
      const message = this.message(type, body, number, head);
      if (message.length === bytes) return message;
      filling = 'x'.repeat(filling.length + bytes - message.length);
    }
  }

  send(type: string, fields = '', number?: number, header?: string): void {
    this.write(this.message(type, fields, number, header));
  }

  order(id: number, number?: number, header?: string): void {
    this.send('D', this.orderFields(id), number, header);
  }

  orderFields(id: number): string {
    return `11=${id}|55=BTCUSD|54=1|60=${this.time()}|38=1|40=1|`;
  }

  write(text: string): void {
    this.socket.write(text.replaceAll('|', '\x01'), 'latin1');
  }

  /** The next message, as `type number fields`; `end` when the connection is over. */
  async next(): Promise<string> {
    const whole = await this.nextWhole();
    const [, type = '', rest = ''] = /^8=.*?\|9=\d+\|35=(.*?)\|(.*)10=\d{3}\|$/.exec(whole) ?? [];
    if (type === '') return whole;
    const [, number = '', dup = '', fields = ''] =
      /^34=(\d+)\|(43=Y\|)?49=.*?\|(?:50=.*?\|)?52=.*?\|56=.*?\|(?:57=.*?\|)?(?:122=.*?\|)?(.*)$/.exec(
        rest,
      ) ?? [];
    return `${type} ${number}${dup === '' ? '' : ' dup'} ${fields}`.trimEnd();
  }

  /** The next message as it came. */
  async nextWhole(): Promise<string> {
    const pattern = /^8=.*?\|9=\d+\|.*?\|10=\d{3}\|/;
    await this.until(() => pattern.test(this.received) || this.ended);
    const [message] = pattern.exec(this.received) ?? ['end'];
    if (message !== 'end') this.received = this.received.slice(message.length);
    return message;
  }

  async nextOf(count: number): Promise<string[]> {
    const messages: string[] = [];
    while (messages.length < count) messages.push(await this.next());
    return messages;
  }

  async until(done: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.onNews = () => {
      if (done()) resolve();
    };
    this.onNews();
    await promise;
  }
}

/** Resolves when the condition holds, which is looked at in every turn. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** Runs a test with a venue of its own. */
export function withVenue(
  name: string,
  options: VenueOptions,
  body: (venue: TestVenue) => Promise<void>,
): void {
  test(name, async () => {
    const venue = await TestVenue.open(options);
    try {
      await body(venue);
    } finally {
      await Promise.all([venue.close(), passTime(venue)]);
    }
  });
}

/** Lets the timeouts of a closing venue pass. */
export async function passTime(venue: TestVenue): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    venue.pass(5_000);
  }
}

/** The fields of a report of the test application. */
export const report = (id: number) => `37=${id}|58=${'x'.repeat(100)}|`;
