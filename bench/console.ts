/**
 * How the trade screen of the console keeps up: frames while a market moves, and memory over a day in a tab.
 * `npm run build && npm run bench -- console [--scenario frames|day] [--seconds N] [--hours N] [--seed N]`
 *
 * The page is the real one, in chromium (HIVE_CHROMIUM, default /usr/bin/chromium); this process plays its node
 * (support/console-stage.ts). Scenario `frames`: 20 book updates and 200 trades each second; frames are those of chromium's performance
 * trace, with the processor time of each thread that makes them: on a machine that others use, these say more than the frames do.
 * Scenario `day`: as many messages as eight hours at that rate have, as fast as the page takes them; memory is what is left after a
 * collection, at ten times, each with as many candles kept. It grows when the line through those of the second half does, by more than
 * a bound. V8's compiled code is apart, under a ceiling: it steps up and down as functions become hot and cold, over hours.
 */
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { compiledCodeBytes } from './support/compiled-code.ts';
import { ConsoleStage } from './support/console-stage.ts';
import { type FrameThread, frameFigures, TRACE_CATEGORIES } from './support/frame-trace.ts';
import { begin, choice, numberOption, print, rounded } from './support/report.ts';

const BOOK_PER_SECOND = 20;
const TRADES_PER_SECOND = 200;
/** The node's flush: trades of this time come together. */
const FLUSH_MS = 20;
const MS = 1_000;
const FRAME_MS = 1_000 / 60;
const MEGABYTE = 2 ** 20;
/** How often memory is looked at in a day; growth is that of the second half. */
const SAMPLES = 10;
/**
 * After so many seconds as many candles of one second are kept as before: of 3,000 the oldest 500 go at once (candles-store.ts), and
 * with what the chart has of each these are half a mebibyte.
 */
const CANDLES_CYCLE_SECONDS = 500;
/** The page has taken what was on its way. */
const SETTLE_MS = 3_000;
/** Growth that is none: of 8 hours less than 200 KiB, and of DOM nodes and of listeners less than one that is kept each hour. */
const HEAP_KIB_PER_HOUR_MAX = 25;
const NODES_PER_HOUR_MAX = 1;
/** Compiled code: 4.3 to 4.5 MiB at four times of 24 hours. The page's scripts are all that there is to compile. */
const CODE_MIB_MAX = 6;
/**
 * Changes one pixel in every frame. Messages come in fewer frames than a second has: without it a frame that was not needed could not be
 * told from one that did not come.
 */
const FRAME_CLOCK = `{
  const pixel = document.createElement('i');
  pixel.style.cssText = 'position: fixed; top: 0; left: 0; width: 1px; height: 1px; contain: strict';
  document.body.append(pixel);
  let n = 0;
  const tick = () => {
    pixel.style.background = n++ % 2 === 0 ? '#000' : '#fff';
    requestAnimationFrame(tick);
  };
  tick();
}`;
const executablePath = process.env['HIVE_CHROMIUM'] ?? '/usr/bin/chromium';
const seconds = numberOption('seconds', 20);
const hours = numberOption('hours', 8);
const seed = numberOption('seed', 1);
/** One of the two, or both. */
const scenario = choice('scenario', ['frames', 'day']);

/** @param interval length of the chart's candles */
async function openPage(browser: Browser, stage: ConsoleStage, interval: '1s' | '1m'): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.addInitScript(`localStorage.setItem('hive.trade.interval', '"${interval}"')`);
  page.on('pageerror', (error) => {
    throw error;
  });
  await page.goto(await stage.listen());
  await page.getByLabel('Name').fill('bench');
  await page.getByLabel('Password', { exact: true }).fill('bench');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('.tape tbody tr').nth(5).waitFor();
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
  const page = await openPage(browser, stage, '1m');
  await page.evaluate(FRAME_CLOCK);
  await play(stage, 3);
  await browser.startTracing(page, { categories: TRACE_CATEGORIES });
  await play(stage, seconds);
  const { shown, dropped, cpuMs, mainTasksMs } = frameFigures(await browser.stopTracing());
  const perFrame = (thread: FrameThread): number => rounded(cpuMs[thread] / Math.max(1, shown), 2);
  print({
    bench: 'console',
    scenario: 'frames',
    bookUpdatesPerSecond: BOOK_PER_SECOND,
    tradesPerSecond: TRADES_PER_SECOND,
    seconds,
    framesPerSecond: rounded(shown / seconds, 1),
    framesDropped: dropped,
    mainCpuMsPerFrame: perFrame('main'),
    compositorCpuMsPerFrame: perFrame('compositor'),
    rasterCpuMsPerFrame: perFrame('raster'),
    displayCpuMsPerFrame: perFrame('display'),
    mainCpu: rounded(cpuMs.main / MS / seconds, 3),
    tasksLongerThanAFrame: mainTasksMs.filter((one) => one > FRAME_MS).length,
    taskCpuMsP99: rounded(mainTasksMs[Math.floor(mainTasksMs.length * 0.99)] ?? 0, 2),
    taskCpuMsMax: rounded(mainTasksMs.at(-1) ?? 0, 2),
    stalePanels: await page.locator('.stale').count(),
  });
  await page.close();
  stage.close();
}

