import { SnapshotShelf } from '#app/cluster/snapshot-shelf.ts';
import { NodeService } from '#app/node-service.ts';
import { TradingCore } from '#core/trading-core.ts';
import { OuchGateway } from '#gateways/ouch/ouch-gateway.ts';
import { PowerCutDisk } from '#log/file/power-cut-disk.ts';
import { Peers } from '#replica/peers.ts';
import { Replica } from '#replica/replica.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import type { Checkers } from './checkers.ts';
import { NextCore } from './next-core.ts';

/** Parts of a node in which a bug can be planted. */
export interface NodeParts {
  readonly Core: typeof TradingCore;
  /** Of a build with one core version more. */
  readonly NextCore: typeof TradingCore;
  readonly Replica: typeof Replica;
  readonly Gateway: typeof OuchGateway;
  readonly Peers: typeof Peers;
  readonly Shelf: typeof SnapshotShelf;
  readonly Service: typeof NodeService;
}

export const REAL_PARTS: NodeParts = {
  Core: TradingCore,
  NextCore,
  Replica,
  Gateway: OuchGateway,
  Peers,
  Shelf: SnapshotShelf,
  Service: NodeService,
};

/** Tells the checkers of every entry that is applied, and of every state that a majority has. */
export class CheckedBoard extends StatusBoard {
  readonly #nodeId: number;
  readonly #checkers: Checkers;

  constructor(nodeId: number, checkers: Checkers) {
    super(boardMemory());
    this.#nodeId = nodeId;
    this.#checkers = checkers;
  }

  override publish(sequence: number, hashHigh: number, hashLow: number): void {
    super.publish(sequence, hashHigh, hashLow);
    this.#checkers.onApplied(this.#nodeId, sequence, hashHigh, hashLow);
  }

  override get agreedSequence(): number {
    return super.agreedSequence;
  }

  override set agreedSequence(sequence: number) {
    super.agreedSequence = sequence;
    this.#checkers.onAgreed(this.#nodeId, sequence);
  }
}

/** A disk that tells when its power is gone, in the middle of a call too. */
export class MachineDisk extends PowerCutDisk {
  onCut: () => void = () => {};

  override cut(): void {
    super.cut();
    this.onCut();
  }
}

/** Has a bit of the core's state hash be another after entry `sequence`: of all its state that is the part which no client can see. */
export function flipAfter(core: TradingCore, sequence: number, bit: number): void {
  const { state } = core;
  const { writer } = core as unknown as { writer: { hashLow: number } };
  const apply = core.applyEntry.bind(core);
  core.applyEntry = (...entry) => {
    const isApplied = apply(...entry);
    if (entry[0] === sequence) {
      writer.hashLow ^= 1 << bit;
      state.hashLow = writer.hashLow;
    }
    return isApplied;
  };
}
