import type { TradingCore } from '#core/trading-core.ts';
import { EntryHeader } from '#domain/entry.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import type { SimulatedStream } from './stream.ts';
import { SimulationFailure, type Trace } from './trace.ts';
import { Voters } from './voters.ts';

interface Hash {
  readonly high: number;
  readonly low: number;
}

/** In which core of a node a bit is flipped. */
export type FlippedCore = 'order path' | 'archive' | 'both';

/** How long after an order to observe something of the node's serving may still be on its way. */
const AFTERWARDS_US = 2_000_000;

/**
 * What must hold at every moment of a run: a node applies every entry in order, once for each of its starts; after the same entry every node, and
 * every start of it, has the same state hash, unless one of its bits was flipped; no money appears or vanishes; who observes says nothing; who is outvoted
 * serves nobody; what leaves the log is in a snapshot that a majority has. A broken rule ends the run at once.
 */
export class Checkers {
  failure: SimulationFailure | undefined;
  /** Where the current start of each node began. */
  readonly #started = new Map<number, number>();
  /** Applied by the current start of each node. */
  readonly #applied = new Map<number, number>();
  readonly #cores = new Map<number, TradingCore>();
  /** By sequence: the hash and who had it first. */
  readonly #hashes: (Hash & { nodeId: number })[] = [];
  /** Nodes with a flipped bit, and from which entry on what their order path says is wrong: Infinity where it is the archive's. */
  readonly #flipped = new Map<number, number>();
  /** Newest entry of which each node may say that a majority has its state. */
  readonly #agreed = new Map<number, number>();
  /** Snapshots that may be in the store. */
  readonly #snapshots = new Set<number>();
  /** Since when each node observes. */
  readonly #observing = new Map<number, number>();
  /** By node: its newest start, and the last entry of that which it published. */
  readonly #published = new Map<number, { epoch: number; entryNo: number }>();
  readonly #stream: SimulatedStream;
  readonly #trace: Trace;
  readonly #voters: Voters;

  constructor(stream: SimulatedStream, trace: Trace) {
    this.#stream = stream;
    this.#trace = trace;
    this.#voters = new Voters(stream);
  }

  /** Ends the run. */
  fail(message: string): void {
    this.failure ??= new SimulationFailure(message);
  }

