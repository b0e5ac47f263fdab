import type { ChainLink } from './log-chain.ts';
import { NoteError, openNote, type Verifier } from './signed-note.ts';

/** What a node says of its log at one moment, and signs. */
export interface Checkpoint {
  /** UUID of the log. */
  readonly logId: string;
  /** Which history of the log: 0 for the first one. */
  readonly line: number;
  /** Entries `firstSequence` to `sequence` are in it. */
  readonly firstSequence: number;
  readonly sequence: number;
  /** Of the chain after entry `sequence`: 32 bytes. */
  readonly head: Uint8Array;
  /** Where the chain can be taken up before that. */
  readonly link: ChainLink;
  /** Of entry `sequence`: RFC 3339 with nanoseconds. */
  readonly time: string;
}

/** A checkpoint whose signature was verified. */
export interface SignedCheckpoint extends Checkpoint {
  /** Name of the key. */
  readonly signer: string;
}

const NO_CHECKPOINT = 'is no checkpoint of a log of this format';
const SEQUENCE = '(0|[1-9]\\d{0,15})';
const HEAD = '([A-Za-z0-9+/]{43}=)';
const TEXT = new RegExp(
  `^hive-mind/log/([0-9a-f-]{36})(?:/line/([1-9]\\d{0,15}))?\n${SEQUENCE}\n${HEAD}\n` +
    `first ${SEQUENCE}\nlink ${SEQUENCE} ${HEAD}\ntime (\\S+)\n$`,
);

/** The name under which a node signs checkpoints of a log. */
export function signerName(logId: string, nodeId: number): string {
  return `hive-mind/log/${logId}/node/${nodeId}`;
}

/** The text that is signed (docs/checkpoints.md). */
export function checkpointText({
  logId,
  line,
  firstSequence,
  sequence,
  head,
  link,
  time,
}: Checkpoint): string {
  const origin = `hive-mind/log/${logId}${line === 0 ? '' : `/line/${line}`}`;
  const lines = [
    origin,
    sequence,
    base64(head),
    `first ${firstSequence}`,
    `link ${link.sequence} ${base64(link.head)}`,
    `time ${time}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** @throws NoteError when no key has signed it, or it is no checkpoint */
export function openCheckpoint(note: string, verifiers: readonly Verifier[]): SignedCheckpoint {
  const [, signed] = /^hive-mind\/log\/([0-9a-f-]{36})/.exec(note) ?? [];
  // Whoever trusts the keys of several logs trusts each with its own.
  const ofLog = verifiers.filter(
    ({ name }) => signed === undefined || name.startsWith(`hive-mind/log/${signed}/node/`),
  );
  const { text, signer } = openNote(note, ofLog);
  const found = TEXT.exec(text);
  if (found === null) throw new NoteError(NO_CHECKPOINT);
  const [, logId, line, sequence, head, first, linkSequence, linkHead, time] = found;
  const checkpoint = {
    logId,
    line: Number(line ?? 0),
    firstSequence: Number(first),
    sequence: Number(sequence),
    head: Buffer.from(head, 'base64'),
    link: { sequence: Number(linkSequence), head: Buffer.from(linkHead, 'base64') },
    time,
    signer: signer.name,
  };
  if (!isOfChain(checkpoint)) throw new NoteError(NO_CHECKPOINT);
  return checkpoint;
}

function isOfChain({ firstSequence, link, sequence }: Checkpoint): boolean {
  const isOrdered = firstSequence >= 1 && firstSequence - 1 <= link.sequence && link.sequence <= sequence;
  return isOrdered && Number.isSafeInteger(sequence);
}

/**
 * The notes of a text that has them one behind the other, each with an empty line behind it.
 * @returns also where the last one ends: what follows is one that was not written to its end
 */
export function splitNotes(text: string): { notes: string[]; end: number } {
  const notes: string[] = [];
  for (let end = 0; ; ) {
    const signatures = text.indexOf('\n\n', end);
    const next = signatures === -1 ? -1 : text.indexOf('\n\n', signatures + 2);
    if (next === -1) return { notes, end };
    notes.push(text.slice(end, next + 1));
    end = next + 2;
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
