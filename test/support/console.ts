import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { startDemo } from '#app/demo/demo-market.ts';
import { readDemoPasswords } from '#app/demo/demo-passwords.ts';
import { addFirstAdmin } from '#app/first-admin.ts';
import { type NodeConfig, type RunningNode, startNode } from '#app/node.ts';
import { Operator } from '#app/operator.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { Role } from '#domain/commands.ts';
import { hashPassword } from '#gateways/identity/password.ts';
import { assertInReach } from './reachable.ts';
import { restNodeConfig } from './rest-node.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Whose password every user of `STAFF` has. */
export const PASSWORD = 'a password of the tests';
export const CHROMIUM = process.env['HIVE_CHROMIUM'] ?? '/usr/bin/chromium';
const CONSOLE = fileURLToPath(new URL('../../dist/console/index.html', import.meta.url));

/** Users beside those of the demo market, by name; all have PASSWORD. `trader` has account 11. */
export const STAFF = {
  viewer: Role.Viewer,
  trader: Role.Trader,
  risk: Role.Risk,
  operations: Role.Operations,
  compliance: Role.Compliance,
  admin: Role.Admin,
} as const;
export type StaffName = keyof typeof STAFF;
const TRADER_ACCOUNT = 11;

/** Why the tests in a browser cannot run here; false: they can. For the option `skip` of a test. */
export function whyNoBrowser(): string | false {
  if (!existsSync(CHROMIUM)) return `there is no ${CHROMIUM}: scripts/install-chromium.sh installs it`;
  return existsSync(CONSOLE) ? false : 'the console is not built: npm run build';
}

export interface VenueOptions {
  /** Messages of the demo market each second; 0: none trades. */
  readonly messagesPerSecond?: number;
  /** Nothing is there but the first admin. */
  readonly isEmpty?: boolean;
  /** What is not as restNodeConfig has it. */
  readonly config?: Partial<NodeConfig>;
}

/** A real node with the demo market and people of every role, in this process. */
export class ConsoleVenue {
  declare node: RunningNode;
  declare readonly directory: string;
  declare private readonly options: VenueOptions;
  declare private demo: { close(): Promise<void> } | undefined;
  declare private config: NodeConfig;
  /** Good once; of an empty venue. */
  declare adminPassword: string;

  constructor(options: VenueOptions) {
    this.options = options;
    this.directory = temporaryDirectory('console');
    this.config = { ...restNodeConfig(this.directory), ...options.config };
    this.demo = undefined;
    this.adminPassword = '';
  }

  static async start(t: TestContext, options: VenueOptions = {}): Promise<ConsoleVenue> {
    const venue = new ConsoleVenue(options);
    t.after(async () => {
      await venue.stop();
    });
    await venue.#start();
    if (options.isEmpty === true)
      venue.adminPassword = (await addFirstAdmin(venue.node, console.error))?.password ?? '';
    else await venue.send(await people());
    return venue;
  }

  get url(): string {
    return `http://127.0.0.1:${this.node.edgePorts['http']}`;
  }

  /** Of the person at the keyboard in the demo market, user DEMO. */
  get demoPassword(): string {
    return readDemoPasswords(this.directory)?.['DEMO'] ?? '';
  }

  async stop(): Promise<void> {
    await this.demo?.close();
    this.demo = undefined;
    await this.node?.close();
  }

  /** Starts the node again on its data, at the same address. */
  async restart(): Promise<void> {
    await this.#start();
  }

  /** Sends commands as the operator; each must be accepted. */
  async send(commands: readonly CommandInput[]): Promise<void> {
    const operator = new Operator(this.node, 'a test');
    try {
      await operator.send([...commands] as never);
    } finally {
      operator.close();
    }
  }

