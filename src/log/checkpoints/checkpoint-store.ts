import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { errorCode, nodeDisk } from '../file/disk.ts';
import { writeFileDurably } from '../file/durable-file.ts';
import { splitNotes } from './checkpoint.ts';
import { NoteError, parseVerifierKey, type Verifier } from './signed-note.ts';

const NOTES_FILE = 'checkpoints.txt';
const KEYS_FILE = 'verifier-keys.txt';
/** Where the last note is looked for: many times the longest. */
const TAIL_BYTES = 65_536;
/** What a write that was interrupted can leave at the most. */
const NOTE_BYTES_MAX = 1_024;
const BEGINNING = 'hive-mind/log/';
const BOUNDARY = `\n\n${BEGINNING}`;

/** Where a data directory has its checkpoints. */
export function checkpointDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'checkpoints');
}

/** All notes of a directory, the oldest first; none where nothing is there. @throws NoteError; the error of node:fs */
export function readNotes(directory: string): string[] {
  const path = join(directory, NOTES_FILE);
  return splitWholeNotes(textOf(path), path).notes;
}

/** The keys with which the notes of a directory were signed. @throws NoteError; the error of node:fs */
export function readVerifiers(directory: string): Verifier[] {
  const path = join(directory, KEYS_FILE);
  return parseVerifierKeys(textOf(path), path);
}

/** Verifier keys, one a line. @param path where they are from @throws NoteError */
export function parseVerifierKeys(text: string, path: string): Verifier[] {
  try {
    return linesOf(text).map(parseVerifierKey);
  } catch (error) {
    if (error instanceof NoteError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

/** The checkpoints that a node has signed, in one file that only grows. */
export class CheckpointStore {
  /** The newest note; undefined: there is none. */
  declare last: string | undefined;
  declare private readonly handle: number;
  declare private readonly path: string;
  /** Of whole notes: behind them may be one that could not be written to its end. */
  declare private bytes: number;
  /** What is behind them is of a note that could not be written. */
  declare private isUnfinished: boolean;

  private constructor(handle: number, path: string) {
    this.handle = handle;
    this.path = path;
    this.isUnfinished = false;
    this.#readEnd();
  }

  /** Makes it where it is not there. @throws NoteError where it has something else; the error of node:fs */
  static open(directory: string): CheckpointStore {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, NOTES_FILE);
    const handle = openSync(path, 'a+', 0o600);
    try {
      nodeDisk.syncDirectory(directory);
      nodeDisk.syncDirectory(dirname(directory));
      return new CheckpointStore(handle, path);
    } catch (error) {
      closeSync(handle);
      throw error;
    }
  }

  /** Durable once this has returned. @throws NoteError where somebody else has written to it; the error of node:fs: the next one takes the place of what was written of this */
  append(note: string): void {
    const bytes = Buffer.from(`${note}\n`);
    // It may have been cut meanwhile, to save space say: to write where it ended would leave zeros before.
    if (!this.isUnfinished || fstatSync(this.handle).size < this.bytes) this.#readEnd();
    this.isUnfinished = true;
    ftruncateSync(this.handle, this.bytes);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.handle, bytes, done);
    fdatasyncSync(this.handle);
    this.isUnfinished = false;
    this.bytes += bytes.length;
    this.last = note;
  }

  close(): void {
    closeSync(this.handle);
  }

  /** Looks for the last whole note. @throws NoteError */
  #readEnd(): void {
    const size = fstatSync(this.handle).size;
    const tail = Buffer.alloc(Math.min(size, TAIL_BYTES));
    const from = size - tail.length;
    readSync(this.handle, tail, 0, tail.length, from);
    // In the middle of a note the next one begins behind an empty line.
    const skipped = from === 0 ? 0 : tail.indexOf(BOUNDARY) + 2;
    const text = tail.toString('latin1', skipped);
    const { notes, end } = splitWholeNotes(text, this.path);
    this.bytes = from + skipped + end;
    const last = notes.at(-1);
    this.last = last === undefined ? undefined : Buffer.from(last, 'latin1').toString();
  }
}

/** Notes a key that signs from now on, unless it is known; says whether it was new. @throws the error of node:fs */
export function noteVerifierKey(directory: string, verifierKey: string): boolean {
  const path = join(directory, KEYS_FILE);
  const keys = linesOf(textOf(path));
  if (keys.includes(verifierKey)) return false;
  writeFileDurably(path, `${[...keys, verifierKey].join('\n')}\n`);
  return true;
}

/** As `splitNotes`. What follows the last note is written over: it may be what an interrupted write left, and nothing else. @throws NoteError */
function splitWholeNotes(text: string, path: string): ReturnType<typeof splitNotes> {
  const split = splitNotes(text);
  const rest = text.slice(split.end);
  // A file system may have made room and written nothing there; an editor adds empty lines.
  const written = rest.replaceAll('\0', '').trimStart();
  const isBeginning = BEGINNING.startsWith(written.slice(0, BEGINNING.length));
  if (isBeginning && rest.length <= NOTE_BYTES_MAX && !rest.includes('\r')) return split;
  throw new NoteError(
    `${path} has something else than checkpoints, which no node wrote: compare it with what was kept elsewhere`,
  );
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '');
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    // What is read from a handle fails without a name.
    if (error instanceof Error && !('path' in error)) error.message += ` '${path}'`;
    throw error;
  }
}
