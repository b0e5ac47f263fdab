/*
 * Names of the objects of a target. All begin with the set that they belong to: the log's id, and the id of the key with which
 * they are encrypted, or `plain`. A name is never taken from what a target says without being parsed here, so that no target
 * can make a restore read or write elsewhere. Names of what a manifest may name end in 8 random digits: no object is ever
 * replaced, also when two write the same entries.
 */
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const SET = new RegExp(`^(${UUID})/([0-9a-f]{16}|plain)/`);
const PIECE = /^(log|live\/\d{5})\/(\d{10})-(\d{16})-(\d{16})-[0-9a-f]{8}$/;
const SNAPSHOT = /^snapshots\/(\d{10})-(\d{16})-[0-9a-f]{8}$/;
const MANIFEST = /^backups\/([0-9TZ]{16}-\d{16}-[0-9a-f]{8})\.json$/;
const FORK = /^lines\/(\d{10})-(\d{16})$/;
const BACKUP_ID = /^[0-9TZ]{16}-(\d{16})-[0-9a-f]{8}$/;

const sequenceText = (sequence: number): string => String(sequence).padStart(16, '0');
const lineText = (line: number): string => String(line).padStart(10, '0');

/** A run of the log's records. `line` says of which history: 0 the first one, else that of a restore. */
export interface PieceName {
  readonly line: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** Where the sets of a target are: `LOG/KEY/` of any name in it; undefined for a name that is none of ours. */
export function setOf(name: string): { readonly logId: string; readonly keyId: string } | undefined {
  const match = SET.exec(name);
  return match === null ? undefined : { logId: match[1], keyId: match[2] };
}

/**
 * @param random 8 hexadecimal digits
 * @param nodeId of a piece that its node will replace by a larger one; undefined: it stays
 */
export function pieceName(piece: PieceName, random: string, nodeId?: number): string {
  const { line, firstSequence, lastSequence } = piece;
  const folder = nodeId === undefined ? 'log' : liveFolder(nodeId);
  return `${folder}/${lineText(line)}-${sequenceText(firstSequence)}-${sequenceText(lastSequence)}-${random}`;
}

/** Where a node keeps the pieces that it will replace. */
export function liveFolder(nodeId: number): string {
  return `live/${String(nodeId).padStart(5, '0')}`;
}

export function parsePieceName(name: string): (PieceName & { readonly isLive: boolean }) | undefined {
  const match = PIECE.exec(name);
  if (match === null) return undefined;
  const [firstSequence, lastSequence] = [Number(match[3]), Number(match[4])];
  if (firstSequence < 1 || lastSequence < firstSequence || !Number.isSafeInteger(lastSequence))
    return undefined;
  return { isLive: match[1] !== 'log', line: Number(match[2]), firstSequence, lastSequence };
}

/** @param random 8 hexadecimal digits */
export function snapshotName(line: number, sequence: number, random: string): string {
  return `snapshots/${lineText(line)}-${sequenceText(sequence)}-${random}`;
}

export function parseSnapshotName(
  name: string,
): { readonly line: number; readonly sequence: number } | undefined {
  const match = SNAPSHOT.exec(name);
  return match === null ? undefined : { line: Number(match[1]), sequence: Number(match[2]) };
}

/** Says that line `line` goes on behind entry `afterSequence`: what older lines have behind it does not count any more. */
export function forkName(line: number, afterSequence: number): string {
  return `lines/${lineText(line)}-${sequenceText(afterSequence)}`;
}

export function parseForkName(
  name: string,
): { readonly line: number; readonly afterSequence: number } | undefined {
  const match = FORK.exec(name);
  return match === null ? undefined : { line: Number(match[1]), afterSequence: Number(match[2]) };
}

export function manifestName(id: string): string {
  return `backups/${id}.json`;
}

/** The backup's id, or undefined for another name. */
export function parseManifestName(name: string): string | undefined {
  return MANIFEST.exec(name)?.[1];
}

export function isBackupId(text: string): boolean {
  return BACKUP_ID.test(text);
}

/** The last entry of a backup, by its id. */
export function backupSequence(id: string): number {
  return Number(BACKUP_ID.exec(id)?.[1] ?? 0);
}

/** An id that sorts by time: `20260131T160000Z-SEQUENCE-RANDOM`. @param random 8 hexadecimal digits */
export function backupId(time: Date, sequence: number, random: string): string {
  const seconds = time.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${seconds}-${sequenceText(sequence)}-${random}`;
}
