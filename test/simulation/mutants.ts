import { SnapshotShelf, type SnapshotShelfOptions } from '#app/cluster/snapshot-shelf.ts';
import { NodeService } from '#app/node-service.ts';
import { TradingCore } from '#core/trading-core.ts';
import type { Log, LogFollower, LogReader } from '#domain/ports.ts';
import { OuchGateway } from '#gateways/ouch/ouch-gateway.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { JetStreamLog } from '#log/jetstream/jetstream-log.ts';
import { StreamFollower } from '#log/jetstream/stream-follower.ts';
import { Peers } from '#replica/peers.ts';
import { Replica } from '#replica/replica.ts';
import { boardMemory, StatusBoard } from '#replica/status-board.ts';
import { NextCore } from './next-core.ts';
import type { NodeParts } from './node-parts.ts';

/** A planted bug, the parts of a node that have it, and what the checker says that finds it. */
export interface Mutant {
  readonly name: string;
  readonly parts?: Partial<NodeParts>;
  /** Plants what is in no part; returns how to undo it. */
  readonly plant?: () => () => void;
  readonly caughtBy: RegExp;
  /** Kinds of fault that bring it to light; default all. */
  readonly faults?: readonly string[];
}

/** The core applies whatever comes, be it a repeat or an entry before which another was lost. */
class CoreWithoutDedupe extends TradingCore {
  override begin(...entry: Parameters<TradingCore['begin']>): boolean {
    super.begin(...entry);
    return true;
  }
}

/** The core takes every entry that it has not seen, also one before which another was lost. */
class CoreThatSkipsLost extends TradingCore {
  override begin(...entry: Parameters<TradingCore['begin']>): boolean {
    const [, , , nodeId, epoch, entryNo] = entry;
    if (super.begin(...entry)) return true;
    const { nodes, nodeId: ids, nodeEpoch, nodeEntryNo } = this.state;
    for (let row = 0; row < nodes.rows; row++) {
      if (ids[row] !== nodeId || nodeEpoch[row] !== epoch || nodeEntryNo[row] >= entryNo) continue;
      nodeEntryNo[row] = entryNo;
      return true;
    }
    return false;
  }
}

/** A core that is restored takes trades back that were taken back before. */
class CoreThatForgetsCancels extends TradingCore {
  override restored(): void {
    super.restored();
    (this.state.canceledTrades as unknown as { known: Set<number> }).known.clear();
  }
}

/** A core that is restored takes what open buys hold for what they would by the fees that are in force. */
class CoreThatForgetsHoldRates extends TradingCore {
  override restored(): void {
    super.restored();
    const { instruments } = this.state;
    for (let row = 0; row < instruments.count; row++) instruments.renewHoldFee(row);
  }
}

/** A restarted node does not apply the last entry of its copy. */
class ReplicaThatDropsTheTail extends Replica {
  override recover(log: Log): void {
    super.recover(new Proxy(log, { get: (target, name) => withoutTail(target, name) }));
  }
}

function withoutTail(log: Log, name: string | symbol): unknown {
  if (name === 'lastSequence') return Math.max(0, log.lastSequence - 1);
  if (name !== 'read') return bound(log, name);
  return (from: number, reader: LogReader) => log.read(from, reader, log.lastSequence - 1);
}

function bound(log: Log, name: string | symbol): unknown {
  const value = Reflect.get(log, name, log) as unknown;
  return typeof value === 'function' ? value.bind(log) : value;
}

/** The log hands to its own node at once what it is given to publish. */
function deliverBeforeCommit(): () => void {
  const { append } = JetStreamLog.prototype;
  JetStreamLog.prototype.append = function (words, from, to) {
    append.call(this, words, from, to);
    const { follower } = this as unknown as { follower: LogFollower };
    setImmediate(() => {
      follower.deliver(this.lastSequence + 1, 0, 0, words, from, to);
      follower.onDelivered();
    });
  };
  return () => {
    JetStreamLog.prototype.append = append;
  };
}

