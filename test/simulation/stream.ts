import { WordBuffer } from '#lib/word-buffer.ts';
import { entrySubject, streamConfig } from '#log/jetstream/stream-config.ts';
import { type SimulatedProcess, START_SECONDS, type VirtualScheduler } from './scheduler.ts';
import type { Trace } from './trace.ts';

/** Name of the stream. */
export const STREAM = { name: 'HIVE', replicas: 3 } as const;
export const ENTRY_SUBJECT = entrySubject(STREAM.name);

/** An entry that the stream has for good. */
export interface StoredEntry {
  readonly data: Uint8Array;
  readonly words: WordBuffer;
  readonly timeSeconds: number;
  readonly timeNanos: number;
  /** True time when it was stored. */
  readonly storedUs: number;
}

/** A connection of a node to the servers of the stream, and what can go wrong with it. */
export interface StreamConnection {
  readonly process: SimulatedProcess;
  readonly isUp: boolean;
  /** Its server follows a leader that the others have left, since `followStale`. */
  readonly isStale: boolean;
  /** Messages come this much apart. */
  paceUs: number;
  isAcknowledgementLost: boolean;
  /** Some of what it publishes is lost or late, and what comes behind is not. */
  isLossy: boolean;
  /** Has the consumers send what they have not sent. */
  deliver(): void;
  /** A message was stored. */
  acknowledge(reply: string, sequence: number): void;
  /** Nobody takes the message now. */
  refuse(reply: string): void;
  followStale(): void;
  /** The server with the consumers is gone, and them with it. */
  loseConsumers(): void;
  /** Some messages of the consumers do not arrive. */
  loseMessages(): void;
  /** Breaks: what is on its way is lost, or late. It comes back after `downUs`. */
  drop(downUs: number): void;
  /** The process is gone. */
  close(): void;
}

/** A message on its way into the stream. */
export interface Proposal {
  readonly data: Uint8Array;
  readonly connection: StreamConnection;
  /** Where the acknowledgement goes. */
  readonly reply: string;
  readonly isAcknowledged: boolean;
}

const SECOND_US = 1_000_000;
/** How late a message may still arrive that lay in a server's buffers. */
const LATE_US_MAX = 12 * SECOND_US;
const MAX_BYTES = 2 ** 30;

/**
 * A replicated stream as its clients saw JetStream: one order of entries with the leader's time. Entries that are stored stay and are delivered
 * to everybody in order. On the way there messages are dropped, refused, late, or kept by a leader that has lost the others; acknowledgements
 * are lost, and after an election some of what was on its way is stored although nobody is told. A repeat is another entry.
 */
export class SimulatedStream {
  readonly scheduler: VirtualScheduler;
  readonly random: () => number;
  readonly entries: StoredEntry[] = [];
  readonly connections = new Set<StreamConnection>();
  readonly config: object;
  /** First entry that the servers still have; `entries` has all. */
  firstSequence = 1;
  hasLeader = true;
  /** The leader's clock minus the true time. */
  leaderSkewMs = 0;
  readonly #trace: Trace;
  #proposals: Proposal[] = [];
  #isPumping = false;
  #stalledUntilUs = 0;
  #elections = 0;
  #lateUs = LATE_US_MAX;

  constructor(scheduler: VirtualScheduler, random: () => number, trace: Trace, logId: string) {
    this.scheduler = scheduler;
    this.random = random;
    this.#trace = trace;
    this.config = streamConfig(STREAM, MAX_BYTES, logId);
  }

  get lastSequence(): number {
    return this.entries.length;
  }

  latencyUs(): number {
    return this.random() < 0.97 ? 30 + this.random() * 200 : 500 + this.random() * 20_000;
  }

