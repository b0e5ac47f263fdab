import { closeSync, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import type { ListedObject, ObjectFiles } from '#app/cluster/object-files.ts';
import type { SimulatedProcess } from './scheduler.ts';
import type { SimulatedStream } from './stream.ts';
import type { Trace } from './trace.ts';

/** What the servers keep of a file. */
interface StoredObject extends ListedObject {
  readonly metadata: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** Whoever looks at what comes and goes. */
export interface ObjectWatcher {
  onPut(process: SimulatedProcess, name: string, metadata: Readonly<Record<string, string>>): void;
}

/** The servers did not answer: what was asked may have been done all the same. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

/** The connection over which a process asks. */
interface Way {
  readonly process: SimulatedProcess;
  readonly isUp: boolean;
  readonly isStale: boolean;
}

const ANSWER_US_MAX = 5_000_000;
/** How often what was asked over a connection that breaks is done all the same. */
const LOST_ANSWER_SHARE = 0.1;

/** An object store of the servers. Objects are whole or not there; without a leader, or over a broken connection, nothing is answered. */
export class SimulatedObjects {
  readonly objects = new Map<string, StoredObject>();
  readonly #stream: SimulatedStream;
  readonly #watcher: ObjectWatcher;
  readonly #trace: Trace;

  constructor(stream: SimulatedStream, watcher: ObjectWatcher, trace: Trace) {
    this.#stream = stream;
    this.#watcher = watcher;
    this.#trace = trace;
  }

  /** The store as a process sees it over its connection. */
  over(way: Way): ObjectFiles {
    return {
      list: () => this.#ask(way, () => [...this.objects.values()]),
      put: (path, metadata) => {
        const object = { name: basename(path), size: statSync(path).size, metadata, bytes: contentOf(path) };
        return this.#ask(way, () => {
          this.#trace.add(way.process.name, 'puts', object.name);
          this.#watcher.onPut(way.process, object.name, metadata);
          this.objects.set(object.name, object);
        });
      },
      fetch: async (name, path) => {
        const object = await this.#ask(way, () => this.objects.get(name));
        if (object === undefined) return false;
        const file = openSync(path, 'w');
        writeSync(file, object.bytes);
        fsyncSync(file);
        closeSync(file);
        return true;
      },
      delete: (name) =>
        this.#ask(way, () => {
          this.#trace.add(way.process.name, 'removes', name);
          this.objects.delete(name);
        }),
    };
  }

  /** Has the servers do something. */
  #ask<Answer>(way: Way, run: () => Answer): Promise<Answer> {
    const { scheduler, random } = this.#stream;
    return new Promise((resolve, reject) => {
      const giveUp = scheduler.after(way.process, ANSWER_US_MAX, () =>
        reject(new NoAnswerError('the object store does not answer')),
      );
      scheduler.after(undefined, this.#stream.latencyUs() * 4, () => {
        const isReached = this.#stream.hasLeader && way.isUp && !way.isStale;
        if (!isReached && random() > LOST_ANSWER_SHARE) return;
        if (!way.process.isAlive) return;
        const answer = run();
        if (!isReached) return;
        scheduler.after(way.process, this.#stream.latencyUs(), () => {
          giveUp.isCancelled = true;
          resolve(answer);
        });
      });
    });
  }
}

function contentOf(path: string): Uint8Array {
  const bytes = new Uint8Array(statSync(path).size);
  const file = openSync(path, 'r');
  for (let at = 0; at < bytes.length; ) at += readSync(file, bytes, at, bytes.length - at, at);
  closeSync(file);
  return bytes;
}
