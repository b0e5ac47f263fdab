import { dirname } from 'node:path';
import type { Disk, ZerosDone } from './disk.ts';
import { SECTOR_BYTES } from './format.ts';
import { appendZeros } from './segment-file.ts';

/** The power went, or the process was killed, in the middle of a call. */
export class PowerCutError extends Error {
  override readonly name = 'PowerCutError';
}

interface FileNode {
  /** What a read shows (the kernel's cache), and what outlives a cut. */
  cached: Uint8Array;
  durable: Uint8Array;
}

interface Job {
  readonly handle: number;
  readonly from: number;
  readonly to: number;
  readonly done: ZerosDone;
}

type Names = Map<string, FileNode>;

/**
 * For tests: a disk in memory whose power can be cut at any write, rename or sync. What was not durable is then
 * kept or lost sector by sector, at random, and of the changes of names since the last sync a random prefix is kept.
 * Work in the background waits for `runBackground`.
 */
export class PowerCutDisk implements Disk {
  /** Changing calls until the cut happens; Infinity for never. */
  declare callsUntilCut: number;
  /** True: the cut only kills the process, and the kernel's cache stays. */
  declare killsOnly: boolean;
  /** True: the disk lies, a write returns before it is durable. For showing that the checkers notice. */
  declare acknowledgesBeforeSync: boolean;
  declare private readonly random: () => number;
  declare private names: Names;
  declare private durableNames: Names;
  declare private readonly unsyncedNameChanges: ((names: Names) => void)[];
  declare private readonly handles: Map<number, FileNode>;
  declare private readonly jobs: Job[];
  declare private nextHandle: number;
  declare private isOff: boolean;

  /** @param options `random` gives fractions, 0 up to 1. */
  constructor(options: { readonly random: () => number }) {
    this.callsUntilCut = Number.POSITIVE_INFINITY;
    this.killsOnly = false;
    this.acknowledgesBeforeSync = false;
    this.random = options.random;
    this.names = new Map();
    this.durableNames = new Map();
    this.unsyncedNameChanges = [];
    this.handles = new Map();
    this.jobs = [];
    this.nextHandle = 1;
    this.isOff = false;
  }

  /** Ends every process at once, and, unless `killsOnly`, the power. The disk is off until `restart`. */
  cut(): void {
    this.isOff = true;
    this.handles.clear();
    this.jobs.length = 0;
    if (this.killsOnly) return;
    const kept = Math.floor(this.random() * (this.unsyncedNameChanges.length + 1));
    for (const change of this.unsyncedNameChanges.slice(0, kept)) change(this.durableNames);
    this.unsyncedNameChanges.length = 0;
    const nodes = new Set([...this.names.values(), ...this.durableNames.values()]);
    for (const node of nodes) this.#loseUnsynced(node);
    this.names = new Map(this.durableNames);
  }

  restart(): void {
    this.isOff = false;
    this.callsUntilCut = Number.POSITIVE_INFINITY;
  }

  /** Writes up to `count` of the zeros that wait in the background. */
  runBackground(count: number): void {
    for (let i = 0; i < count && this.jobs.length > 0; i++) {
      const { handle, from, to, done } = this.jobs.shift() as Job;
      appendZeros(this, handle, from, to);
      done(null);
    }
  }

  /** The bytes of a file, to look at or to damage: they are cache and disk in one. */
  bytesOf(path: string): Uint8Array {
    const node = this.#node(path);
    node.durable = node.cached;
    return node.cached;
  }

  /** Cuts the file to its first `size` bytes. */
  cutFile(path: string, size: number): void {
    const node = this.#node(path);
    node.cached = node.cached.slice(0, size);
    node.durable = node.cached.slice();
  }

  /** An independent copy of all files, whose power is on. */
  clone(): PowerCutDisk {
    const copy = new PowerCutDisk({ random: this.random });
    for (const [path, node] of this.names) {
      const twin = { cached: node.cached.slice(), durable: node.cached.slice() };
      copy.names.set(path, twin);
      copy.durableNames.set(path, twin);
    }
    return copy;
  }

