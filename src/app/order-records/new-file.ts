import { createHash, type Hash } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { nodeDisk } from '#log/file/disk.ts';
import { UNFINISHED_SUFFIX } from '#log/file/durable-file.ts';

const BUFFER_BYTES = 64 * 1024;
const OWNER_ONLY = 0o600;
const NAME_NEW = 'name a new file';
/** Of disks on which a file has one name only: exFAT, some network shares. */
const WITHOUT_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** Where order records go: text, in pieces, and the SHA-256 of all of it. */
export interface RecordsSink {
  write(text: string): void;
  /** Resolves when what was written has been taken. */
  drained(): Promise<void>;
  /** All was written. Returns the SHA-256, in hexadecimal digits. */
  end(): string;
  /** What was written is worth nothing. */
  discard(): void;
}

/**
 * A file that is not there until it is whole: written beside under another name, for its owner alone, and then given its own, unless somebody has made one of
 * that name meanwhile.
 */
export class NewFile implements RecordsSink {
  declare private readonly path: string;
  declare private readonly unfinished: string;
  declare private readonly handle: number;
  declare private readonly hash: Hash;
  declare private pieces: string[];
  declare private characters: number;

  /** @throws the error of node:fs: EEXIST where there is a file of that name */
  constructor(path: string) {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw exists(path, NAME_NEW);
    this.path = path;
    // Two that write the same file do not write into each other's.
    this.unfinished = `${path}.${process.pid}${UNFINISHED_SUFFIX}`;
    // The first process of a container always has the same number.
    this.handle = openNew(
      this.unfinished,
      'remove it where no other run is writing it, or name another file',
    );
    this.hash = createHash('sha256');
    this.pieces = [];
    this.characters = 0;
  }

  write(text: string): void {
    this.pieces.push(text);
    this.characters += text.length;
    if (this.characters >= BUFFER_BYTES) this.#flush();
  }

  async drained(): Promise<void> {}

  end(): string {
    this.#flush();
    fsyncSync(this.handle);
    takeName(this.unfinished, this.path);
    nodeDisk.syncDirectory(dirname(this.path));
    this.discard();
    return this.hash.digest('hex');
  }

  discard(): void {
    closeSync(this.handle);
    rmSync(this.unfinished, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.from(this.pieces.join(''));
    this.pieces = [];
    this.characters = 0;
    this.hash.update(bytes);
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.handle, bytes, done);
    } catch (error) {
      // What is written to a handle fails without a name.
      if (error instanceof Error && 'syscall' in error) error.message += ` '${this.path}'`;
      throw error;
    }
  }
}

/** Gives a file that is whole the name `path`. @throws EEXIST where there is a file of that name */
function takeName(from: string, path: string): void {
  try {
    linkSync(from, path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw exists(path, NAME_NEW);
    if (!WITHOUT_LINKS.includes(code)) throw error;
    // An empty file takes the name first, so that nobody's file is replaced.
    closeSync(openNew(path, NAME_NEW));
    renameSync(from, path);
  }
}

function openNew(path: string, advice: string): number {
  try {
    return openSync(path, 'wx', OWNER_ONLY);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? exists(path, advice) : error;
  }
}

function exists(path: string, advice: string): Error {
  const error = new Error(`${path} is there already: ${advice}`);
  return Object.assign(error, { code: 'EEXIST', syscall: 'open', path });
}

/** Standard output, or another stream of text. */
export class RecordsStream implements RecordsSink {
  declare private readonly stream: NodeJS.WritableStream;
  declare private readonly hash: Hash;
  declare private readonly taken: () => Promise<void>;

  constructor(stream: NodeJS.WritableStream, taken: () => Promise<void>) {
    this.stream = stream;
    this.taken = taken;
    this.hash = createHash('sha256');
  }

  write(text: string): void {
    this.hash.update(text);
    this.stream.write(text);
  }

  drained(): Promise<void> {
    return this.taken();
  }

  end(): string {
    return this.hash.digest('hex');
  }

  discard(): void {}
}
