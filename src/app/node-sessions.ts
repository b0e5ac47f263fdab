import type { SessionNames } from '#domain/ports.ts';

/** Shared memory from which the threads of a node name their sessions. */
export function sessionMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(4);
}

/** Names the gateway sessions of a node since its start, on whichever thread they are. */
export class NodeSessions implements SessionNames {
  declare readonly nodeId: number;
  declare private readonly last: Uint32Array;

  /** @param memory of `sessionMemory`, the same for every thread */
  constructor(nodeId: number, memory: SharedArrayBuffer) {
    this.nodeId = nodeId;
    this.last = new Uint32Array(memory);
  }

  nextSessionId(): number {
    const id = (Atomics.add(this.last, 0, 1) + 1) >>> 0;
    // After 2^32 sessions they begin again; 0 names none.
    return id === 0 ? this.nextSessionId() : id;
  }
}
