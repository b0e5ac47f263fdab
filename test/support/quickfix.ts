import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const CACHE = join(import.meta.dirname, '../../.cache');
const PROGRAM = join(CACHE, 'quickfix-libraries/counterparty');
const DICTIONARIES = join(CACHE, 'quickfix/spec');

/** Until a condition that does not come is given up. */
const PATIENCE_MS = 60_000;

/** Why QuickFIX counterparties cannot be had; undefined: they can. */
export function whyNoQuickFix(): string | undefined {
  if (!existsSync(PROGRAM)) return 'no QuickFIX counterparty: scripts/build-quickfix.sh builds it';
  if (!existsSync(DICTIONARIES))
    return "no dictionaries of QuickFIX's: scripts/install-quickfix.sh fetches them";
  return undefined;
}

export interface QuickFixTerms {
  readonly version: '42' | '44' | '50SP2';
  readonly port: number;
  readonly senderCompId: string;
  readonly targetCompId: string;
  /** Where it keeps its numbers and messages. */
  readonly directory: string;
  /** Undefined: the Logon brings none. */
  readonly password?: string;
  /** Answers orders itself, as an acceptor. */
  readonly isEcho?: boolean;
}

/** A QuickFIX C++ counterparty in a process of its own, which checks what it gets against QuickFIX's dictionaries. */
export class QuickFix {
  /** Everything that it has said. */
  readonly lines: string[] = [];
  readonly child: ChildProcess;
  #onLine: () => void = () => {};
  #isOver = false;

  constructor(terms: QuickFixTerms) {
    const settings = join(terms.directory, `${terms.senderCompId}-${terms.version}.cfg`);
    writeFileSync(settings, settingsOf(terms));
    this.child = spawn(PROGRAM, terms.isEcho === true ? [settings, 'echo'] : [settings], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    // What a killed one was still to read is lost.
    this.child.stdin?.on('error', () => {});
    createInterface({ input: this.child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      this.lines.push(line);
      this.#onLine();
    });
    this.child.on('exit', () => {
      this.#isOver = true;
      this.#onLine();
    });
  }

  /** Sends an application message: `MsgType|tag=value|…`; TransactTime is added where it is required. */
  send(message: string): void {
    this.child.stdin?.write(/^[DFGq]\|/.test(message) ? `${message}|60=now\n` : `${message}\n`);
  }

  /** Resolves when what it has said fulfils the condition, which is tried once for all that a turn brought. */
  async until(condition: (lines: readonly string[]) => boolean): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#onLine();
    }, PATIENCE_MS);
    while (!condition(this.lines)) {
      if (this.#isOver || isLate) {
        const last = this.lines.slice(-5).join('\n');
        throw new Error(
          `it ${isLate ? 'waits' : 'has ended'}; the last of ${this.lines.length} lines that it said:\n${last}`,
        );
      }
      await new Promise<void>((resolve) => {
        this.#onLine = () => setImmediate(resolve);
      });
    }
    clearTimeout(timer);
  }

  async kill(): Promise<void> {
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}

function settingsOf(terms: QuickFixTerms): string {
  const { version, port, senderCompId, targetCompId, directory, password, isEcho = false } = terms;
  const isFixt = version === '50SP2';
  const dictionaries = isFixt
    ? [
        `TransportDataDictionary=${DICTIONARIES}/FIXT11.xml`,
        `AppDataDictionary=${DICTIONARIES}/FIX50SP2.xml`,
        'DefaultApplVerID=9',
      ]
    : [`DataDictionary=${DICTIONARIES}/FIX${version}.xml`];
  const login = password === undefined ? [] : [`Username=${senderCompId}`, `Password=${password}`];
  return [
    '[DEFAULT]',
    `ConnectionType=${isEcho ? 'acceptor' : 'initiator'}`,
    'ReconnectInterval=1',
    `FileStorePath=${directory}/store`,
    'StartTime=00:00:00',
    'EndTime=00:00:00',
    'UseDataDictionary=Y',
    'HeartBtInt=30',
    'SocketNodelay=Y',
    ...(isEcho ? [`SocketAcceptPort=${port}`] : ['SocketConnectHost=127.0.0.1', `SocketConnectPort=${port}`]),
    '[SESSION]',
    `BeginString=${isFixt ? 'FIXT.1.1' : `FIX.${version[0]}.${version[1]}`}`,
    `SenderCompID=${senderCompId}`,
    `TargetCompID=${targetCompId}`,
    ...dictionaries,
    ...login,
    '',
  ].join('\n');
}
