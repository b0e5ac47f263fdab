import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import type { CommandInput } from '#codec/log/record-types.ts';
import { QuickFix, type QuickFixTerms, whyNoQuickFix } from '../support/quickfix.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { assertNothingRefused, field, isReport, loggedOn, oneTo, reportNumbers } from './lines.ts';

const PROCESS = join(import.meta.dirname, '../support/node-process.ts');
const reason = whyNoQuickFix();
const OPTIONS = { timeout: 240_000, ...(reason === undefined ? {} : { skip: reason }) };
/** Sessions that log on without a password: FIX 4.2 has no fields for it. */
const SESSIONS = [
  {
    compId: 'OLD',
    subId: '',
    user: 'U3',
    needsPassword: false,
    cancelOnDisconnect: false,
    resetOnLogon: false,
    resetOnLogout: false,
    resetOnDisconnect: false,
  },
  {
    compId: 'COPY',
    subId: '',
    user: 'U4',
    needsPassword: false,
    cancelOnDisconnect: false,
    resetOnLogon: false,
    resetOnLogout: false,
    resetOnDisconnect: false,
    copyUsers: ['U1'],
    copyAccounts: [2],
  },
];

/** A node in a process of its own whose FIX door has the same port after each start. */
class FixNode {
  readonly directory: string;
  port = 0;
  #child: ChildProcess | undefined;

  constructor(t: TestContext) {
    this.directory = temporaryDirectory('quickfix');
    t.after(async () => {
      await this.kill();
    });
  }

  async start(): Promise<void> {
    const fix = {
      host: '127.0.0.1',
      port: this.port,
      connectionsMax: 64,
      compId: 'HIVE',
      cancelOnDisconnect: false,
      sessions: SESSIONS,
    };
    const child = spawn(process.execPath, [PROCESS, join(this.directory, 'data'), JSON.stringify({ fix })], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#child = child;
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const [line] = await Promise.race([
      once(lines, 'line'),
      once(child, 'exit').then(([code]) => assert.fail(`the node ended with ${code} before it served`)),
    ]);
    this.port = JSON.parse(line).edgePorts.fix;
  }

  /** Sends a command of the operator. */
  operator(command: CommandInput): void {
    this.#child?.send(command);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  counterparty(t: TestContext, senderCompId: string, terms: Partial<QuickFixTerms> = {}): QuickFix {
    const { port, directory } = this;
    const targetCompId = 'HIVE';
    const version = '44';
    const quickFix = new QuickFix({ version, port, senderCompId, targetCompId, directory, ...terms });
    t.after(() => quickFix.child.kill('SIGKILL'));
    return quickFix;
  }
}

test('reportNumbers: a report that came twice is found, one that is lacking is not in it', () => {
  const report = (id: string, more = ''): string => `in |35=8${more}|17=${id}|`;
  assert.deepEqual(reportNumbers([report('1-2'), report('1-1'), report('1-2', '|43=Y')]), [1, 2]);
  assert.deepEqual(reportNumbers([report('1-1'), report('1-3', '|43=Y'), report('0'), report('0')]), [1, 3]);
  assert.throws(() => reportNumbers([report('1-1'), report('1-1')]), /report 1-1 came 2 times/);
});

test(
  'QuickFIX trades every order type in every version, and its dictionaries accept every answer',
  OPTIONS,
  async (t) => {
    const node = new FixNode(t);
    await node.start();
    const ann = node.counterparty(t, 'U1', { password: 'secret' });
    const bob = node.counterparty(t, 'U2', { password: 'secret', version: '50SP2' });
    const old = node.counterparty(t, 'OLD', { version: '42' });
    const copy = node.counterparty(t, 'COPY');
    for (const one of [ann, bob, old, copy]) await one.until(loggedOn);
    const symbol = '55=BTCUSD';
    bob.send(`D|11=b1|${symbol}|54=2|38=10|40=2|44=10.00|59=1|528=R`);
    bob.send(`D|11=b2|${symbol}|54=2|38=50|40=2|44=10.00|59=1|1138=5`);
    await bob.until((lines) => lines.filter(isReport).length === 2);
    ann.send(`D|11=a1|${symbol}|54=1|38=1|40=1|59=3`);
    ann.send(`D|11=a2|${symbol}|54=1|38=12|40=2|44=10.00|59=0|528=P`);
    ann.send(`D|11=a3|${symbol}|54=1|38=1|40=3|99=20.00|59=1`);
    ann.send(`D|11=a4|${symbol}|54=1|38=1|40=4|99=20.00|44=21.00|59=6|126=20300101-00:00:00`);
    ann.send(`D|11=a5|${symbol}|54=1|38=1|40=2|44=9.00|18=6|111=1`);
    ann.send(`D|11=a6|${symbol}|54=1|38=99|40=2|44=10.00|59=4`);
    ann.send(`D|11=a7|${symbol}|54=1|38=99|40=2|44=10.00|59=3|110=90`);
    ann.send(`D|11=a8|55=NOPE|54=1|38=99|40=2|44=10.00`);
    ann.send(`G|11=a9|41=a5|${symbol}|54=1|38=3|40=2|44=8.00|18=6`);
    ann.send(`F|11=a10|41=a9|${symbol}|54=1`);
    ann.send(`F|11=a11|41=a9|${symbol}|54=1`);
    await ann.until((lines) => lines.some((line) => field(line, 35) === '9'));
    ann.send(`H|11=a9|${symbol}|54=1`);
    ann.send('AF|584=m1|585=7');
    ann.send('q|11=a12|530=7');
    ann.send('x|320=l1|559=4');
    bob.send('x|320=l2|559=4');
    for (const one of [ann, bob]) await one.until((lines) => lines.some((line) => field(line, 35) === 'y'));
    await ann.until((lines) => lines.some((line) => field(line, 35) === 'r'));
    old.send(`D|11=o1|21=1|${symbol}|54=1|38=2|40=2|44=10.00|59=1|47=A|109=7`);
    old.send(`D|11=o2|21=1|${symbol}|54=1|38=200|40=2|44=9.50|59=1`);
    old.send(`G|11=o3|41=o2|21=1|${symbol}|54=1|38=100|40=2|44=9.40|59=1|47=P|109=8`);
    old.send(`F|11=o4|41=o3|${symbol}|54=1`);
    old.send(`H|11=o1|${symbol}|54=1`);
    await old.until((lines) => lines.some((line) => field(line, 20) === '3'));
    const before = ann.lines
      .filter(isReport)
      .map((line) => `${field(line, 11)} ${field(line, 150)}${field(line, 39)}`);
    assert.equal(
      before.toSorted().join(', '),
      'a1 00, a1 F2, a10 44, a2 00, a2 F1, a2 F2, a3 00, a3 44, a3 I0, a4 00, a4 44, a4 I0, a5 00, a6 00, a6 44, a7 00, a7 44, a8 88, a9 50, a9 I4',
    );
    // Market data of each version: a snapshot, then changes.
    for (const one of [ann, bob, old]) one.send('V|262=r1|263=1|264=0|265=1|269=0|269=1|269=2|55=BTCUSD');
    for (const one of [ann, bob, old])
      await one.until((lines) => lines.some((line) => field(line, 35) === 'W'));
    for (const one of [ann, bob, old]) one.send('g|335=t1|263=0');
    ann.send('D|11=a13|55=BTCUSD|54=1|38=1|40=2|44=10.00|59=3');
    for (const one of [ann, bob, old]) {
      await one.until((lines) => lines.some((line) => field(line, 35) === 'X'));
      await one.until((lines) => lines.filter((line) => field(line, 35) === 'h').length === 2);
    }
    await copy.until((lines) => lines.some((line) => field(line, 11) === 'a9'));
    for (const one of [ann, bob, old, copy]) assertNothingRefused(one.lines);
    node.operator({ type: 'SetUserEnabled', targetUserId: 2, enabled: 0, reason: 'test' });
    await bob.until((lines) => lines.includes('logout'));
  },
);

test('QuickFIX is told every report once, though it is killed and though the node is', OPTIONS, async (t) => {
  const node = new FixNode(t);
  await node.start();
  const ann = node.counterparty(t, 'U1', { password: 'secret' });
  const bob = node.counterparty(t, 'U2', { password: 'secret' });
  await ann.until(loggedOn);
  await bob.until(loggedOn);
  let sold = 0;
  const sell = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const terms = '55=BTCUSD|54=2|38=1|40=2|44=10.00';
      bob.send(`D|11=b${++sold}|${terms}|59=3`);
    }
  };
  ann.send('D|11=a1|55=BTCUSD|54=1|38=100000|40=2|44=10.00|59=1');
  await ann.until((lines) => lines.some(isReport));
  // The buyer is killed while it is being told of trades.
  sell(500);
  await ann.until((lines) => lines.filter(isReport).length > 100);
  await ann.kill();
  sell(500);
  await bob.until((lines) => lines.filter(isReport).length === 2_000);
  const again = node.counterparty(t, 'U1', { password: 'secret' });
  const tellsAll = (last: number) => (lines: readonly string[]) =>
    lines.some((line) => isReport(line) && field(line, 17) === `1-${last}`);
  await again.until(tellsAll(1_001));
  assert.deepEqual(reportNumbers([...ann.lines, ...again.lines]), oneTo(1_001));

