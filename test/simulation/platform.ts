import crypto from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
import promised from 'node:timers/promises';
import type { SimulatedFiles } from './files.ts';
import type { SimulatedNetwork, SimulatedSocket } from './network.ts';
import {
  type SimulatedProcess,
  START_SECONDS,
  type VirtualEvent,
  type VirtualScheduler,
} from './scheduler.ts';

/** What `setTimeout`, `setInterval` and `setImmediate` return. */
class VirtualTimer {
  event: VirtualEvent | undefined;
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

type Run = (...args: unknown[]) => void;

/** How long an `setImmediate` waits: the poll phase of a busy loop. */
const IMMEDIATE_US_MAX = 20;
/** How long a password check takes. */
const SCRYPT_US = 50_000;

/** A cheap stand-in for scrypt: 32 bytes that follow from the password and the salt. */
export function simulatedHash(password: string, salt: Uint8Array): Buffer {
  return crypto.hash('sha256', `${password} ${Buffer.from(salt).toString('hex')}`, 'buffer');
}

/**
 * Puts virtual time, randomness, sockets and files in the place of those of Node, so that the code under test runs as it is: timers, clocks,
 * `node:net`, the random functions and scrypt of `node:crypto`, and `node:fs` for the paths of simulated machines. All of it belongs to the
 * process whose event is running. @param onError gets what a microtask throws @returns how to undo it
 */
export function installPlatform(
  scheduler: VirtualScheduler,
  network: SimulatedNetwork,
  files: SimulatedFiles,
  random: () => number,
  onError: (error: unknown) => void,
): () => void {
  const restores: (() => void)[] = [];
  const put = (target: object, replacements: object): void => {
    for (const [name, value] of Object.entries(replacements)) {
      const old = Object.getOwnPropertyDescriptor(target, name);
      Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true });
      restores.push(() => {
        if (old === undefined) delete (target as Record<string, unknown>)[name];
        else Object.defineProperty(target, name, old);
      });
    }
  };
  put(globalThis, timers(scheduler, random));
  const { queueMicrotask } = globalThis;
  put(globalThis, {
    queueMicrotask: (run: () => void) =>
      queueMicrotask(() => {
        try {
          run();
        } catch (error) {
          onError(error);
        }
      }),
  });
  put(promised, {
    setTimeout: (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs)),
  });
  put(Date, { now: () => Math.floor(wallMs(scheduler)) });
  put(performance, { now: () => (scheduler.nowUs - process(scheduler).startedUs) / 1_000 });
  put(net, {
    createServer: (_options: object, onSocket: (socket: SimulatedSocket) => void) =>
      network.createServer(onSocket),
    connect: (options: { host: string; port: number }) => network.connect(options),
  });
  put(crypto, randomness(scheduler, random));
  put(fs, files.functions(fs));
  syncBuiltinESMExports();
  return () => {
    for (const restore of restores.reverse()) restore();
    syncBuiltinESMExports();
  };
}

function process(scheduler: VirtualScheduler): SimulatedProcess {
  if (scheduler.current === undefined)
    throw new Error('time, chance and sockets belong to a simulated process');
  return scheduler.current;
}

/** The wall clock of the machine whose process runs, in milliseconds. */
export function wallMs(scheduler: VirtualScheduler): number {
  return START_SECONDS * 1_000 + scheduler.nowUs / 1_000 + process(scheduler).wallSkewMs;
}

function timers(scheduler: VirtualScheduler, random: () => number): object {
  const timer = (delayMs: number, isRepeated: boolean, run: () => void): VirtualTimer => {
    const handle = new VirtualTimer();
    const owner = process(scheduler);
    const delayUs = Math.max(1, delayMs) * 1_000;
    const arm = (): void => {
      handle.event = scheduler.after(owner, delayUs + random() * 100, () => {
        if (isRepeated) arm();
        run();
      });
    };
    arm();
    return handle;
  };
  const clear = (handle: VirtualTimer | undefined): void => {
    if (handle?.event !== undefined) handle.event.isCancelled = true;
  };
  return {
    setTimeout: (run: Run, delayMs = 1, ...args: unknown[]) => timer(delayMs, false, () => run(...args)),
    setInterval: (run: Run, delayMs = 1, ...args: unknown[]) => timer(delayMs, true, () => run(...args)),
    setImmediate: (run: Run, ...args: unknown[]) => {
      const handle = new VirtualTimer();
      const owner = process(scheduler);
      owner.lastImmediateUs = Math.max(owner.lastImmediateUs, scheduler.nowUs + random() * IMMEDIATE_US_MAX);
      handle.event = scheduler.at(owner, owner.lastImmediateUs, () => run(...args));
      return handle;
    },
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
  };
}

function randomness(scheduler: VirtualScheduler, random: () => number): object {
  const randomBytes = (size: number): Buffer =>
    Buffer.from(Uint8Array.from({ length: size }, () => Math.floor(random() * 256)));
  return {
    randomBytes,
    randomInt: (max: number) => Math.floor(random() * max),
    randomUUID: () => {
      const hex = randomBytes(16).toString('hex');
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    },
    scrypt: (
      password: string,
      salt: Uint8Array,
      _bytes: number,
      _cost: object,
      done: (error: Error | null, hash: Buffer) => void,
    ) => {
      scheduler.after(process(scheduler), SCRYPT_US, () => done(null, simulatedHash(password, salt)));
    },
  };
}