/** The consumer that is made after a lost connection begins one entry too late. */
function followTooLate(): () => void {
  const { renew } = StreamFollower.prototype;
  StreamFollower.prototype.renew = function () {
    const state = this as unknown as {
      source: object | undefined;
      isRenewing: boolean;
      nextSequence: number;
    };
    if (state.source !== undefined && !state.isRenewing) state.nextSequence++;
    renew.call(this);
  };
  return () => {
    StreamFollower.prototype.renew = renew;
  };
}

/** Of what is not confirmed only the newest is appended again. */
class ReplicaThatRepeatsTheNewest extends Replica {
  override onDoubt(): void {
    const { unconfirmed } = this as unknown as {
      unconfirmed: { entries: WordBuffer[]; words: number[] } | undefined;
    };
    if (unconfirmed === undefined) return;
    const { entries, words } = unconfirmed;
    const all = [entries.slice(), words.slice()] as const;
    entries.splice(0, entries.length - 1);
    words.splice(0, words.length - 1);
    super.onDoubt();
    entries.splice(0, entries.length, ...all[0]);
    words.splice(0, words.length, ...all[1]);
  }
}

/** Nothing is ever appended again. */
class ReplicaThatNeverRepeats extends Replica {
  override onDoubt(): void {}
}

/** A start takes commands before entries of the one before have become harmless. */
class ReplicaThatDoesNotSeal extends Replica {
  override seal(): Promise<void> {
    return Promise.resolve();
  }
}

/** A client that resumes its reports gets them from the second on. */
class GatewayThatSkipsAReport extends OuchGateway {
  override onLogin(...login: Parameters<OuchGateway['onLogin']>): ReturnType<OuchGateway['onLogin']> {
    const answer = super.onLogin(...login);
    const [{ state }] = login;
    if (state !== undefined && state.nextNumber > 1 && state.nextNumber <= state.user.reportCount) {
      state.nextNumber++;
    }
    return answer;
  }
}

/** A snapshot goes into the store before anybody has attested it. */
class ShelfThatDoesNotWait extends SnapshotShelf {
  constructor(options: SnapshotShelfOptions) {
    const board = new StatusBoard(boardMemory());
    board.agreedSequence = Number.MAX_SAFE_INTEGER;
    super({ ...options, board });
  }
}

/** The log is truncated behind a snapshot that only its own node has. */
class ShelfThatTruncatesAtOnce extends SnapshotShelf {
  readonly #onRemoved: (sequence: number) => void;

  constructor(options: SnapshotShelfOptions) {
    super(options);
    this.#onRemoved = options.onRemoved;
  }

  override offer(path: string, sequence: number): void {
    super.offer(path, sequence);
    this.#onRemoved(sequence);
  }
}

/** Takes its own word for a majority's. */
class PeersThatAgree extends Peers {
  readonly #board: StatusBoard;

  constructor(...parts: ConstructorParameters<typeof Peers>) {
    super(...parts);
    this.#board = parts[1];
  }

  override agreedSequence(): number {
    return this.#board.durableSequence;
  }
}

/** Is never outvoted. */
class PeersThatPersist extends Peers {
  override isOutvoted(): boolean {
    return false;
  }
}

/** Serves whatever it is told. */
class ServiceThatAlwaysServes extends NodeService {
  override observe(): void {
    void this.serve();
  }

  override demote(): Promise<void> {
    return Promise.resolve();
  }
}

/** Observes before the log has confirmed what it took. */
class ReplicaThatRetiresInHaste extends Replica {
  override retire(): Promise<void> {
    return this.stop();
  }
}

/** A build that follows its new rules before the log switches to them. */
class CoreThatIsAheadOfItsTime extends NextCore {
  override begin(...entry: Parameters<TradingCore['begin']>): boolean {
    const [sequence, ...rest] = entry;
    const isLate = this.state.coreVersion === 1 && sequence % 16 === 0;
    return super.begin(sequence, rest[0] + (isLate ? 1 : 0), rest[1], rest[2], rest[3], rest[4]);
  }
}

const OTHER_STATE = /^after entry \d+ /;
/** Attestations in entries that do not count. */
const OTHER_VOTES = /^node\d+ takes its state after entry \d+ for that of a majority/;
const NO_PROGRESS = /^40 s after all was healed (client\d+ has no answer|nothing of node\d+ has come)/;

