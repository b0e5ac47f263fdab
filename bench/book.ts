/**
 * The book alone, in process, on the five flows, and npm `nodejs-order-book` on the same flows in the same run.
 * Each scenario runs in a process of its own, so that no scenario profits from or pays for the code that another
 * one made hot. Our time includes telling of every trade and hashing it; the peer's does not. The trades must be
 * identical. `node bench/book.ts [--commands N] [--repetitions N] [--seed N] [--scenario NAME] [--no-peer]`
 */
import { FLOW_NAMES, flowScenario, generateFlow } from './flows.ts';
import { BookDriver } from './support/book-driver.ts';
import { runEach } from './support/each.ts';
import { PeerDriver } from './support/peer-driver.ts';
import {
  begin,
  choice,
  type Elapsed,
  flag,
  numberOption,
  print,
  rates,
  rounded,
  stopwatch,
} from './support/report.ts';

const commands = numberOption('commands', 1_000_000);
const repetitions = numberOption('repetitions', 9);
const seed = numberOption('seed', 1);
const scenario = choice('scenario', FLOW_NAMES);

if (scenario === '') {
  begin('book');
  await runEach(import.meta.filename, FLOW_NAMES);
} else {
  const flow = generateFlow(flowScenario(scenario), commands, seed);

  const elapsed: Elapsed[] = [];
  let trades = 0;
  let hash = 0;
  for (let repetition = 0; repetition < repetitions + 2; repetition++) {
    const driver = new BookDriver(flow);
    driver.apply(flow, 0, flow.warmCommands);
    driver.hash = 0;
    driver.trades = 0;
    const read = stopwatch();
    driver.apply(flow, flow.warmCommands, flow.commands);
    const took = read();
    if (repetition >= 2) elapsed.push(took);
    trades = driver.trades;
    hash = driver.hash;
  }
  const ours = {
    ...rates(commands, elapsed),
    trades,
    tradeHash: (hash >>> 0).toString(16).padStart(8, '0'),
  };
  const peer = flag('no-peer') ? undefined : measurePeer();
  if (peer !== undefined && (peer.trades !== trades || peer.tradeHash !== ours.tradeHash)) {
    throw new Error(
      `${scenario}: our ${trades} trades (${ours.tradeHash}) differ from the ${peer.trades} of nodejs-order-book (${peer.tradeHash})`,
    );
  }
  print({
    bench: 'book',
    scenario,
    ...ours,
    ...(peer === undefined
      ? {}
      : {
          peer: 'nodejs-order-book',
          peerPerSecond: peer.perSecond,
          peerPerCpuSecond: peer.perCpuSecond,
          ratio: rounded(ours.perSecond / peer.perSecond, 1),
          ratioOfCpuSeconds: rounded(ours.perCpuSecond / peer.perCpuSecond, 1),
          tradesIdentical: true,
        }),
    flow: flow.statistics,
  });

  function measurePeer() {
    const translated = PeerDriver.translate(flow);
    const checked = new PeerDriver(flow, translated);
    checked.apply(0, flow.warmCommands);
    const result = checked.applyAndHash(flow.warmCommands, flow.commands);
    const timed = new PeerDriver(flow, translated);
    timed.apply(0, flow.warmCommands);
    const read = stopwatch();
    timed.apply(flow.warmCommands, flow.commands);
    return {
      ...rates(commands, [read()]),
      trades: result.trades,
      tradeHash: (result.hash >>> 0).toString(16).padStart(8, '0'),
    };
  }
}
