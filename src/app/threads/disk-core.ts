import { closeSync, constants, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Writes of a probe, how long they may take together, and below how many nothing is concluded. */
const WRITES = 64;
const WRITES_MS_MAX = 100;
const WRITES_MIN = 16;
const BLOCK_BYTES = 4_096;
const INTERRUPTS = '/proc/interrupts';

/**
 * The core that takes the interrupts of a directory's disk, whoever writes: a durable write from there ends without another core that has to be woken and to tell
 * this one. undefined where each core has a queue of the disk for itself, as with NVMe, where it is none of `cores`, and where it cannot be told: in memory, or on
 * another system. Writes to a file without a name there, from two cores, for 0.2 s at most.
 * @param cores numbers of those on which this thread may run
 * @param runOn has this thread on one of them from its return on; false: the kernel refuses
 */
export function diskCoreOf(
  directory: string,
  cores: readonly number[],
  runOn: (core: number) => boolean,
): number | undefined {
  const [one, other] = cores;
  if (other === undefined) return undefined;
  try {
    const answering = runOn(one) ? coreOfWrites(directory) : undefined;
    if (answering === undefined || !cores.includes(answering) || !runOn(other)) return undefined;
    return coreOfWrites(directory) === answering ? answering : undefined;
  } catch {
    return undefined;
  }
}

/** The core that takes the interrupts of durable writes of this thread. @throws the error of node:fs */
function coreOfWrites(directory: string): number | undefined {
  const path = join(directory, 'disk-core.probe');
  const { O_CREAT, O_RDWR, O_DSYNC } = constants;
  const handle = openSync(path, O_CREAT | O_RDWR | O_DSYNC, 0o600);
  try {
    rmSync(path);
    const block = new Uint8Array(BLOCK_BYTES);
    // The first one also finds the file its place.
    writeSync(handle, block, 0, BLOCK_BYTES, 0);
    const before = readFileSync(INTERRUPTS, 'latin1');
    const until = performance.now() + WRITES_MS_MAX;
    let writes = 0;
    for (; writes < WRITES && performance.now() < until; writes++)
      writeSync(handle, block, 0, BLOCK_BYTES, 0);
    if (writes < WRITES_MIN) return undefined;
    return coreThatTook(before, readFileSync(INTERRUPTS, 'latin1'), writes);
  } finally {
    closeSync(handle);
  }
}

/**
 * The core on which most interrupts of one kind arrived between two readings of /proc/interrupts (proc(5)); undefined where that was fewer than `least`.
 * Those without a number, the processor's own, do not count.
 */
export function coreThatTook(before: string, after: string, least: number): number | undefined {
  const cores = coresOf(after);
  if (cores.join() !== coresOf(before).join()) return undefined;
  const earlier = new Map(devicesOf(before));
  let most = least - 1;
  let taking: number | undefined;
  for (const [interrupt, counts] of devicesOf(after)) {
    for (const [index, core] of cores.entries()) {
      const took = counts[index] - (earlier.get(interrupt)?.[index] ?? 0);
      if (took <= most) continue;
      most = took;
      taking = core;
    }
  }
  return taking;
}

function coresOf(interrupts: string): number[] {
  return Array.from(interrupts.slice(0, interrupts.indexOf('\n')).matchAll(/CPU(\d+)/g), ([, core]) =>
    Number(core),
  );
}

/** By number of the interrupt: how many each core took. */
function devicesOf(interrupts: string): [string, number[]][] {
  return Array.from(interrupts.matchAll(/^\s*(\d+):((?:\s+\d+)+)\s/gm), ([, interrupt, counts]) => [
    interrupt,
    counts.trim().split(/\s+/).map(Number),
  ]);
}