  /** A message has reached the servers. */
  take(proposal: Proposal): void {
    const { connection, reply } = proposal;
    const fate = this.random();
    if (connection.isStale) {
      // Kept by a leader that will give it up; some were seen to be acknowledged all the same.
      if (fate < 0.2) connection.acknowledge(reply, this.lastSequence + 1 + Math.floor(fate * 20));
      return;
    }
    if (this.hasLeader) {
      this.#proposals.push(proposal);
      this.#pump();
    } else if (fate < 0.5) connection.refuse(reply);
    else if (fate < 0.65) this.takeLate({ ...proposal, isAcknowledged: false });
  }

  /** A message lay somewhere, and reaches the servers after a while. */
  takeLate(proposal: Proposal): void {
    this.scheduler.after(undefined, this.random() * this.#lateUs, () => {
      if (this.hasLeader) this.take(proposal);
    });
  }

  /** The servers have lost their quorum for a while: what they got is stored then, or lost in an election. */
  stall(forUs: number): void {
    this.#stalledUntilUs = Math.max(this.#stalledUntilUs, this.scheduler.nowUs + forUs);
  }

  /** The leader is gone, and another takes over after `forUs`. It has the first of what was on its way; the rest is lost. */
  elect(forUs: number): void {
    const election = ++this.#elections;
    this.hasLeader = false;
    const kept = this.#proposals.slice(0, Math.floor(this.random() * (this.#proposals.length + 1)));
    this.#trace.add('no leader;', kept.length, 'of', this.#proposals.length, 'proposals stay');
    this.#proposals = [];
    for (const connection of [...this.connections]) {
      if (this.random() < 0.5) connection.loseConsumers();
      if (this.random() < 0.4) connection.drop(this.random() * forUs * 1.2);
    }
    this.scheduler.after(undefined, forUs, () => {
      if (election !== this.#elections) return;
      this.hasLeader = true;
      this.leaderSkewMs = (this.random() - 0.5) * 4_000;
      this.#trace.add('a leader, clock off by', Math.round(this.leaderSkewMs), 'ms');
      for (const proposal of kept) this.#proposals.push({ ...proposal, isAcknowledged: this.random() < 0.2 });
      this.#pump();
    });
  }

  /** Removes what comes before an entry, for ever. @returns how much that was */
  purge(beforeSequence: number): number {
    const from = this.firstSequence;
    this.firstSequence = Math.max(from, Math.min(beforeSequence, this.lastSequence + 1));
    this.#trace.add('the stream begins with', this.firstSequence);
    return this.firstSequence - from;
  }

  /** From now on nothing goes wrong. */
  heal(): void {
    this.#lateUs = SECOND_US;
    for (const connection of this.connections) {
      connection.isAcknowledgementLost = false;
      connection.isLossy = false;
      connection.paceUs = 2;
    }
  }

  #pump(): void {
    if (this.#isPumping || this.#proposals.length === 0) return;
    this.#isPumping = true;
    const atUs = Math.max(this.scheduler.nowUs + this.latencyUs(), this.#stalledUntilUs);
    this.scheduler.at(undefined, atUs, () => {
      this.#isPumping = false;
      if (this.scheduler.nowUs < this.#stalledUntilUs) {
        this.#pump();
        return;
      }
      const count = Math.ceil(this.random() * this.#proposals.length);
      for (const proposal of this.#proposals.splice(0, count)) this.#store(proposal);
      this.#pump();
      for (const connection of this.connections) connection.deliver();
    });
  }

  #store({ data, connection, reply, isAcknowledged }: Proposal): void {
    const ms = this.scheduler.nowUs / 1_000 + this.leaderSkewMs;
    const seconds = Math.floor(ms / 1_000);
    this.entries.push({
      data,
      words: WordBuffer.copyOf(data),
      timeSeconds: START_SECONDS + seconds,
      timeNanos: Math.floor((ms - seconds * 1_000) * 1e6),
      storedUs: this.scheduler.nowUs,
    });
    this.#trace.add('stored', this.lastSequence, connection.process.name);
    if (isAcknowledged) connection.acknowledge(reply, this.lastSequence);
  }
}