interface Memory {
  /** Of the day. */
  readonly hour: number;
  /** JavaScript heap without compiled code. */
  readonly heapBytes: number;
  readonly codeBytes: number;
  readonly nodes: number;
  readonly listeners: number;
}

async function memoryOf(devTools: CDPSession, hour: number): Promise<Memory> {
  // What the first collection frees in one of V8 and the page may have been what held more in the other.
  for (let n = 0; n < 2; n++) await devTools.send('HeapProfiler.collectGarbage');
  const { metrics } = await devTools.send('Performance.getMetrics');
  const of = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  const codeBytes = await compiledCodeBytes(devTools);
  return {
    hour,
    heapBytes: of('JSHeapUsedSize') - codeBytes,
    codeBytes,
    nodes: of('Nodes'),
    listeners: of('JSEventListeners'),
  };
}

/** Change of a figure in an hour: the slope of the straight line through its samples, by least squares. */
function perHour(samples: readonly Memory[], of: (sample: Memory) => number): number {
  const mean = (value: (sample: Memory) => number): number =>
    samples.reduce((all, one) => all + value(one), 0) / samples.length;
  const [hour, middle] = [mean((one) => one.hour), mean(of)];
  const spread = samples.reduce((all, one) => all + (one.hour - hour) ** 2, 0);
  return samples.reduce((all, one) => all + (one.hour - hour) * (of(one) - middle), 0) / spread;
}

async function day(browser: Browser): Promise<void> {
  const stage = new ConsoleStage(seed);
  // Of one second each: the most that are kept are there early, and none comes without another going.
  const page = await openPage(browser, stage, '1s');
  const devTools = await page.context().newCDPSession(page);
  await devTools.send('Performance.enable');
  const sampleSeconds = Math.ceil((hours * 3_600) / SAMPLES / CANDLES_CYCLE_SECONDS) * CANDLES_CYCLE_SECONDS;
  const all = sampleSeconds * SAMPLES;
  const started = performance.now();
  const samples: Memory[] = [];
  for (let second = 1; second <= all; second++) {
    for (let n = 0; n < BOOK_PER_SECOND; n++) stage.updateBook();
    stage.trade(TRADES_PER_SECOND);
    stage.advance(1);
    await stage.whenRead();
    // Requests of the page have their turn too.
    if (second % 60 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (second % sampleSeconds === 0) {
      await page.waitForTimeout(SETTLE_MS);
      samples.push(await memoryOf(devTools, second / 3_600));
    }
  }
  // In the first half what is bounded becomes full.
  const late = samples.slice(SAMPLES / 2 - 1);
  const heapKiBPerHour = perHour(late, ({ heapBytes }) => heapBytes) / 1_024;
  const nodesPerHour = perHour(late, ({ nodes }) => nodes);
  const listenersPerHour = perHour(late, ({ listeners }) => listeners);
  print({
    bench: 'console',
    scenario: 'day',
    hours: rounded(all / 3_600, 2),
    bookUpdates: all * BOOK_PER_SECOND,
    trades: all * TRADES_PER_SECOND,
    wallSeconds: Math.round((performance.now() - started) / MS),
    heapMiB: samples.map(({ heapBytes }) => rounded(heapBytes / MEGABYTE, 2)),
    codeMiB: samples.map(({ codeBytes }) => rounded(codeBytes / MEGABYTE, 2)),
    nodes: samples.map(({ nodes }) => nodes),
    listeners: samples.map(({ listeners }) => listeners),
    heapKiBPerHour: rounded(heapKiBPerHour, 1),
    nodesPerHour: rounded(nodesPerHour, 2),
    listenersPerHour: rounded(listenersPerHour, 2),
    grows:
      heapKiBPerHour > HEAP_KIB_PER_HOUR_MAX ||
      samples.some(({ codeBytes }) => codeBytes > CODE_MIB_MAX * MEGABYTE) ||
      nodesPerHour > NODES_PER_HOUR_MAX ||
      listenersPerHour > NODES_PER_HOUR_MAX,
    stalePanels: await page.locator('.stale').count(),
  });
  await page.close();
  stage.close();
}

begin('console');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  if (scenario !== 'day') await frames(browser);
  if (scenario !== 'frames') await day(browser);
} finally {
  await browser.close();
}