  /** A bearer token of a user, for requests beside the browser. */
  async token(name: string, password = PASSWORD): Promise<string> {
    const response = await fetch(`${this.url}/api/v1/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, password }),
    });
    assert.equal(response.status, 200);
    return ((await response.json()) as { token: string }).token;
  }

  async #start(): Promise<void> {
    this.node = await startNode(this.config, QUIET);
    const { http } = this.config;
    // Whoever comes back finds it where it was.
    if (http !== undefined)
      this.config = { ...this.config, http: { ...http, port: this.node.edgePorts['http'] } };
    const { messagesPerSecond = 50, isEmpty = false } = this.options;
    if (isEmpty) return;
    const { ouchPort } = this.node;
    this.demo = await startDemo(
      this.node,
      { dataDirectory: this.directory, ouchPort, seed: 1, messagesPerSecond: Math.max(1, messagesPerSecond) },
      QUIET,
    );
    if (messagesPerSecond > 0) return;
    await this.demo.close();
    this.demo = undefined;
  }
}

const QUIET = {
  info: () => {},
  warn: () => {},
  error: (fields: object, message: string) => console.error(message, fields),
};

async function people(): Promise<CommandInput[]> {
  const salt = new Uint8Array(16).fill(7);
  const passwordHash = new Uint8Array(await hashPassword(PASSWORD, salt));
  return [
    { type: 'AddAccount', accountId: TRADER_ACCOUNT },
    { type: 'Deposit', accountId: TRADER_ACCOUNT, assetId: 1, amountMinor: 100_000_000 },
    { type: 'Deposit', accountId: TRADER_ACCOUNT, assetId: 2, amountMinor: 1_000_000_000 },
    ...Object.entries(STAFF).map(
      ([name, role], index): CommandInput => ({
        type: 'AddUser',
        newUserId: 20 + index,
        ...(role === Role.Trader ? { accountId: TRADER_ACCOUNT } : {}),
        role,
        name,
        salt,
        passwordHash,
      }),
    ),
  ];
}

/** How long a page may take for one thing; a busy machine is slow. */
const PAGE_MS_MAX = 45_000;

/** One chromium for the tests of a file; each page has a profile of its own. */
export class TestBrowser {
  declare private readonly browser: Browser;
  /** What pages said on their consoles, and what they failed with; a test expects none. */
  declare readonly faults: string[];

  constructor(browser: Browser) {
    this.browser = browser;
    this.faults = [];
  }

  static async start(t: TestContext): Promise<TestBrowser> {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
    t.after(() => browser.close());
    return new TestBrowser(browser);
  }

  /** @param theme the colours that the system prefers */
  async open(
    url: string,
    { theme = 'dark', width = 1280, height = 800, keep = {} }: PageOptions = {},
  ): Promise<Page> {
    const context: BrowserContext = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: 'reduce',
    });
    await context.addInitScript((kept) => {
      const { localStorage } = globalThis as unknown as {
        localStorage: Map<string, string> & { setItem(key: string, value: string): void };
      };
      for (const [name, value] of Object.entries(kept))
        localStorage.setItem(`hive.${name}`, JSON.stringify(value));
    }, keep);
    const page = await context.newPage();
    page.setDefaultTimeout(PAGE_MS_MAX);
    page.on('pageerror', (error) => this.faults.push(`${error.stack ?? error.message}`));
    page.on('console', (message) => {
      // A node that is gone is in the browser's own words too.
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
        this.faults.push(message.text());
    });
    await page.goto(url);
    return page;
  }

  /** Opens a screen as somebody signed in. */
  async signIn(
    venue: Pick<ConsoleVenue, 'url'>,
    name: string,
    { path = '/', password = PASSWORD, ...options }: PageOptions & { path?: string; password?: string } = {},
  ): Promise<Page> {
    const page = await this.open(venue.url + path, options);
    await enter(page, name, password);
    return page;
  }
}

/** Signs in on the page that asks for it. */
export async function enter(page: Page, name: string, password = PASSWORD): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
}

export interface PageOptions {
  readonly theme?: 'dark' | 'light';
  readonly width?: number;
  readonly height?: number;
  /** Preferences that the browser has kept, by name. */
  readonly keep?: Readonly<Record<string, unknown>> | undefined;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** On narrower pages tables may slide sideways. */
const DESK_WIDTH_MIN = 700;

/** Nothing keeps anybody out of the page: axe finds no violation of WCAG 2.2 A and AA in dark and in light, and no control is cut off. */
export async function assertAccessible(page: Page): Promise<void> {
  await assertInReach(page, { maySlide: (page.viewportSize()?.width ?? 0) < DESK_WIDTH_MIN });
  await page.evaluate(AXE);
  const preferred = await page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  const [own, other] = preferred ? (['dark', 'light'] as const) : (['light', 'dark'] as const);
  for (const colorScheme of [own, other]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violationsOf(page), [], colorScheme);
  }
  await page.emulateMedia({ colorScheme: own });
}

declare function matchMedia(query: string): { readonly matches: boolean };

async function violationsOf(page: Page): Promise<AxeViolation[]> {
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: AxeViolation[] }> };
    };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // Without its copies of style sheets, which no rule of these needs, and which the page's Content-Security-Policy refuses while one is being loaded.
    const { violations: found } = await axe.run({ runOnly: { type: 'tag', values: tags }, preload: false });
    return found.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes
        .slice(0, 5)
        .map(({ html, failureSummary }) => ({ html: html.slice(0, 200), failureSummary })),
    }));
  });
}

interface AxeViolation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}
