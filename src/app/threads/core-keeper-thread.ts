/**
 * Keeps the order path's core from sleeping while orders come: what wakes the order path then, or the edge beside it, need not wake the core
 * first. It has what nobody else wants of the core (docs/adr/0029-order-path-core.md).
 */
import { dlopen } from 'node:ffi';
import { readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { workerData } from 'node:worker_threads';
import { RingProgress } from '#replica/rings/broadcast-ring.ts';
import { type CoreKeeperData, KeeperWord } from './order-path-core.ts';

/** How long after an order it waits for the next one, and how often it looks for the first. */
const REST_MS = 10;
const PAUSES = 64;

const { ring, words } = workerData as CoreKeeperData;
const progress = new RingProgress(ring);
const told = new Int32Array(words);
const { thread, mayRun } = KeeperWord;
// Not Atomics.wait: it takes a lock that all threads of V8 share, and one that only has what nobody else wants of a core could keep it for long.
const { usleep } = dlopen('libc.so.6', { usleep: { arguments: ['u32'], return: 'i32' } }).functions;

function isAllowed(): boolean {
  return Atomics.load(told, mayRun) === 1;
}

/** Looks on as long as turns come. */
function keepAwake(): void {
  let seen = progress.position;
  let until = performance.now() + REST_MS;
  while (performance.now() < until && isAllowed()) {
    for (let i = 0; i < PAUSES; i++) Atomics.pause();
    if (progress.position === seen) continue;
    seen = progress.position;
    until = performance.now() + REST_MS;
  }
}

Atomics.store(told, thread, Number(basename(readlinkSync('/proc/thread-self'))));
// Its end is that of the worker.
for (;;) {
  const seen = progress.position;
  usleep(REST_MS * 1_000);
  if (progress.position !== seen) keepAwake();
}
