import { join } from 'node:path';
import { counted } from '#lib/counted.ts';
import { openCheckpoint, type SignedCheckpoint, splitNotes } from '#log/checkpoints/checkpoint.ts';
import {
  checkpointDirectory,
  parseVerifierKeys,
  readNotes,
  readVerifiers,
} from '#log/checkpoints/checkpoint-store.ts';
import { type ComparedCheckpoints, compareCheckpoints } from '#log/checkpoints/compare-checkpoints.ts';
import { NoteError, type Verifier } from '#log/checkpoints/signed-note.ts';
import { readDataDirectoryMeta } from '#log/file/data-directory.ts';
import { verifyLog } from '#log/file/verify.ts';
import { readSmallFile } from '../small-file.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';
import { Progress } from './progress.ts';

/** Of files with checkpoints or keys that were kept elsewhere. */
const KEPT_BYTES_MAX = 256 * 1024 * 1024;

/** The log's directory. @throws DataDirectoryError */
export function logDirectoryOf(dataDirectory: string): string {
  readDataDirectoryMeta(dataDirectory);
  return join(dataDirectory, 'log');
}

/** What a log is compared with beyond the data directory's own. */
interface KeptElsewhere {
  readonly notesFile: string | undefined;
  readonly keysFile: string | undefined;
}

/**
 * `hive log verify`: checks every byte of a log, and compares it with what was signed of it.
 * @throws DataDirectoryError @throws LogCorruptError @throws CheckpointMismatchError @throws CliError
 */
export function verifyDirectory(dataDirectory: string, kept: KeptElsewhere, output: Output): void {
  const directory = logDirectoryOf(dataDirectory);
  // Before the log: a node that runs signs what comes meanwhile.
  const { own, copies } = readSignedCheckpoints(dataDirectory, kept);
  const summary = withProgress('verifying', (update) =>
    verifyLog(directory, ({ segment, segments }) => update(segment, segments)),
  );
  const { entries, firstSequence, lastSequence, segments, bytes, tornBytes, logId } = summary;
  const compared = withProgress('comparing with checkpoints', (update) => {
    const onProgress = (sequence: number): void => update(sequence, lastSequence);
    return compareCheckpoints([...own, ...copies], {
      directory,
      logId,
      firstSequence,
      lastSequence,
      onProgress,
    });
  });
  refuseNotCompared(compared, copies, kept);
  const { matching, notComparable, last } = compared;
  const checkpoints = {
    matching,
    notComparable: notComparable.length,
    lastSequence: last?.sequence ?? 0,
    lastTime: last?.time,
  };
  const held =
    entries === 0
      ? 'no entries'
      : `${counted(entries, 'entry', 'entries')} (${firstSequence} to ${lastSequence})`;
  output.result({ ...summary, checkpoints }, () =>
    [
      `log ${logId} is whole: ${held}, ${bytes} bytes in ${counted(segments, 'segment')}`,
      ...(firstSequence === 1 ? [] : [`entries before ${firstSequence} were removed behind a snapshot`]),
      ...(tornBytes === 0
        ? []
        : [
            `${tornBytes} bytes after the last entry are of a write that was interrupted or is going on; they were never acknowledged, the next start clears them`,
          ]),
      ...checkpointLines(compared, lastSequence, kept),
    ].join('\n'),
  );
}

function checkpointLines(
  { matching, notComparable, last }: ComparedCheckpoints,
  lastSequence: number,
  { keysFile }: KeptElsewhere,
): string[] {
  const gone =
    notComparable.length === 0
      ? []
      : [
          `${counted(notComparable.length, 'checkpoint')} cannot be compared: entries that they need were removed`,
        ];
  if (last === undefined) return ['no checkpoint says what it must hold', ...gone];
  const rest = last.sequence === lastSequence ? '' : `; entries after ${last.sequence} are not signed yet`;
  const own =
    "the keys are the data directory's own: compare with copies that were kept elsewhere (--checkpoints, --verifier-keys)";
  return [
    `it holds what was signed: ${counted(matching, 'checkpoint')}, the last for entry ${last.sequence} of ${last.time}${rest}`,
    ...gone,
    ...(keysFile === undefined ? [own] : []),
  ];
}

