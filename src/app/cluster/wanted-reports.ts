import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurably } from '#log/file/durable-file.ts';

/** In the data directory as long as reports of before the snapshot that the node began with are to be had from other nodes. */
const FILE = 'reports-wanted';

/** Notes that the node begins with a snapshot after entry `sequence` of another node, whose reports it lacks. */
export function wantReports(dataDirectory: string, sequence: number): void {
  writeFileDurably(join(dataDirectory, FILE), `${sequence}\n`);
}

export function wantsReports(dataDirectory: string): boolean {
  return existsSync(join(dataDirectory, FILE));
}

/** All of them are here, durably. */
export function hasReports(dataDirectory: string): void {
  rmSync(join(dataDirectory, FILE), { force: true });
}
