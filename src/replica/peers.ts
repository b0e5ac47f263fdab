import type { StatusBoard } from './status-board.ts';

/** A node from which the log has had nothing for so long has no say and no sessions. In the log's time. */
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

  constructor(nodeId: number, board: StatusBoard) {
    this.nodeId = nodeId;
    this.board = board;
    this.peers = new Map();
  }

  /** The log has an entry of this node. */
  onEntry(nodeId: number, epoch: number, timeSeconds: number): void {
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

  isSilent(nodeId: number, nowSeconds: number): boolean {
    const heardSeconds = this.peers.get(nodeId)?.heardSeconds ?? 0;
    return nodeId !== this.nodeId && nowSeconds - heardSeconds > SILENT_SECONDS;
  }

  /** Whether this node is the one to do what one node does for all: that with the lowest number of the living. */
  isFirst(nowSeconds: number): boolean {
    return this.#living(nowSeconds).every(({ nodeId }) => nodeId >= this.nodeId);
  }

  /** Whether most of the living, this node counted among them, have another state than this node. */
  isOutvoted(nowSeconds: number): boolean {
    const living = this.#living(nowSeconds);
    return 2 * living.filter(({ agrees }) => !agrees).length > living.length;
  }

  /** Newest entry of which most of the living, this node counted among them, say that their state after it is this node's; 0: none. */
  agreedSequence(nowSeconds: number): number {
    const living = this.#living(nowSeconds);
    const agreed = living.map((peer) =>
      peer.nodeId === this.nodeId ? this.board.durableSequence : peer.agrees ? peer.attestedSequence : 0,
    );
    agreed.sort((a, b) => b - a);
    return agreed[Math.floor(living.length / 2)] ?? 0;
  }

  /** Those that are not silent. This node is one of them from its first entry on. */
  #living(nowSeconds: number): Peer[] {
    return [...this.peers.values()].filter(({ nodeId }) => !this.isSilent(nodeId, nowSeconds));
  }
}