  openRead(path: string): number {
    this.#assertOn();
    this.handles.set(this.nextHandle, this.#node(path));
    return this.nextHandle++;
  }

  openWrite(path: string): number {
    return this.openRead(path);
  }

  create(path: string): number {
    this.#countCall();
    if (this.names.has(path)) throw Object.assign(new Error(`EEXIST: ${path}`), { code: 'EEXIST' });
    const node: FileNode = { cached: new Uint8Array(0), durable: new Uint8Array(0) };
    this.#changeNames((names) => names.set(path, node));
    return this.openRead(path);
  }

  close(handle: number): void {
    this.handles.delete(handle);
  }

  size(handle: number): number {
    return this.#open(handle).cached.length;
  }

  read(handle: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const { cached } = this.#open(handle);
    const part = cached.subarray(position, position + length);
    bytes.set(part, offset);
    return part.length;
  }

  write(handle: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    const node = this.#open(handle);
    node.cached = sized(node.cached, Math.max(node.cached.length, position + length));
    node.cached.set(bytes.subarray(offset, offset + length), position);
    this.#countCall();
    if (!this.acknowledgesBeforeSync) {
      node.durable = sized(node.durable, node.cached.length);
      node.durable.set(bytes.subarray(offset, offset + length), position);
    }
    return length;
  }

  writeZerosInBackground(handle: number, from: number, to: number, done: ZerosDone): void {
    this.#assertOn();
    this.jobs.push({ handle, from, to, done });
  }

  /** Of a file, or of a directory with all its files. */
  rename(from: string, to: string): void {
    const moved = [...this.names].filter(([path]) => path === from || path.startsWith(`${from}/`));
    if (moved.length === 0) this.#node(from);
    this.#changeNames((names) => {
      for (const [path, node] of moved) {
        names.delete(path);
        names.set(to + path.slice(from.length), node);
      }
    });
    this.#countCall();
  }

  remove(path: string): void {
    this.#node(path);
    this.#changeNames((names) => names.delete(path));
    this.#countCall();
  }

  removeInBackground(path: string): void {
    this.#assertOn();
    if (this.names.has(path)) this.#changeNames((names) => names.delete(path));
  }

  makeDirectory(_path: string): void {}

  list(directory: string): string[] {
    this.#assertOn();
    return [...this.names.keys()]
      .filter((path) => dirname(path) === directory)
      .map((path) => path.slice(directory.length + 1));
  }

  syncDirectory(_directory: string): void {
    this.#countCall();
    for (const change of this.unsyncedNameChanges) change(this.durableNames);
    this.unsyncedNameChanges.length = 0;
  }

  #changeNames(change: (names: Names) => void): void {
    change(this.names);
    this.unsyncedNameChanges.push(change);
  }

  #loseUnsynced(node: FileNode): void {
    const size = this.random() < 0.5 ? node.cached.length : node.durable.length;
    const survived = sized(node.durable, size);
    for (let from = 0; from < size; from += SECTOR_BYTES) {
      const to = Math.min(from + SECTOR_BYTES, size);
      if (this.random() < 0.5) survived.set(node.cached.subarray(from, to), from);
    }
    node.durable = survived;
    node.cached = survived.slice();
  }

  #countCall(): void {
    this.#assertOn();
    if (--this.callsUntilCut > 0) return;
    this.cut();
    throw new PowerCutError('the power was cut');
  }

  #assertOn(): void {
    if (this.isOff) throw new PowerCutError('the power is off');
  }

  #node(path: string): FileNode {
    const node = this.names.get(path);
    if (node === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return node;
  }

  #open(handle: number): FileNode {
    this.#assertOn();
    const node = this.handles.get(handle);
    if (node === undefined) throw Object.assign(new Error(`EBADF: ${handle}`), { code: 'EBADF' });
    return node;
  }
}

/** `bytes` with `size` bytes: cut, or longer by zeros. */
function sized(bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length === size) return bytes;
  const result = new Uint8Array(size);
  result.set(bytes.subarray(0, size));
  return result;
}
