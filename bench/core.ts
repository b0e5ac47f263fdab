/**
 * The full core (risk, book, ledger, events, state hash) on the five flows, fed with log entries as a replica feeds
 * it. Each scenario runs in a process of its own. Bytes allocated per command are V8's own count of everything that
 * was ever allocated on its heap (`v8.getHeapStatistics().total_allocated_bytes`, exact to the object), less what taking
 * the count itself allocates. Each repetition is of the same commands, so what these allocate is in every one, and the
 * least counts; what the others have beyond it is V8's own, for code that it compiles and code that is not compiled yet.
 * `node bench/core.ts [--commands N] [--repetitions N]
 * [--seed N] [--per-entry N] [--scenario NAME]`
 */
import { getHeapStatistics } from 'node:v8';
import { FLOW_NAMES, flowScenario, generateFlow } from './flows.ts';
import { CoreFlow, CoreReader } from './support/core-flow.ts';
import { runEach } from './support/each.ts';
import {
  begin,
  choice,
  type Elapsed,
  numberOption,
  print,
  rates,
  rounded,
  stopwatch,
} from './support/report.ts';

const commands = numberOption('commands', 1_000_000);
const repetitions = numberOption('repetitions', 7);
const seed = numberOption('seed', 1);
const perEntry = numberOption('per-entry', 32);
const scenario = choice('scenario', FLOW_NAMES);

const allocatedBytes = (): number => getHeapStatistics().total_allocated_bytes;

if (scenario === '') {
  begin('core');
  await runEach(import.meta.filename, FLOW_NAMES);
} else {
  const generated = generateFlow(flowScenario(scenario), commands, seed);
  const flow = new CoreFlow(generated, perEntry);
  const elapsed: Elapsed[] = [];
  const hashes = new Set<string>();
  const bytes: number[] = [];
  let reader = new CoreReader();
  for (let repetition = 0; repetition < repetitions + 2; repetition++) {
    reader = new CoreReader();
    flow.warm(reader);
    const before = allocatedBytes();
    const countCost = allocatedBytes() - before;
    const from = allocatedBytes();
    const read = stopwatch();
    flow.deliver(reader, flow.warmEntries, flow.entries);
    const took = read();
    const allocated = Math.max(0, allocatedBytes() - from - countCost);
    if (repetition >= 2) {
      elapsed.push(took);
      bytes.push(rounded(allocated / flow.commands, 3));
    }
    hashes.add(reader.core.stateHash);
  }
  const [stateHash] = hashes;
  if (hashes.size !== 1) throw new Error(`${scenario}: repetitions ended with different state hashes`);
  print({
    bench: 'core',
    scenario,
    ...rates(flow.commands, elapsed),
    bytesPerCommand: Math.min(...bytes),
    bytesPerCommandOfRepetitions: bytes,
    commandsPerEntry: perEntry,
    events: reader.sink.byName(),
    openOrders: reader.core.state.orders.store.liveOrders,
    stateHash,
    flow: generated.statistics,
  });
}
