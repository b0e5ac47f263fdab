import type { TradingCore } from '#core/trading-core.ts';
import { Attested, EventType } from '#domain/events.ts';
import type { CommandSink, EventSink } from '#domain/ports.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { Peers } from '#replica/peers.ts';
import { closeSessions } from '../close-sessions.ts';
import type { NodeLogger } from '../threads/threads.ts';

/** What a node of a cluster does beside trading: compares states, and ends the sessions of nodes that fell silent. */
export class ClusterDuties implements EventSink {
  declare private readonly peers: Peers;
  declare private readonly core: TradingCore;
  declare private readonly logger: NodeLogger;
  /** Nodes whose difference was logged. */
  declare private readonly differing: Set<number>;

  constructor(peers: Peers, core: TradingCore, logger: NodeLogger) {
    this.peers = peers;
    this.core = core;
    this.logger = logger;
    this.differing = new Set();
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      if ((i32[at] & 0xff) === EventType.Attested) this.#onAttested(words, at);
    }
  }

  #onAttested({ i32, f64 }: WordBuffer, at: number): void {
    const { nodeId, attestedSequence, stateHashHigh, stateHashLow } = Attested.at;
    const id = i32[at + nodeId];
    const sequence = f64[(at + attestedSequence) >> 1];
    this.peers.onAttested(id, sequence, i32[at + stateHashHigh], i32[at + stateHashLow]);
    const peer = this.peers.list().find((one) => one.nodeId === id);
    if (peer === undefined || peer.agrees) this.differing.delete(id);
    else if (!this.differing.has(id)) {
      this.differing.add(id);
      const advice = 'find out which of the two is wrong (hive status --cluster) and stop it';
      this.logger.error(
        { otherNode: id, sequence },
        `node ${id} attests another state than this node: ${advice}`,
      );
    }
  }

  /** Ends the sessions of silent nodes, so that cancel-on-disconnect holds; one node does it for all. To be called about once a second. */
  sweep(outbox: CommandSink): void {
    if (!this.peers.isFirst()) return;
    closeSessions(this.core, (nodeId) => this.peers.isSilent(nodeId), outbox);
  }
}
