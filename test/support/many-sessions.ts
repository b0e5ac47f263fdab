import { once } from 'node:events';
import { WebSocket } from 'ws';
import { ACCESS, accessSettingsOf } from '#app/config/access-section.ts';
import { defaultConfiguration } from '#app/config/configuration.ts';
import { defaultsOf } from '#app/config/fields.ts';
import type { NodeConfig } from '#app/node-config.ts';
import { Role } from '#domain/commands.ts';
import { BearerTokens } from '#gateways/identity/bearer-tokens.ts';
import { nodeSigningKey } from '#gateways/identity/node-keys.ts';
import { type DirectoryUser, UserDirectory } from '#gateways/identity/user-directory.ts';
import type { ChildNode } from './traders.ts';
import { USER_SALT } from './user-salt.ts';

/** Connections that are being opened at a time. */
const OPENING_MAX = 64;
const FAST = { perSecond: 10_000, burst: 1_000_000 };
/** Rests far from any other order. */
const ORDER = { symbol: 'BTCUSD', side: 'buy', type: 'limit', price: '1.00', quantity: '1' };

/** What lets that many users of one address in. */
export function manySessionsConfig(): Partial<NodeConfig> {
  return {
    access: { ...accessSettingsOf(defaultsOf(ACCESS)), userRate: FAST, keyRate: FAST, addressRate: FAST },
    http: { host: '127.0.0.1', port: 0, connectionsMax: 8_192, tls: undefined },
    webSocket: defaultConfiguration().webSocket,
    connectionsPerAddressMax: 8_192,
    snapshots: { everyEntries: 10_000, keep: 2 },
  };
}

/** A user on a WebSocket, who places one order after the other until the connection ends. */
class OrderingUser {
  /** Orders that the venue has acknowledged, by the user's own text. */
  readonly acknowledged: string[] = [];
  /** Orders without an answer. */
  waiting = 0;
  readonly refused: string[] = [];
  closed: Promise<number> = Promise.resolve(0);
  #ws: WebSocket | undefined;
  #orders = 0;
  readonly #userId: number;

  constructor(userId: number) {
    this.#userId = userId;
  }

  /** Connects and authenticates. */
  async connect({ edgePorts }: ChildNode, dataDirectory: string): Promise<void> {
    const ws = new WebSocket(`ws://127.0.0.1:${edgePorts['http']}/ws/v1`, { perMessageDeflate: false });
    await once(ws, 'open');
    this.closed = new Promise((resolve) => {
      ws.once('close', (code) => resolve(code));
    });
    this.#ws = ws;
    const authorization = `Bearer ${await tokenOf(this.#userId, dataDirectory)}`;
    await this.#ask('auth', { authorization });
  }

  /** Places orders, each when the one before was answered, until the connection ends. */
  async order(): Promise<void> {
    const ws = this.#ws;
    ws?.on('message', (data: Buffer) => this.#onMessage(data.toString()));
    this.#place();
  }

  /** Whether the venue has the order, and it is open. */
  async isOpen(clientOrderId: string): Promise<boolean> {
    const { order } = await this.#ask('order.get', { clientOrderId });
    return order?.status === 'open';
  }

  disconnect(): void {
    this.#ws?.close();
  }

  #place(): void {
    const clientOrderId = `o${++this.#orders}`;
    this.waiting++;
    const params = { ...ORDER, clientOrderId };
    this.#ws?.send(JSON.stringify({ id: clientOrderId, op: 'order.place', params }), () => {});
  }

  #onMessage(text: string): void {
    const { id, result } = JSON.parse(text) as { id?: string; result?: object };
    if (id === undefined) return;
    this.waiting--;
    if (result === undefined) this.refused.push(text);
    else this.acknowledged.push(id);
    if (this.#ws?.readyState === WebSocket.OPEN && result !== undefined) this.#place();
  }

  async #ask(op: string, params: object): Promise<{ order?: { status: string } }> {
    const ws = this.#ws as WebSocket;
    ws.send(JSON.stringify({ id: op, op, params }));
    const [data] = (await once(ws, 'message')) as [Buffer];
    const { result, error } = JSON.parse(data.toString());
    if (error !== undefined && op === 'auth') throw new Error(JSON.stringify(error));
    return result ?? {};
  }
}

/** Users 1 to `count`, each on a session of its own. */
export class ManySessions {
  readonly users: readonly OrderingUser[];
  readonly #dataDirectory: string;

  constructor(count: number, dataDirectory: string) {
    this.users = Array.from({ length: count }, (_, index) => new OrderingUser(index + 1));
    this.#dataDirectory = dataDirectory;
  }

  get acknowledged(): number {
    return this.users.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0);
  }

  /** Orders that were sent and not answered. */
  get waiting(): number {
    return this.users.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** All of them, some at a time. */
  async connect(node: ChildNode): Promise<void> {
    await this.#each((user) => user.connect(node, this.#dataDirectory));
  }

  async order(): Promise<void> {
    await this.#each((user) => user.order());
  }

  /** With which codes the connections ended. */
  async closed(): Promise<Set<number>> {
    return new Set(await Promise.all(this.users.map(({ closed }) => closed)));
  }

  /** Acknowledged orders that the venue does not have. */
  async lost(): Promise<string[]> {
    const lost: string[] = [];
    await this.#each(async (user) => {
      for (const clientOrderId of user.acknowledged)
        if (!(await user.isOpen(clientOrderId))) lost.push(clientOrderId);
    });
    return lost;
  }

  disconnect(): void {
    for (const user of this.users) user.disconnect();
  }

  async #each(act: (user: OrderingUser) => Promise<void>): Promise<void> {
    for (let first = 0; first < this.users.length; first += OPENING_MAX)
      await Promise.all(this.users.slice(first, first + OPENING_MAX).map(act));
  }
}

/** As the node would sign it: two thousand passwords would take minutes to check. */
function tokenOf(userId: number, dataDirectory: string): Promise<string> {
  const directory = new UserDirectory();
  directory.timeSeconds = Math.floor(Date.now() / 1_000);
  const tokens = new BearerTokens(directory, { nodeId: 1, signingKey: nodeSigningKey(dataDirectory) });
  const user = { userId, role: Role.Trader, accountId: userId, salt: USER_SALT } as DirectoryUser;
  return tokens.issue(user).then(({ token }) => token);
}
