import type { TradingCore } from '#core/trading-core.ts';
import type { SimulatedStream } from './stream.ts';
import { SimulationFailure, type Trace } from './trace.ts';

/**
 * What must hold at every moment of a run: a node applies every entry in order, once for each of its starts; after the same entry every node, and
 * every start of it, has the same state hash; no money appears or vanishes. A broken rule ends the run at once.
 */
export class Checkers {
  failure: SimulationFailure | undefined;
  /** Applied by the current start of each node. */
  readonly #applied = new Map<number, number>();
  readonly #cores = new Map<number, TradingCore>();
  /** By sequence: the hash and who had it first. */
  readonly #hashes: { high: number; low: number; nodeId: number }[] = [];
  readonly #stream: SimulatedStream;
  readonly #trace: Trace;

  constructor(stream: SimulatedStream, trace: Trace) {
    this.#stream = stream;
    this.#trace = trace;
  }

  /** Ends the run. */
  fail(message: string): void {
    this.failure ??= new SimulationFailure(message);
  }

  /** A node starts with the state that `core` has. */
  onStart(nodeId: number, core: TradingCore): void {
    this.#applied.set(nodeId, core.sequence);
    this.#cores.set(nodeId, core);
    const { hashHigh, hashLow } = core.state;
    if (core.sequence > 0) this.#compare(nodeId, core.sequence, hashHigh, hashLow);
  }

  onApplied(nodeId: number, sequence: number, high: number, low: number): void {
    const expected = (this.#applied.get(nodeId) ?? 0) + 1;
    if (sequence !== expected)
      this.fail(`node${nodeId} applies entry ${sequence} where ${expected} is the next`);
    if (sequence > this.#stream.lastSequence)
      this.fail(`node${nodeId} applies entry ${sequence}, which the log lacks`);
    this.#applied.set(nodeId, sequence);
    this.#compare(nodeId, sequence, high, low);
    if (this.#cores.get(nodeId)?.state.ledger.conserved() === false) {
      this.fail(`node${nodeId}: money has appeared or vanished after entry ${sequence}`);
    }
    this.#trace.add(`node${nodeId}`, 'applied', sequence, high, low);
  }

  #compare(nodeId: number, sequence: number, high: number, low: number): void {
    const known = this.#hashes[sequence];
    if (known === undefined) this.#hashes[sequence] = { high, low, nodeId };
    else if (known.high !== high || known.low !== low) {
      this.fail(`after entry ${sequence} node${nodeId} has another state than node${known.nodeId}`);
    }
  }

  /** The hash that every node had after entry `sequence`; undefined: none came to it. */
  hashAfter(sequence: number): { high: number; low: number } | undefined {
    return this.#hashes[sequence];
  }
}
