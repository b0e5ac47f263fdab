import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer } from '#replica/peers.ts';

const FILE = 'divergence.json';

/** A node whose state differed from the cluster's must not start from it again. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';
  readonly code = 'DIVERGED';
}

/** What stood when a node was outvoted. */
export interface Divergence {
  readonly nodeId: number;
  /** Last entry that it had applied, and its state hash then. */
  readonly sequence: number;
  readonly stateHash: string;
  /** What each node had attested. */
  readonly peers: readonly Peer[];
}

/** Leaves word in the data directory that its state is not the cluster's. */
export function writeEvidence(directory: string, divergence: Divergence): void {
  const text = JSON.stringify({ at: new Date().toISOString(), ...divergence }, null, 2);
  writeFileSync(join(directory, FILE), `${text}\n`, { flag: 'wx', mode: 0o600 });
}

/** @throws DivergedError when the directory's node was outvoted */
export function refuseEvidence(directory: string): void {
  const path = join(directory, FILE);
  if (!existsSync(path)) return;
  throw new DivergedError(
    `${path}: this node's state differed from that of the cluster's majority. Keep the data directory, it is evidence; start the node with an empty one, which fills itself from the cluster (docs/cluster.md, "A node that differs")`,
  );
}
