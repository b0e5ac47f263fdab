/**
 * Replay from the log: a log of a flow's entries is written to disk, then read through a fresh core, checksums and
 * all, as a node does that has no snapshot. `node bench/replay-log.ts [--commands N] [--per-entry N] [--repetitions N]
 * [--data-dir DIR]`
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createFileLog, FileLog } from '#log/file/file-log.ts';
import { LogId } from '#log/file/format.ts';
import { ManualClock } from '#log/manual-clock.ts';
import { followerOf } from '#log/recording-reader.ts';
import { FLOW_SCENARIOS, generateFlow } from './flows.ts';
import { benchDirectory } from './load/servers.ts';
import { CoreFlow, CoreReader } from './support/core-flow.ts';
import { begin, type Elapsed, numberOption, print, rates, stopwatch } from './support/report.ts';

const COMMIT_ENTRIES = 64;
const commands = numberOption('commands', 2_000_000);
const perEntry = numberOption('per-entry', 32);
const repetitions = numberOption('repetitions', 5);
const directory = join(benchDirectory(), `replay-${process.pid}`);
const logId = new LogId('00000000-0000-4000-8000-000000000001');
const clock = new ManualClock();
const NOBODY = followerOf();

begin('replay-log');
for (const scenario of FLOW_SCENARIOS.filter(
  ({ name }) => name === 'middle-narrow' || name === 'deep-wide',
)) {
  const generated = generateFlow(scenario, commands, 1);
  const flow = new CoreFlow(generated, perEntry);
  createFileLog(directory, logId, clock);
  const writing = FileLog.open({ directory, logId, clock, follower: NOBODY });
  for (let entry = 0; entry < flow.entries; entry++) {
    writing.append(flow.words, flow.starts[entry], flow.starts[entry + 1]);
    if (entry % COMMIT_ENTRIES === COMMIT_ENTRIES - 1) writing.commit();
  }
  writing.commit();
  writing.close();

  const elapsed: Elapsed[] = [];
  const opened: number[] = [];
  let hash = '';
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const reader = new CoreReader();
    const read = stopwatch();
    const log = FileLog.open({ directory, logId, clock, follower: NOBODY });
    opened.push(read().seconds);
    log.read(1, reader);
    elapsed.push(read());
    log.close();
    hash = reader.core.stateHash;
  }
  print({
    bench: 'replay-log',
    scenario: scenario.name,
    commands: generated.commands,
    entries: flow.entries,
    ...rates(generated.commands, elapsed),
    openSecondsBest: Math.min(...opened),
    stateHash: hash,
  });
  rmSync(directory, { recursive: true, force: true });
}
