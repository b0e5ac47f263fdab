import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { FixVersion, platformDictionary } from '#codec/fix/dictionary/versions.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { FixAcceptor } from '#gateways/fix/fix-acceptor.ts';
import type { FixLimits } from '#gateways/fix/limits.ts';
import { FixVerdict } from '#gateways/fix/session/application.ts';
import { FileFixStore } from '#gateways/fix/store/file-fix-store.ts';
import { type ClientTerms, TestClient, uncounted } from '#gateways/fix/test-support.ts';
import { FixTrading } from '#gateways/fix/trading/fix-trading.ts';
import type { TradingProfile } from '#gateways/fix/trading/services.ts';
import { EdgeSessions } from '#gateways/orders/edge-sessions.ts';
import { LiveMarketViews } from '#projections/market-views/live-market-views.ts';
import { DeskVenue } from './desk-venue.ts';
import { send } from './random-flow.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const DICTIONARIES = Object.values(FixVersion).map(platformDictionary);
const MESSAGE_BYTES_MAX = 16_384;

/** Sessions are named `Un` or `Un-…`: they belong to user n. `COPY` and `COPY-…` get copies of users 1 and 2. */
function profileOf(id: string, cancelOnDisconnect: boolean): TradingProfile {
  const isCopy = id.startsWith('COPY');
  const userId = isCopy ? 3 : Number(/^U(\d+)/.exec(id)?.[1] ?? 0);
  return { id, userId, cancelOnDisconnect, copyOf: isCopy ? [1, 2] : undefined };
}

/** The FIX trading application on the real core, with its events at once. */
export class FixVenue {
  readonly venue: DeskVenue;
  readonly views = new LiveMarketViews();
  readonly directory = temporaryDirectory('fix-trading');
  readonly nowMs: number = Date.UTC(2026, 10, 26, 12);
  readonly lines: string[] = [];
  cancelOnDisconnect = false;
  limits: Partial<FixLimits> = {};
  acceptor: FixAcceptor;
  trading: FixTrading;
  /** Events are held back while this is set. */
  isHeld = false;
  readonly #server: Server;
  readonly #clients: TestClient[] = [];
  #isOver = false;
  #handled = 0;

  private constructor(t: TestContext, users: number) {
    // First: the venue closes what the pump would write to.
    t.after(() => {
      this.#isOver = true;
    });
    this.venue = new DeskVenue(t, users);
    this.venue.views.push(this.views);
    this.venue.restart();
    [this.acceptor, this.trading] = this.#begin();
    this.#server = createServer({ noDelay: true }, (socket) =>
      this.acceptor.accept(socket, '127.0.0.1', uncounted()),
    );
    t.after(async () => {
      for (const { socket } of this.#clients) socket.destroy();
      this.#server.close();
      await this.acceptor.close('test over');
    });
    void this.#pump();
  }

  static async open(t: TestContext, users = 3): Promise<FixVenue> {
    const venue = new FixVenue(t, users);
    venue.#server.listen(0, '127.0.0.1');
    await once(venue.#server, 'listening');
    return venue;
  }

  /** The door of another process: it knows what is stored, and nothing else. */
  async restartDoor(): Promise<void> {
    for (const { socket } of this.#clients.splice(0)) socket.destroy();
    await this.acceptor.close('killed');
    [this.acceptor, this.trading] = this.#begin();
  }

  async connect(compId: string, terms: Partial<ClientTerms> = {}): Promise<TestClient> {
    const socket = connect((this.#server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new TestClient(this, socket, { compId, ...terms });
    this.#clients.push(client);
    return client;
  }

  /** A client that has logged on. */
  async logOn(compId: string, terms: Partial<ClientTerms> = {}): Promise<TestClient> {
    const client = await this.connect(compId, terms);
    client.send('A', `98=0|108=30|${terms.begin === FixVersion.Fixt11 ? '1137=9|' : ''}`);
    const answer = await client.next();
    if (!answer.startsWith('A ')) throw new Error(`not logged on: ${answer}`);
    return client;
  }

  /** Sends a command of the operator. */
  operator(command: CommandInput): void {
    send(this.venue.outbox, command);
  }

  /** Resolves when so many application messages have been handed to the trading application. */
  async handled(count: number): Promise<void> {
    while (this.#handled < count) await setTimeout(1);
  }

  #begin(): [FixAcceptor, FixTrading] {
    const { venue, views } = this;
    const nowMs = (): number => this.nowMs;
    let sessionId = 0;
    const write = (fields: object, message: string) => {
      const { reason } = fields as { reason?: string };
      this.lines.push(reason === undefined ? message : `${message}: ${reason}`);
    };
    const logger = { info: write, warn: write };
    const edgeSessions = new EdgeSessions(venue.outbox, { nodeId: 1, nextSessionId: () => ++sessionId });
    // The door of another process gets what its own sees.
    venue.views.splice(0, venue.views.length, views, edgeSessions);
    const trading = new FixTrading({
      desk: venue.desk,
      edgeSessions,
      views,
      archive: venue.archive,
      logger,
      nowMs,
      flushSoon: () => setImmediate(() => acceptor.flush()),
    });
    const acceptor: FixAcceptor = new FixAcceptor({
      dictionaries: DICTIONARIES,
      application: {
        onLogon: (session) => trading.onLogon(session),
        onMessage: (session, message) => {
          const verdict = trading.onMessage(session, message);
          if (verdict === FixVerdict.Taken) this.#handled++;
          return verdict;
        },
        onDrain: (session) => trading.onDrain(session),
        onLogout: (session) => trading.onLogout(session),
      },
      authenticator: {
        authenticate: ({ senderCompId }) => ({
          accepted: true,
          profile: profileOf(senderCompId, this.cancelOnDisconnect),
        }),
        refusal: () => '',
      },
      openStore: async ({ id }) =>
        new FileFixStore(join(this.directory, id), this.nowMs, { messageBytesMax: MESSAGE_BYTES_MAX }),
      logger,
      limits: { tickMs: 0, ...this.limits },
      nowMs,
    });
    views.subscribe(trading);
    return [acceptor, trading];
  }

  async #pump(): Promise<void> {
    while (!this.#isOver) {
      if (!this.isHeld) {
        this.venue.turn();
        this.venue.deliver();
        this.views.flush();
        this.acceptor.flush();
      }
      await setTimeout(1);
    }
  }
}

/** The named fields of a message as `TestClient.next` gives it: `type tag=value tag=value`. */
export function pick(message: string, ...tags: number[]): string {
  const [, type = '', fields = ''] = /^(\S+) \S+ (?:dup )?(.*)$/.exec(message) ?? [];
  const values = fields.split('|');
  const found = tags.map((tag) => values.find((field) => field.startsWith(`${tag}=`)) ?? `${tag}-`);
  return [type, ...found].join(' ');
}

/** Fields of an order that is a good one but for what `more` says. */
export function fixOrder(
  client: TestClient,
  id: string,
  more = '54=1|38=5|40=2|44=10.00|59=1|',
  symbol = 'BTCUSD',
): string {
  return `11=${id}|55=${symbol}|60=${client.time()}|${more}`;
}

/** Fields that say what became of an order. */
export const REPORT = [11, 41, 17, 150, 39, 38, 32, 31, 151, 14, 6] as const;

/** The next messages, each by the named fields. */
export async function told(client: TestClient, count: number, ...tags: number[]): Promise<string[]> {
  return (await client.nextOf(count)).map((message) => pick(message, ...tags));
}
