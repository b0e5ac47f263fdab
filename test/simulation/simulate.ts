import { arrangeFaults, FAULTS } from './faults.ts';
import { checkFinal, type RunTotals } from './final-check.ts';
import { type NodeParts, REAL_PARTS } from './node-parts.ts';
import { installPlatform } from './platform.ts';
import { SimulationFailure } from './trace.ts';
import { World } from './world.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** 3 to 10. */
  readonly nodes?: number;
  readonly clients?: number;
  /** Kinds of fault, of FAULTS. Default: all. */
  readonly faults?: readonly string[];
  /** Parts with a planted bug. */
  readonly parts?: Partial<NodeParts>;
}

export interface SimulationResult extends RunTotals {
  readonly seed: number;
  /** A function of the options: the same run has the same. */
  readonly traceHash: string;
  readonly events: number;
  readonly entries: number;
  readonly reports: number;
  readonly virtualMs: number;
  /** What was wrong; undefined: nothing. */
  readonly failure: string | undefined;
  /** The last events before the failure. */
  readonly tail: readonly string[];
}

const SECOND_US = 1_000_000;
/** The market is known to all by then. */
const SET_UP_US = 2 * SECOND_US;
const FAULTS_END_US = 12 * SECOND_US;
/** Everything ends by itself by then: the longest fault lasts 9 s. */
const HEALED_US = 14 * SECOND_US;
/** How long after that until all is answered and equal. */
const SETTLE_US_MAX = 40 * SECOND_US;

/** One run: a function of its options. It takes the place of Node's timers, clocks, sockets and files while it lasts. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { seed, nodes = 3, clients = 4, faults = Object.keys(FAULTS), parts = {} } = options;
  const world = new World({ seed, nodes, clients, parts: { ...REAL_PARTS, ...parts } });
  let failure: string | undefined;
  let totals: RunTotals = { ignored: 0, tradesCanceled: 0, feesSet: 0 };
  const onError = (error: unknown): void => {
    try {
      world.onError(error);
    } catch {
      world.checkers.fail(String((error as Error).stack ?? error));
    }
  };
  const { scheduler, network, files, random } = world;
  const restore = installPlatform(scheduler, network, files, random, onError);
  process.on('unhandledRejection', onError);
  try {
    totals = await run(world, () => arrangeFaults(world, faults, seed, FAULTS_END_US));
  } catch (error) {
    failure = error instanceof SimulationFailure ? error.message : String((error as Error).stack ?? error);
  } finally {
    process.off('unhandledRejection', onError);
    restore();
  }
  return {
    seed,
    traceHash: world.trace.hash,
    events: world.trace.length,
    entries: world.stream.lastSequence,
    ...totals,
    reports: world.clients.reduce((sum, { reports }) => sum + reports.length - 1, 0),
    virtualMs: Math.round(world.scheduler.nowUs / 1_000),
    failure,
    tail: failure === undefined ? [] : world.trace.tail,
  };
}

async function run(world: World, arrange: () => void): Promise<RunTotals> {
  const until = async (untilUs: number, isDone: () => boolean): Promise<void> => {
    await world.scheduler.run(
      untilUs,
      () => world.checkers.failure !== undefined || isDone(),
      (error) => world.onError(error),
    );
    if (world.checkers.failure !== undefined) throw world.checkers.failure;
  };
  world.begin();
  await until(SET_UP_US, () => false);
  world.trade();
  arrange();
  await until(HEALED_US, () => false);
  world.heal();
  await until(HEALED_US + SETTLE_US_MAX, () => world.whyNotQuiet() === undefined);
  const why = world.whyNotQuiet();
  if (why !== undefined)
    throw new SimulationFailure(`${SETTLE_US_MAX / SECOND_US} s after all was healed ${why}`);
  return checkFinal(world);
}
