import { AddNodeKey } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import { Columns } from '#lib/columns.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { copyWords } from './fields.ts';

/** The key with which each node signs bearer tokens: one row for each node that ever had one. */
export class NodeKeyTable {
  declare readonly stores: readonly Columns[];
  declare readonly nodeId: Int32Array;
  /** Eight words per row. */
  declare readonly publicKey: Int32Array;
  declare private readonly store: Columns;

  constructor(capacity: number = Limits.NODES_MAX) {
    const store = new Columns('nodeKeys', capacity);
    this.store = store;
    this.stores = [store];
    this.nodeId = store.i32('nodeId');
    this.publicKey = store.i32('publicKey', 8);
  }

  get count(): number {
    return this.store.rows;
  }

  /** The row of a node, or -1. */
  rowOf(nodeId: number): number {
    return this.nodeId.subarray(0, this.store.rows).indexOf(nodeId);
  }

  /** Applies an AddNodeKey record. Refuses: CAPACITY. */
  add(words: WordBuffer, offset: number): number {
    const nodeId = words.i32[offset + AddNodeKey.at.nodeId] & 0xffff;
    const known = this.rowOf(nodeId);
    const row = known === -1 ? this.store.addRow() : known;
    if (row === -1) return RejectCode.CAPACITY;
    this.nodeId[row] = nodeId;
    copyWords(this.publicKey, row, words, offset + AddNodeKey.at.publicKey, 8);
    return ACCEPTED;
  }
}