/** Every planted bug; each has to be caught. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'core without dedupe',
    parts: { Core: CoreWithoutDedupe },
    caughtBy: new RegExp(
      `answered \\d+ times, sent|${OTHER_STATE.source}|${OTHER_VOTES.source}|${NO_PROGRESS.source}`,
    ),
    faults: ['lossy', 'disconnect', 'acks'],
  },
  {
    name: 'core that does not wait for lost entries',
    parts: { Core: CoreThatSkipsLost },
    caughtBy: new RegExp(`${OTHER_STATE.source}|${OTHER_VOTES.source}|${NO_PROGRESS.source}`),
    faults: ['lossy', 'disconnect', 'acks'],
  },
  {
    name: 'answer before commit',
    plant: deliverBeforeCommit,
    caughtBy: /^node\d+ applies entry \d+, which the log lacks$/,
  },
  {
    name: 'canceled trades that are in no snapshot',
    parts: { Core: CoreThatForgetsCancels },
    caughtBy: OTHER_STATE,
    faults: ['kill', 'stop'],
  },
  {
    name: 'rates of holds that are in no snapshot',
    parts: { Core: CoreThatForgetsHoldRates },
    caughtBy: /^node\d+: what the buys of holding \d+ hold/,
    faults: ['kill', 'stop'],
  },
  {
    name: 'tail dropped at recovery',
    parts: { Replica: ReplicaThatDropsTheTail },
    caughtBy: /^node\d+ applies entry \d+ where \d+ is the next$/,
  },
  {
    name: 'consumer that begins one too late',
    plant: followTooLate,
    caughtBy: /the stream is followed without gap or repeat/,
  },
  {
    name: 'only the newest is repeated',
    parts: { Replica: ReplicaThatRepeatsTheNewest },
    caughtBy: NO_PROGRESS,
  },
  { name: 'nothing is repeated', parts: { Replica: ReplicaThatNeverRepeats }, caughtBy: NO_PROGRESS },
  {
    name: 'a start that is not sealed',
    parts: { Replica: ReplicaThatDoesNotSeal },
    caughtBy: /has open sessions at nodes \[\d+(,\d+)+\]$/,
    faults: ['stop', 'stall'],
  },
  {
    name: 'a report skipped on resume',
    parts: { Gateway: GatewayThatSkipsAReport },
    caughtBy: /^40 s after all was healed client\d+ (has no answer|has \d+ of \d+ reports)/,
  },
  {
    name: 'a snapshot that no majority attested',
    parts: { Shelf: ShelfThatDoesNotWait },
    caughtBy: /puts a snapshot of entry \d+ into the store that no majority attested$/,
  },
  {
    name: 'truncation behind a snapshot that only one node has',
    parts: { Shelf: ShelfThatTruncatesAtOnce },
    caughtBy: /^node\d+ truncates the log before entry \d+, and no snapshot/,
  },
  {
    name: 'a node that is a majority by itself',
    parts: { Peers: PeersThatAgree },
    caughtBy: OTHER_VOTES,
  },
  {
    name: 'an outvoted node that goes on',
    parts: { Peers: PeersThatPersist },
    caughtBy: /^node\d+ goes on serving, though \d of \d nodes have another state$/,
    faults: ['flip'],
  },
  {
    name: 'an observer that serves',
    parts: { Service: ServiceThatAlwaysServes },
    caughtBy: /node\d+ appends entries, and observes$|is logged in at node\d+, which observes$/,
    faults: ['demote'],
  },
  {
    name: 'an observer that has still something to say',
    parts: { Replica: ReplicaThatRetiresInHaste },
    caughtBy: /^node\d+ appends entries, and observes$|has no answer to UserRefNums/,
    faults: ['demote', 'election', 'stall'],
  },
  {
    name: 'new rules before the log switches to them',
    parts: { NextCore: CoreThatIsAheadOfItsTime },
    caughtBy: OTHER_STATE,
    faults: ['upgrade'],
  },
];
