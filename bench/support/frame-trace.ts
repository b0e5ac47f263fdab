/** What chromium's performance trace says of the frames of a page and of the threads that made them. */

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** Microseconds on a processor: what others did on the machine is not in it. */
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: {
    readonly frame_reporter?: { readonly state?: string; readonly frame_sequence?: number };
    readonly name?: string;
  };
}

/** Categories that the trace must have. */
export const TRACE_CATEGORIES = [
  'devtools.timeline',
  'disabled-by-default-devtools.timeline',
  'cc,benchmark',
  'viz',
  'gpu',
  'toplevel',
  '__metadata',
];

/** The threads that a frame passes through, and what they are called in the trace. */
const THREADS = {
  /** Script, style, layout and the recording of what is to be painted. */
  main: { inPage: true, name: /^CrRendererMain$/ },
  /** Takes over what was recorded, scrolls. */
  compositor: { inPage: true, name: /^Compositor$/ },
  /** Paint tiles. */
  raster: { inPage: true, name: /^(CompositorTileWorker|ThreadPoolForegroundWorker)/ },
  /** Puts tiles together to a picture; without a GPU it paints it. */
  display: { inPage: false, name: /^(VizCompositorThread|CrGpuMain)$/ },
} as const;
export type FrameThread = keyof typeof THREADS;

export interface FrameFigures {
  /** Pictures that were drawn for the screen. */
  readonly shown: number;
  /** Frames that had something new and did not come. */
  readonly dropped: number;
  /** Processor time of each of the threads, in milliseconds. */
  readonly cpuMs: Readonly<Record<FrameThread, number>>;
  /** Tasks of the main thread, ascending, in milliseconds of processor time. */
  readonly mainTasksMs: readonly number[];
}

/** Reads a trace, as `stopTracing` gives it. */
export function frameFigures(trace: Buffer): FrameFigures {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const named = traceEvents.filter(({ name }) => name === 'thread_name');
  // The page is the process whose main thread has the most frames; others are of the browser itself.
  const states = traceEvents.filter(({ name, ph }) => name === 'PipelineReporter' && ph === 'b');
  const pages = named.filter(({ args }) => THREADS.main.name.test(args.name ?? ''));
  const framesOf = (pid: number): TraceEvent[] => states.filter((one) => one.pid === pid);
  const page = pages.toSorted((a, b) => framesOf(b.pid).length - framesOf(a.pid).length)[0]?.pid;
  if (page === undefined) throw new Error('the trace has no page');
  // One frame has several reports where it came in parts: what has been presented late is not dropped.
  const inState = (part: string): Set<number | undefined> =>
    new Set(
      framesOf(page)
        .filter(({ args }) => args.frame_reporter?.state?.includes(part))
        .map(({ args }) => args.frame_reporter?.frame_sequence),
    );
  const spans = spansByThread(traceEvents);
  const spansOf = ({ inPage, name }: (typeof THREADS)[FrameThread]): readonly number[] =>
    named
      .filter(({ pid, args }) => (pid === page) === inPage && name.test(args.name ?? ''))
      .flatMap(({ pid, tid }) => spans.get(`${pid} ${tid}`) ?? []);
  const cpuMs = Object.fromEntries(
    Object.entries(THREADS).map(([thread, where]) => [thread, sumOf(spansOf(where))]),
  ) as Record<FrameThread, number>;
  return {
    shown: traceEvents.filter(({ name }) => name === 'DirectRenderer::DrawFrame').length,
    dropped: inState('DROPPED').difference(inState('PRESENTED')).size,
    cpuMs,
    mainTasksMs: spansOf(THREADS.main).toSorted((one, other) => one - other),
  };
}

/** Milliseconds of the outermost spans of each thread: its tasks. */
function spansByThread(events: readonly TraceEvent[]): Map<string, number[]> {
  const byThread = new Map<string, TraceEvent[]>();
  for (const event of events) {
    if (event.ph !== 'X') continue;
    const key = `${event.pid} ${event.tid}`;
    const all = byThread.get(key) ?? [];
    all.push(event);
    byThread.set(key, all);
  }
  const spans = new Map<string, number[]>();
  for (const [key, all] of byThread) {
    all.sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
    const outermost: number[] = [];
    let end = Number.NEGATIVE_INFINITY;
    for (const { ts, dur = 0, tdur = 0 } of all) {
      if (ts < end) continue;
      end = ts + dur;
      outermost.push(tdur / 1_000);
    }
    spans.set(key, outermost);
  }
  return spans;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((all, one) => all + one, 0);
}
