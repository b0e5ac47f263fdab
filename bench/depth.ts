/**
 * Cost of a command with 1,000,000 resting orders against 1,000, of the book alone and of the full core: the same mix
 * of commands over the same prices, only the depth differs. Each depth runs in a process of its own.
 * `node bench/depth.ts [--commands N] [--repetitions N] [--seed N]`
 */
import { generateFlow } from './flows.ts';
import { BookDriver } from './support/book-driver.ts';
import { CoreFlow, CoreReader } from './support/core-flow.ts';
import { runEach } from './support/each.ts';
import {
  begin,
  choice,
  type Elapsed,
  type Figure,
  numberOption,
  print,
  rates,
  rounded,
  stopwatch,
} from './support/report.ts';

const DEPTHS = [1_000, 1_000_000];
const PER_ENTRY = 32;
const commands = numberOption('commands', 500_000);
const repetitions = numberOption('repetitions', 5);
const seed = numberOption('seed', 1);
const SCENARIOS = DEPTHS.flatMap((depth) => [`book-${depth}`, `core-${depth}`]);
const scenario = choice('scenario', SCENARIOS);

if (scenario === '') {
  begin('depth');
  const figures = await runEach(import.meta.filename, SCENARIOS);
  for (const what of ['book', 'core']) {
    const [shallow, deep] = DEPTHS.map(
      (depth) => figures.find((one) => one.scenario === `${what}-${depth}`)!,
    );
    const over = (field: string): number => rounded(numberOf(shallow, field) / numberOf(deep, field), 2);
    print({
      bench: 'depth',
      scenario: `${what}: cost at ${DEPTHS[1]} over cost at ${DEPTHS[0]}`,
      ratio: over('perSecond'),
      ratioBest: over('perSecondBest'),
      ratioOfCpuSeconds: over('perCpuSecond'),
    });
  }
} else {
  const [what, depth] = scenario.split('-');
  const flow = generateFlow(
    {
      name: scenario,
      depth: Number(depth),
      halfWidthTicks: 5_000,
      cancelPermille: 420,
      replacePermille: 100,
      iocPermille: 100,
      youngPermille: 500,
    },
    commands,
    seed,
  );
  const elapsed = what === 'core' ? measureCore() : measureBook();
  print({ bench: 'depth', scenario, ...rates(commands, elapsed), flow: flow.statistics });

  function measureBook(): Elapsed[] {
    return Array.from({ length: repetitions }, () => {
      const driver = new BookDriver(flow);
      driver.apply(flow, 0, flow.warmCommands);
      const read = stopwatch();
      driver.apply(flow, flow.warmCommands, flow.commands);
      return read();
    });
  }

  function measureCore(): Elapsed[] {
    const entries = new CoreFlow(flow, PER_ENTRY);
    return Array.from({ length: repetitions }, () => {
      const reader = new CoreReader();
      entries.warm(reader);
      const read = stopwatch();
      entries.deliver(reader, entries.warmEntries, entries.entries);
      return read();
    });
  }
}

function numberOf(figure: Figure, field: string): number {
  return figure[field] as number;
}