  /** A node starts with the state that `core` has. */
  onStart(nodeId: number, core: TradingCore): void {
    const { hashHigh: high, hashLow: low } = core.state;
    this.#started.set(nodeId, core.sequence);
    this.#applied.set(nodeId, core.sequence);
    this.#cores.set(nodeId, core);
    this.#agreed.delete(nodeId);
    const flippedAt = this.#flipped.get(nodeId);
    if (flippedAt !== undefined && (core.sequence < flippedAt || this.#isRight(core.sequence, { high, low })))
      this.#flipped.delete(nodeId);
    if (core.sequence > 0) this.#compare(nodeId, core.sequence, { high, low });
  }

  /** A bit of the node's state is another after entry `sequence`. */
  onFlip(nodeId: number, sequence: number, where: FlippedCore): void {
    this.#flipped.set(nodeId, where === 'archive' ? Number.POSITIVE_INFINITY : sequence);
  }

  /** Whether the node has, or had, a flipped bit that no restart has mended. */
  isFlipped(nodeId: number): boolean {
    return this.#flipped.has(nodeId);
  }

  get hasFlipped(): boolean {
    return this.#flipped.size > 0;
  }

  /** The node's data directory is gone. */
  onWiped(nodeId: number): void {
    this.#flipped.delete(nodeId);
  }

  onApplied(nodeId: number, sequence: number, high: number, low: number): void {
    const expected = (this.#applied.get(nodeId) ?? 0) + 1;
    if (sequence !== expected)
      this.fail(`node${nodeId} applies entry ${sequence} where ${expected} is the next`);
    if (sequence > this.#stream.lastSequence)
      this.fail(`node${nodeId} applies entry ${sequence}, which the log lacks`);
    this.#applied.set(nodeId, sequence);
    this.#compare(nodeId, sequence, { high, low });
    if (this.#cores.get(nodeId)?.state.ledger.conserved() === false) {
      this.fail(`node${nodeId}: money has appeared or vanished after entry ${sequence}`);
    }
    this.#trace.add(`node${nodeId}`, 'applied', sequence, high, low);
  }

  #compare(nodeId: number, sequence: number, { high, low }: Hash): void {
    if (sequence >= (this.#flipped.get(nodeId) ?? Number.POSITIVE_INFINITY)) return;
    const known = this.#hashes[sequence];
    if (known === undefined) this.#hashes[sequence] = { high, low, nodeId };
    else if (known.high !== high || known.low !== low) {
      this.fail(`after entry ${sequence} node${nodeId} has another state than node${known.nodeId}`);
    }
  }

  #isRight(sequence: number, { high, low }: Hash): boolean {
    const known = this.#hashes[sequence];
    return sequence === 0 || (known?.high === high && known.low === low);
  }

  /** The hash that every node had after entry `sequence`; undefined: none came to it. */
  hashAfter(sequence: number): Hash | undefined {
    return this.#hashes[sequence];
  }

  // Attestations, snapshots, truncation

  /** A node has found that a majority has its state after entry `agreed`. */
  onAgreed(nodeId: number, agreed: number): void {
    const applied = this.#applied.get(nodeId) ?? 0;
    if (agreed === 0 || applied === 0) return;
    const { surely } = this.#voters.living(applied);
    const claims = this.#voters.claims(applied);
    let right = agreed < (this.#flipped.get(nodeId) ?? Number.POSITIVE_INFINITY) ? 1 : 0;
    for (const [other, { attestedSequence, high, low }] of claims) {
      if (other !== nodeId && attestedSequence >= agreed && this.#isRight(attestedSequence, { high, low }))
        right++;
    }
    // Alone, it agrees with itself.
    const isAlone = surely.every((other) => other === nodeId);
    if (!isAlone && 2 * right <= surely.length) {
      this.fail(
        `node${nodeId} takes its state after entry ${agreed} for that of a majority: ${right} of ${surely.length} nodes (${surely}) have it`,
      );
    }
    this.#agreed.set(nodeId, Math.max(agreed, this.#agreed.get(nodeId) ?? 0));
  }

  /** A node puts a snapshot into the store. */
  onPut(nodeId: number, sequence: number, stateHash: string): void {
    if (sequence > (this.#agreed.get(nodeId) ?? 0)) {
      this.fail(
        `node${nodeId} puts a snapshot of entry ${sequence} into the store that no majority attested`,
      );
    }
    const right = this.#hashes[sequence];
    if (right === undefined || hex(right.high) + hex(right.low) !== stateHash) {
      this.fail(`node${nodeId} puts a snapshot of entry ${sequence} into the store that has another state`);
    }
    this.#snapshots.add(sequence);
  }

  /** Entries before `beforeSequence` are about to leave the log. `stored`: the snapshots in the store. */
  onPurge(nodeId: number, beforeSequence: number, stored: readonly number[]): void {
    if (!stored.some((sequence) => sequence + 1 >= beforeSequence && this.#snapshots.has(sequence))) {
      this.fail(
        `node${nodeId} truncates the log before entry ${beforeSequence}, and no snapshot in the store stands there or later: ${stored}`,
      );
    }
  }

  // Who serves

  /** An operator has had a node observe, or serve. */
  setObserving(nodeId: number, isObserving: boolean, nowUs: number): void {
    if (!isObserving) this.#observing.delete(nodeId);
    else if (!this.#observing.has(nodeId)) this.#observing.set(nodeId, nowUs);
  }

  #isObserving(nodeId: number, nowUs: number, graceUs: number): boolean {
    const sinceUs = this.#observing.get(nodeId);
    return sinceUs !== undefined && nowUs - sinceUs > graceUs;
  }

  /** A client has logged in at a node. */
  onLogin(client: string, nodeId: number, nowUs: number): void {
    if (this.#isObserving(nodeId, nowUs, AFTERWARDS_US))
      this.fail(`${client} is logged in at node${nodeId}, which observes`);
  }

  /** A node publishes an entry. What it published before it may repeat for ever. */
  onPublish(data: Uint8Array, nowUs: number): void {
    const { i32, f64 } = WordBuffer.copyOf(data);
    const nodeId = i32[0] & 0xffff;
    const epoch = i32[EntryHeader.at.epoch] >>> 0;
    const entryNo = f64[EntryHeader.at.entryNo >> 1];
    const last = this.#published.get(nodeId) ?? { epoch: 0, entryNo: 0 };
    if (epoch < last.epoch || (epoch === last.epoch && entryNo <= last.entryNo)) return;
    this.#published.set(nodeId, { epoch, entryNo });
    if (this.#isObserving(nodeId, nowUs, 0)) this.fail(`node${nodeId} appends entries, and observes`);
  }

  /** A second of a node has passed: it has looked whether it may go on. */
  onSecond(nodeId: number, isServing: boolean): void {
    const applied = this.#applied.get(nodeId) ?? 0;
    const flippedAt = this.#flipped.get(nodeId);
    if (!isServing || flippedAt === undefined || applied < flippedAt) return;
    const { surely, maybe } = this.#voters.living(applied);
    // What is claimed of entries before its start the node has no hash to compare with.
    const known = Math.max(flippedAt, this.#started.get(nodeId) ?? 0);
    const contradicting = [...this.#voters.claims(applied)].filter(
      ([other, { attestedSequence }]) =>
        other !== nodeId && surely.includes(other) && attestedSequence >= known,
    );
    if (2 * contradicting.length > maybe.length) {
      this.fail(
        `node${nodeId} goes on serving, though ${contradicting.length} of ${maybe.length} nodes have another state`,
      );
    }
  }
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}
