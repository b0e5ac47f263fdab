/**
 * How the trade screen of the console keeps up: frames while a market moves, and memory over a day in a tab.
 * `npm run build && npm run bench -- console [--scenario frames|day] [--seconds N] [--hours N] [--seed N]`
 *
 * The page is the real one, in chromium (HIVE_CHROMIUM, default /usr/bin/chromium); this process plays its node
 * (support/console-stage.ts). Scenario `frames`: 20 book updates and 200 trades each second; frames are those of chromium's performance
 * trace. Scenario `day`: as many messages as eight hours at that rate have, as fast as the page takes them; memory is what is left
 * after a collection, once after a part of them and once after all.
 */
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { ConsoleStage } from './support/console-stage.ts';
import { numberOption, option, print, printMachine, rounded } from './support/report.ts';

const BOOK_PER_SECOND = 20;
const TRADES_PER_SECOND = 200;
/** The node's flush: trades of this time come together. */
const FLUSH_MS = 20;
const MS = 1_000;
const FRAME_MS = 1_000 / 60;
const MEGABYTE = 2 ** 20;
/** A part of the day after which everything that is kept is full. */
const WARM_PART = 0.05;
const executablePath = process.env['HIVE_CHROMIUM'] ?? '/usr/bin/chromium';
const seconds = numberOption('seconds', 20);
const hours = numberOption('hours', 8);
const seed = numberOption('seed', 1);
/** One of the two, or both. */
const scenario = option('scenario', '');

interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly ts: number;
  /** Microseconds on a processor: what others did on the machine is not in it. */
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly frame_reporter?: { readonly state?: string }; readonly name?: string };
}

async function openPage(browser: Browser, stage: ConsoleStage): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(await stage.listen());
  await page.getByLabel('Name').fill('bench');
  await page.getByLabel('Password', { exact: true }).fill('bench');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.tape .trades tr').nth(5).waitFor();
  while (!stage.isFollowed) await page.waitForTimeout(10);
  return page;
}

/** Plays the market at its rate for so long. */
async function play(stage: ConsoleStage, forSeconds: number): Promise<void> {
  const timers = [
    setInterval(() => stage.updateBook(), MS / BOOK_PER_SECOND),
    setInterval(() => stage.trade((TRADES_PER_SECOND * FLUSH_MS) / MS), FLUSH_MS),
    setInterval(() => stage.advance(1), MS),
  ];
  await new Promise((resolve) => setTimeout(resolve, forSeconds * MS));
  for (const timer of timers) clearInterval(timer);
}

async function frames(browser: Browser): Promise<void> {
  const stage = new ConsoleStage(seed);
  const page = await openPage(browser, stage);
  await play(stage, 3);
  await browser.startTracing(page, {
    categories: [
      'devtools.timeline',
      'disabled-by-default-devtools.timeline',
      'cc,benchmark',
      'toplevel',
      '__metadata',
    ],
  });
  await play(stage, seconds);
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[];
  };
  const mains = traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain',
  );
  const states = traceEvents
    .filter(
      ({ name, ph, pid }) =>
        name === 'PipelineReporter' && ph === 'b' && mains.some((one) => one.pid === pid),
    )
    .map(({ args }) => args.frame_reporter?.state ?? '');
  const count = (part: string): number => states.filter((state) => state.includes(part)).length;
  const taskMs = traceEvents
    .filter(
      ({ name, cat, pid, tid }) =>
        name === 'RunTask' &&
        cat.includes('devtools.timeline') &&
        mains.some((one) => one.pid === pid && one.tid === tid),
    )
    .map(({ tdur = 0 }) => tdur / MS)
    .sort((one, other) => one - other);
  const faults = await page.locator('.stale').count();
  print({
    bench: 'console',
    scenario: 'frames',
    bookUpdatesPerSecond: BOOK_PER_SECOND,
    tradesPerSecond: TRADES_PER_SECOND,
    seconds,
    framesPerSecond: rounded(count('PRESENTED') / seconds, 1),
    framesDropped: count('DROPPED'),
    mainThreadCpuMsPerFrame: rounded(
      taskMs.reduce((all, one) => all + one, 0) / Math.max(1, count('PRESENTED')),
      2,
    ),
    mainThreadCpu: rounded(taskMs.reduce((all, one) => all + one, 0) / MS / seconds, 3),
    tasksLongerThanAFrame: taskMs.filter((one) => one > FRAME_MS).length,
    taskCpuMsP99: rounded(taskMs[Math.floor(taskMs.length * 0.99)] ?? 0, 2),
    taskCpuMsMax: rounded(taskMs.at(-1) ?? 0, 2),
    stalePanels: faults,
  });
  await page.close();
  stage.close();
}

interface Memory {
  readonly heapBytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

async function memoryOf(devTools: CDPSession): Promise<Memory> {
  await devTools.send('HeapProfiler.collectGarbage');
  const { metrics } = await devTools.send('Performance.getMetrics');
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { heapBytes: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
}

async function day(browser: Browser): Promise<void> {
  const stage = new ConsoleStage(seed);
  const page = await openPage(browser, stage);
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Performance.enable');
  const all = hours * 3_600;
  const started = performance.now();
  let before: Memory | undefined;
  let half: Memory | undefined;
  for (let second = 1; second <= all; second++) {
    for (let n = 0; n < BOOK_PER_SECOND; n++) stage.updateBook();
    stage.trade(TRADES_PER_SECOND);
    stage.advance(1);
    await stage.whenRead();
    // Requests of the page have their turn too.
    if (second % 60 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (second === Math.ceil(all * WARM_PART)) before = await settled(page, devTools);
    if (second === Math.ceil(all / 2)) half = await settled(page, devTools);
  }
  const after = await settled(page, devTools);
  if (before === undefined || half === undefined) throw new Error('the day is too short');
  print({
    bench: 'console',
    scenario: 'day',
    hours,
    bookUpdates: all * BOOK_PER_SECOND,
    trades: all * TRADES_PER_SECOND,
    wallSeconds: Math.round((performance.now() - started) / MS),
    heapMiBEarly: rounded(before.heapBytes / MEGABYTE, 2),
    heapMiBHalf: rounded(half.heapBytes / MEGABYTE, 2),
    heapMiBLate: rounded(after.heapBytes / MEGABYTE, 2),
    nodesEarly: before.nodes,
    nodesLate: after.nodes,
    listenersEarly: before.listeners,
    listenersLate: after.listeners,
    stalePanels: await page.locator('.stale').count(),
  });
  await page.close();
  stage.close();
}

/** Once the page has taken what was on its way. */
async function settled(page: Page, devTools: CDPSession): Promise<Memory> {
  await page.waitForTimeout(3_000);
  return memoryOf(devTools);
}

printMachine('console');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  if (scenario !== 'day') await frames(browser);
  if (scenario !== 'frames') await day(browser);
} finally {
  await browser.close();
}
