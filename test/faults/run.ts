/**
 * Faults of real processes, links, disks and clocks, drawn from a seed, under load: `npm run faults -- [--seed=N] [--faults=200]
 * [--only=KIND,KIND]`. After each fault everything has to work again within a bounded time, and what clients were told is compared with what
 * the cluster holds (test/faults/audit.ts). Ends with one line of evidence; exits with 1 when anything was wrong, and keeps the files then.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyNoNats } from '../support/nats-cluster.ts';
import { scriptOptions } from '../support/script-options.ts';
import { FAULTS, missingFor } from './faults.ts';
import { Hosts, runAmongHosts, whyNoHosts } from './hosts.ts';
import { runFaults, summaryOf } from './session.ts';

const { values } = scriptOptions('npm run faults -- [--seed=N] [--faults=200] [--only=KIND,KIND]', {
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    faults: { type: 'string', default: '200' },
    only: { type: 'string' },
  },
});
const missingNats = whyNoNats();
if (missingNats !== undefined) {
  console.error(missingNats);
  process.exit(1);
}
const missingHosts = whyNoHosts();
if (missingHosts === undefined) {
  const status = runAmongHosts();
  if (status !== undefined) process.exit(status);
}
const missing = missingFor(missingHosts);
for (const [need, reason] of Object.entries(missing)) {
  if (reason === undefined) continue;
  const kinds = FAULTS.filter((fault) => fault.needs === need).map(({ kind }) => kind);
  console.log(`left out: ${kinds.join(', ')} (${reason})`);
}
// It reads the clock without the C library, where libfaketime cannot be.
console.log("left out: jumps of a nats-server's clock (nothing here can change a Go program's clock)");
const only = values.only?.split(',');
const faults = FAULTS.filter(
  ({ kind, needs }) =>
    (only?.includes(kind) ?? true) && (needs === undefined || missing[needs] === undefined),
);
const directory = mkdtempSync(join(tmpdir(), 'hive-faults-'));
const hosts = missingHosts === undefined ? new Hosts() : undefined;
const result = await runFaults({
  directory,
  hosts,
  faults,
  count: Number(values.faults),
  seed: Number(values.seed),
  log: console.log,
});
for (const complaint of result.complaints) console.log(`WRONG: ${complaint}`);
console.log(summaryOf(result));
if (result.complaints.length > 0) console.log(`the files are kept: ${directory}`);
else rmSync(directory, { recursive: true, force: true });
process.exit(result.complaints.length > 0 ? 1 : 0);
