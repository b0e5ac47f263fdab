import type { StatusBoard } from './status-board.ts';

/**
 * A node from which the log has had nothing for so long has no say and no sessions. Counted are seconds of this node in which the log brought
 * something: neither an outage of the log, nor its time, which jumps when a server with another clock leads, makes a node silent.
 */
export const SILENT_SECONDS = 10;

/** What the log says about a node. */
export interface Peer {
  readonly nodeId: number;
  /** Its newest start. */
  readonly epoch: number;
  /** Log time of its newest entry, in seconds since the Unix epoch. */
  readonly heardSeconds: number;
  /** Newest entry of which it attested a state; 0: none was seen. */
  readonly attestedSequence: number;
  /** Whether this node had the same state after that entry. */
  readonly agrees: boolean;
}

/**
 * The nodes that append to the log, this one included, as the log shows them: who is alive, and who has this node's state. One node's
 * doubt says nothing about who is wrong; what most of the living say does.
 */
export class Peers {
  declare private readonly nodeId: number;
  declare private readonly board: StatusBoard;
  declare private readonly peers: Map<number, { -readonly [Key in keyof Peer]: Peer[Key] }>;
  /** Seconds in which the log brought something, and by node how many had passed when it was heard last. */
  declare private seconds: number;
  declare private readonly heardAt: Map<number, number>;
  declare private hasHeard: boolean;
  /** Nodes that were heard before this start, which begins in the middle of the log: they count as living until they are silent. */
  declare private readonly known: readonly number[];

  /** @param known nodes of which the state that this node begins with has entries */
  constructor(nodeId: number, board: StatusBoard, known: Iterable<number> = []) {
    this.known = [...known].filter((id) => id !== nodeId);
    this.nodeId = nodeId;
    this.board = board;
    this.peers = new Map();
    this.seconds = 0;
    this.heardAt = new Map();
    this.hasHeard = false;
  }

  /** To be called once a second. */
  onSecond(): void {
    if (this.hasHeard) this.seconds++;
    this.hasHeard = false;
  }

  /** The log has an entry of this node. */
  onEntry(nodeId: number, epoch: number, timeSeconds: number): void {
    this.hasHeard = true;
    this.heardAt.set(nodeId, this.seconds);
    const peer = this.peers.get(nodeId);
    if (peer === undefined) {
      this.peers.set(nodeId, {
        nodeId,
        epoch,
        heardSeconds: timeSeconds,
        attestedSequence: 0,
        agrees: true,
      });
      return;
    }
    if (epoch > peer.epoch) peer.epoch = epoch;
    peer.heardSeconds = timeSeconds;
  }

  /** A node claims this state after entry `sequence`. What this node no longer remembers is passed over. */
  onAttested(nodeId: number, sequence: number, hashHigh: number, hashLow: number): void {
    const peer = this.peers.get(nodeId);
    const agrees = this.board.matches(sequence, hashHigh, hashLow);
    if (peer === undefined || agrees === undefined) return;
    peer.attestedSequence = sequence;
    peer.agrees = agrees;
  }

  /** All that were ever heard, by their number. */
  list(): readonly Peer[] {
    return [...this.peers.values()].sort((a, b) => a.nodeId - b.nodeId);
  }

  /** Never this node; one that was never heard only once this node has listened for long enough. */
  isSilent(nodeId: number): boolean {
    return nodeId !== this.nodeId && this.seconds - (this.heardAt.get(nodeId) ?? 0) > SILENT_SECONDS;
  }

  /** Whether this node is the one to do what one node does for all: that with the lowest number of the living. */
  isFirst(): boolean {
    return this.#living().every(({ nodeId }) => nodeId >= this.nodeId);
  }

  /** Whether most of the living, this node counted among them, have another state than this node. */
  isOutvoted(): boolean {
    return 2 * this.#living().filter(({ agrees }) => !agrees).length > this.#count();
  }

  /** Newest entry of which most of the living, this node counted among them, say that their state after it is this node's; 0: none. */
  agreedSequence(): number {
    const others = this.#living().filter(({ nodeId }) => nodeId !== this.nodeId);
    const agreed = others.map(({ agrees, attestedSequence }) => (agrees ? attestedSequence : 0));
    agreed.push(this.board.durableSequence);
    agreed.sort((a, b) => b - a);
    return agreed[Math.floor(this.#count() / 2)] ?? 0;
  }

  /** How many are living: those that are not silent, this node, and those of which it will soon know. */
  #count(): number {
    const others = this.#living().filter(({ nodeId }) => nodeId !== this.nodeId).length;
    return 1 + others + this.known.filter((id) => !this.peers.has(id) && !this.isSilent(id)).length;
  }

  /** Those that were heard and are not silent. This node is one of them from its first entry on. */
  #living(): Peer[] {
    return [...this.peers.values()].filter(({ nodeId }) => !this.isSilent(nodeId));
  }
}
