import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ACCESS, accessSettingsOf } from '#app/config/access-section.ts';
import { defaultsOf } from '#app/config/fields.ts';
import { type NodeConfig, type RunningNode, startNode } from '#app/node.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { Role } from '#domain/commands.ts';
import { FUTURE_MS_MAX } from '#gateways/identity/api-key-proof.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import type { Rate } from '#gateways/identity/rate-limiter.ts';
import { nodeConfig } from './node-config.ts';
import { OpenApiChecker } from './openapi.ts';
import { marketSetup, send } from './random-flow.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export const PASSWORD = 'secret';
const FAST: Rate = { perSecond: 10_000, burst: 1_000_000 };

/** Settings of a node for tests of its HTTP port: rates that no test reaches. */
export function restNodeConfig(dataDirectory: string): NodeConfig {
  return nodeConfig(dataDirectory, {
    access: { ...accessSettingsOf(defaultsOf(ACCESS)), userRate: FAST, keyRate: FAST, addressRate: FAST },
    snapshots: { everyEntries: 200, keep: 2 },
  });
}

/** Users of every role, all with PASSWORD: U1 and U2 trade, the others go by the name of their role. */
async function people(): Promise<CommandInput[]> {
  const salt = new Uint8Array(16).fill(7);
  const passwordHash = new Uint8Array(await hashPassword(PASSWORD, salt));
  const secret = { salt, passwordHash, reason: 'test' };
  const staff = {
    viewer: Role.Viewer,
    risk: Role.Risk,
    operations: Role.Operations,
    compliance: Role.Compliance,
  };
  return [
    ...marketSetup(3).map((command) => (command.type === 'AddUser' ? { ...command, ...secret } : command)),
    { type: 'AddUser', newUserId: 11, accountId: 3, role: Role.MarketMaker, name: 'market-maker', ...secret },
    { type: 'AddUser', newUserId: 12, role: Role.Admin, name: 'admin', ...secret },
    ...Object.entries(staff).map(
      ([name, role], index): CommandInput => ({
        type: 'AddUser',
        newUserId: 20 + index,
        role,
        name,
        ...secret,
      }),
    ),
  ];
}

/** An answer of the door. */
export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests compare it as it is.
  readonly body: any;
}

/** Who asks: every answer is compared with the OpenAPI document. */
export class RestClient {
  readonly #venue: RestNode;
  readonly #authorization: string | undefined;

  constructor(venue: RestNode, authorization: string | undefined) {
    this.#venue = venue;
    this.#authorization = authorization;
  }

  send(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers: Record<string, string> = {};
    if (this.#authorization !== undefined) headers['authorization'] = this.#authorization;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    return this.#venue.checker.fetch(`${this.#venue.url}/api/v1${path}`, init);
  }

  get = (path: string) => this.send('GET', path);
  post = (path: string, body: unknown) => this.send('POST', path, body);
  put = (path: string, body: unknown) => this.send('PUT', path, body);
  delete = (path: string) => this.send('DELETE', path);
}

/** A whole node in this process, with people of every role. */
export class RestNode {
  readonly node: RunningNode;
  readonly directory: string;
  readonly url: string;
  /** When the node had been started. */
  readonly startedMs: number;
  readonly checker: OpenApiChecker;
  /** What the node has said in its log at level info: fields and message, as one object. */
  readonly lines: readonly { readonly [field: string]: unknown }[];
  /** What it has said at level error: message and fields. */
  readonly errors: readonly string[];

  constructor(
    node: RunningNode,
    directory: string,
    checker: OpenApiChecker,
    lines: readonly { readonly [field: string]: unknown }[],
    errors: readonly string[],
  ) {
    this.lines = lines;
    this.errors = errors;
    this.node = node;
    this.directory = directory;
    this.url = `http://127.0.0.1:${node.edgePorts['http']}`;
    this.startedMs = Date.now();
    this.checker = checker;
  }

  /**
   * @param commands what the venue begins with; default: a market and people of every role
   * @param change what is not as in nodeConfig
   * @param mayFail errors that the test provokes: all others fail it
   */
  static async start(
    t: TestContext,
    commands?: readonly CommandInput[],
    change: Partial<NodeConfig> = {},
    mayFail?: RegExp,
  ): Promise<RestNode> {
    const directory = temporaryDirectory('commands');
    const errors: string[] = [];
    const lines: { readonly [field: string]: unknown }[] = [];
    const node = await startNode(
      { ...restNodeConfig(directory), ...change },
      {
        info: (fields: object, message: string) => void lines.push({ ...fields, message }),
        warn: () => {},
        error: (fields: object, message: string) => void errors.push(`${message} ${JSON.stringify(fields)}`),
      },
    );
    t.after(async () => {
      await node.close();
      assert.deepEqual(
        errors.filter((error) => mayFail?.test(error) !== true),
        [],
      );
    });
    for (const command of commands ?? (await people())) send(node.outbox, command);
    while (node.status().sequence === 0) await setTimeout(1);
    const document = await fetch(`http://127.0.0.1:${node.edgePorts['http']}/openapi.json`);
    return new RestNode(
      node,
      directory,
      new OpenApiChecker((await document.json()) as object),
      lines,
      errors,
    );
  }

  /** Resolves when what is signed from then on is taken: a node refuses what was signed before it had been up for FUTURE_MS_MAX. */
  async untilSignaturesCount(): Promise<void> {
    const leftMs = (): number => this.startedMs + FUTURE_MS_MAX + 1 - Date.now();
    while (leftMs() > 0) await setTimeout(leftMs());
  }

  get anybody(): RestClient {
    return this.as(undefined);
  }

  /** @param authorization the header; undefined: none */
  as(authorization: string | undefined): RestClient {
    return new RestClient(this, authorization);
  }

  /** Somebody with the token of a login or of an API key. */
  bearer(token: string): RestClient {
    return this.as(`Bearer ${token}`);
  }

  async logIn(name: string, password = PASSWORD): Promise<RestClient> {
    let answer = await this.anybody.post('/login', { name, password });
    // The edge may not have heard of its users yet.
    while (answer.status === 503) {
      await setTimeout(10);
      answer = await this.anybody.post('/login', { name, password });
    }
    const { status, body } = answer;
    assert.equal(status, 200, JSON.stringify(body));
    return this.bearer(body.token);
  }
}

/** What changes with each run is replaced by its kind. */
export function steady(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(steady);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      if (/[sS]equence$/.test(name) && Number.isInteger(field) && field > 0) return [name, 'S'];
      if (typeof field === 'string' && /^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{9})?Z$/.test(field))
        return [name, 'T'];
      return name === 'instance' ? [name, 'I'] : [name, steady(field)];
    }),
  );
}