/** @throws CliError when one of them is not signed by a key that is trusted */
function readSignedCheckpoints(
  dataDirectory: string,
  { notesFile, keysFile }: KeptElsewhere,
): { own: SignedCheckpoint[]; copies: SignedCheckpoint[] } {
  const directory = checkpointDirectory(dataDirectory);
  const verifiers = keysFile === undefined ? readVerifiers(directory) : verifiersIn(keysFile);
  const notes = notesFile === undefined ? [] : notesIn(notesFile);
  return {
    own: readNotes(directory).map((note) => openNoteOf(directory, note, verifiers)),
    copies: notes.map((note) => openNoteOf(notesFile ?? '', note, verifiers)),
  };
}

/**
 * Who changes a log can remove what the copies need as well, and sign the rest anew: it must not pass because nothing could be compared.
 * @throws CliError when the newest copy was not
 */
function refuseNotCompared(
  { notComparable }: ComparedCheckpoints,
  copies: readonly SignedCheckpoint[],
  { notesFile }: KeptElsewhere,
): void {
  if (copies.length === 0) return;
  const newest = copies.reduce((a, b) => (b.sequence > a.sequence ? b : a));
  const isCompared = copies.some(
    (copy) => copy.sequence === newest.sequence && !notComparable.includes(copy),
  );
  if (isCompared) return;
  throw new CliError(
    ExitCode.Failure,
    `the newest checkpoint in ${notesFile}, of entry ${newest.sequence}, cannot be compared: entries that it needs were removed. Use a copy of the log that has them, an archive node's or a backup's`,
  );
}

/** The notes of a file that people and other systems have had in their hands. @throws CliError when it has none */
function notesIn(path: string): string[] {
  const { notes } = splitNotes(asWritten(readSmallFile(path, KEPT_BYTES_MAX)));
  if (notes.length > 0) return notes;
  throw new CliError(
    ExitCode.Usage,
    `${path} has no checkpoints: it must have them as checkpoints.txt has them`,
  );
}

/** The verifier keys of a file that somebody named. @throws CliError when it has none */
function verifiersIn(path: string): Verifier[] {
  let verifiers: Verifier[];
  try {
    verifiers = parseVerifierKeys(readSmallFile(path, KEPT_BYTES_MAX), path);
  } catch (error) {
    if (error instanceof NoteError) throw new CliError(ExitCode.Usage, error.message);
    throw error;
  }
  if (verifiers.length > 0) return verifiers;
  throw new CliError(
    ExitCode.Usage,
    `${path} has no verifier keys: it must have them one a line, as verifier-keys.txt has them`,
  );
}

/** Notes with the line ends and the empty lines that they had: others have added to them, or left them out, where they copied or joined files. */
function asWritten(text: string): string {
  const lines: string[] = [];
  let isSignature = false;
  for (const untrimmed of text.trim().split('\n')) {
    const line = untrimmed.trimEnd();
    if (line === '') continue;
    const wasSignature: boolean = isSignature;
    isSignature = line.startsWith('— ');
    if (isSignature !== wasSignature) lines.push('');
    lines.push(line);
  }
  return `${lines.join('\n')}\n\n`;
}

function openNoteOf(path: string, note: string, verifiers: readonly Verifier[]): SignedCheckpoint {
  try {
    return openCheckpoint(note, verifiers);
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    throw new CliError(
      ExitCode.Damaged,
      `${path}: the checkpoint of entry ${note.split('\n')[1]} ${error.message}`,
    );
  }
}

function withProgress<Result>(what: string, run: (update: Progress['update']) => Result): Result {
  const progress = new Progress(what);
  try {
    return run((done, total) => progress.update(done, total));
  } finally {
    progress.end();
  }
}