  // The node is killed while both trade.
  const toldBefore = again.lines.length;
  sell(2_000);
  await again.until((lines) => lines.filter(isReport).length > toldBefore + 100);
  await node.kill();
  await node.start();
  // What QuickFIX sent into the void it sends again when it is asked to; the last order says when all is done.
  again.send('D|11=last|55=BTCUSD|54=1|38=1|40=2|44=1.00|59=1');
  await again.until((lines) => lines.some((line) => isReport(line) && field(line, 11) === 'last'));
  const numbers = reportNumbers([...ann.lines, ...again.lines]);
  const last = Number(
    field(again.lines.findLast((line) => field(line, 11) === 'last') ?? '', 17).split('-')[1],
  );
  assert.deepEqual(
    numbers.filter((number) => number <= last),
    oneTo(last),
  );
  await bob.until((lines) => lines.filter((line) => line === 'logon').length > 1);
  bob.send('D|11=blast|55=BTCUSD|54=2|38=1|40=2|44=90.00|59=1');
  await bob.until((lines) => lines.some((line) => isReport(line) && field(line, 11) === 'blast'));
  // None of his orders was lost with the node.
  const answered = new Set(bob.lines.filter(isReport).map((line) => field(line, 11)));
  for (let i = 1; i <= sold; i++) assert.ok(answered.has(`b${i}`), `order b${i} of ${sold} was not answered`);
  const sales = reportNumbers(bob.lines);
  assert.deepEqual(sales, oneTo(sales.length));
  assertNothingRefused([...again.lines, ...bob.lines]);
});
