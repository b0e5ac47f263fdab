import type { Disk, ZerosDone } from './disk.ts';

/** An error as node:fs throws it. */
function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}

/** How the write that `FaultyDisk.failWriteIn` names goes wrong. */
export type WriteFault =
  /** Nothing is written. */
  | 'ENOSPC'
  | 'EIO'
  /** Half of it is written, and the call says so. */
  | 'short'
  /** All of it reaches the cache, but not the disk: what a failed fdatasync means. */
  | 'EIO after writing';

/** For tests: passes everything on to another disk, until it fails as it is told. */
export class FaultyDisk implements Disk {
  /** Writes until one fails, once; Infinity for never. */
  declare failWriteIn: number;
  declare fault: WriteFault;
  /** Bytes until the disk is full: a write takes what fits, and with nothing left throws ENOSPC. */
  declare bytesFree: number;
  /** These fail with EIO as long as they are named. */
  declare readonly failing: Set<'rename' | 'syncDirectory' | 'create'>;
  declare private readonly disk: Disk;

  constructor(disk: Disk) {
    this.failWriteIn = Number.POSITIVE_INFINITY;
    this.fault = 'EIO';
    this.bytesFree = Number.POSITIVE_INFINITY;
    this.failing = new Set();
    this.disk = disk;
  }

  write(handle: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    if (--this.failWriteIn === 0) {
      if (this.fault === 'ENOSPC' || this.fault === 'EIO') throw systemError(this.fault);
      if (this.fault === 'short') return this.disk.write(handle, bytes, offset, length >> 1, position);
      this.disk.write(handle, bytes, offset, length, position);
      throw systemError('EIO');
    }
    const grows = Math.max(0, position + length - Math.max(position, this.disk.size(handle)));
    if (grows === 0) return this.disk.write(handle, bytes, offset, length, position);
    if (this.bytesFree === 0) throw systemError('ENOSPC');
    const taken = Math.min(length, length - grows + this.bytesFree);
    this.bytesFree -= taken - (length - grows);
    return this.disk.write(handle, bytes, offset, taken, position);
  }

  writeZerosInBackground(handle: number, from: number, to: number, done: ZerosDone): void {
    if (this.bytesFree < to - from) done(systemError('ENOSPC'));
    else this.disk.writeZerosInBackground(handle, from, to, done);
  }

  rename(from: string, to: string): void {
    if (this.failing.has('rename')) throw systemError('EIO');
    this.disk.rename(from, to);
  }

  syncDirectory(directory: string): void {
    if (this.failing.has('syncDirectory')) throw systemError('EIO');
    this.disk.syncDirectory(directory);
  }

  create(path: string): number {
    if (this.failing.has('create')) throw systemError('EIO');
    return this.disk.create(path);
  }

  openRead(path: string): number {
    return this.disk.openRead(path);
  }
  openWrite(path: string): number {
    return this.disk.openWrite(path);
  }
  close(handle: number): void {
    this.disk.close(handle);
  }
  size(handle: number): number {
    return this.disk.size(handle);
  }
  read(handle: number, bytes: Uint8Array, offset: number, length: number, position: number): number {
    return this.disk.read(handle, bytes, offset, length, position);
  }
  remove(path: string): void {
    this.disk.remove(path);
  }
  removeInBackground(path: string): void {
    this.disk.removeInBackground(path);
  }
  makeDirectory(path: string): void {
    this.disk.makeDirectory(path);
  }
  list(directory: string): string[] {
    return this.disk.list(directory);
  }
}
