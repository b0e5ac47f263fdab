import { Limits } from '#domain/limits.ts';
import { Columns } from '#lib/columns.ts';
import { IntPairMap } from '#lib/int-map.ts';

/** Open gateway sessions of all nodes, in rows 0 to count - 1: the last one takes the row of one that ends. */
export class SessionTable {
  declare readonly stores: readonly Columns[];
  declare readonly nodeId: Int32Array;
  /** Unsigned 32 bits. */
  declare readonly sessionId: Int32Array;
  declare readonly userRow: Int32Array;
  /** 1: its end cancels the user's orders, unless another session of the user asks for the same. */
  declare readonly cancelOnDisconnect: Uint8Array;
  /** A `Door`; 0 not said. */
  declare readonly door: Uint8Array;
  /** Log time, seconds since the Unix epoch. */
  declare readonly openedSeconds: Int32Array;
  declare private readonly store: Columns;
  declare private readonly rowOfSession: IntPairMap;

  constructor(capacity: number = Limits.SESSIONS_MAX) {
    const store = new Columns('sessions', capacity);
    this.store = store;
    this.stores = [store];
    this.nodeId = store.i32('nodeId');
    this.sessionId = store.i32('sessionId');
    this.userRow = store.i32('userRow');
    this.cancelOnDisconnect = store.u8('cancelOnDisconnect');
    this.door = store.u8('door');
    this.openedSeconds = store.i32('openedSeconds');
    this.rowOfSession = new IntPairMap();
  }

  get count(): number {
    return this.store.rows;
  }

  /** The row of an open session, or -1. */
  rowOf(nodeId: number, sessionId: number): number {
    return this.rowOfSession.get(nodeId, sessionId | 0);
  }

  /** Takes in a session and returns its row; -1: there is no room. */
  add(nodeId: number, sessionId: number, userRow: number, door: number, openedSeconds: number): number {
    const row = this.store.addRow();
    if (row === -1) return -1;
    this.nodeId[row] = nodeId;
    this.sessionId[row] = sessionId;
    this.userRow[row] = userRow;
    this.door[row] = door;
    this.openedSeconds[row] = openedSeconds;
    this.#index(row);
    return row;
  }

  remove(row: number): void {
    this.rowOfSession.delete(this.nodeId[row], this.sessionId[row]);
    this.store.removeRow(row);
    if (row < this.store.rows) this.#index(row);
  }

  /** Recomputes the index from the columns, after a restore. */
  rebuild(): void {
    this.rowOfSession.clear();
    for (let row = 0; row < this.store.rows; row++) this.#index(row);
  }

  #index(row: number): void {
    this.rowOfSession.set(this.nodeId[row], this.sessionId[row], row);
  }
}
