import { setImmediate as turn } from 'node:timers/promises';
import type { FixStream, StreamRecord, StreamRecordKind } from './fix-stream.ts';
import { STREAM_RECORDS_PER_SESSION } from './fix-stream.ts';

/** How bad a stream is: chances of what may happen to each append or question. */
export interface StreamFaults {
  /** Said to be stored, and is not. */
  readonly lie: number;
  /** Not stored, and said so. */
  readonly loss: number;
  /** Stored, and not said. */
  readonly doubt: number;
  /** Stored after a while, and not said. */
  readonly delay: number;
  /** An answer from a beginning of the stream. */
  readonly stale: number;
  /** No answer for many turns: the one who asks is as good as frozen. */
  readonly freeze: number;
}

interface StoredRecord {
  readonly sessionId: string;
  readonly kind: StreamRecordKind;
  readonly record: StreamRecord;
}

const DELAY_TURNS_MAX = 200;
const STALE_RECORDS_MAX = 5;

/** For tests: records in memory, which `from` shows to each node as badly as told. */
export class SimulatedStream {
  declare readonly records: StoredRecord[];
  declare private readonly listeners: ((sessionId: string) => void)[];
  declare private readonly kept: Readonly<Record<StreamRecordKind, number>>;
  declare private readonly random: () => number;

  /** @param kept newest records of each kind that it keeps of a session */
  constructor(
    random: () => number = () => 0.5,
    kept = { batch: STREAM_RECORDS_PER_SESSION, claim: STREAM_RECORDS_PER_SESSION },
  ) {
    this.records = [];
    this.listeners = [];
    this.kept = kept;
    this.random = random;
  }

  /** The stream as one node has it. */
  from(faults: Partial<StreamFaults> = {}): FixStream {
    return {
      append: (sessionId, kind, bytes) => this.#append(sessionId, kind, bytes.slice(), faults),
      next: async (sessionId, sequence) => {
        const known = await this.#known(sessionId, faults);
        return known.find((record) => record.sequence >= sequence);
      },
      last: async (sessionId) => (await this.#known(sessionId, faults)).at(-1),
      sessionIds: async () => [...new Set(this.records.map(({ sessionId }) => sessionId))],
      announce: (sessionId) => {
        for (const onClaim of this.listeners) onClaim(sessionId);
      },
      onAnnounced: (onClaim) => this.listeners.push(onClaim),
    };
  }

  async #append(
    sessionId: string,
    kind: StreamRecordKind,
    bytes: Uint8Array,
    faults: Partial<StreamFaults>,
  ): Promise<void> {
    await this.#pause(faults);
    if (this.#happens(faults.lie)) return;
    if (this.#happens(faults.loss)) throw new Error('the stream has no leader');
    if (this.#happens(faults.delay)) {
      void this.#turns().then(() => this.#put(sessionId, kind, bytes));
      throw new Error('no answer in time');
    }
    this.#put(sessionId, kind, bytes);
    if (this.#happens(faults.doubt)) throw new Error('no answer in time');
  }

  #put(sessionId: string, kind: StreamRecordKind, bytes: Uint8Array): void {
    const sequence = (this.records.at(-1)?.record.sequence ?? 0) + 1;
    this.records.push({ sessionId, kind, record: { sequence, bytes } });
    const own = this.records.filter((record) => record.sessionId === sessionId && record.kind === kind);
    if (own.length > this.kept[kind]) this.records.splice(this.records.indexOf(own[0]), 1);
  }

  async #known(sessionId: string, faults: Partial<StreamFaults>): Promise<StreamRecord[]> {
    await this.#pause(faults);
    const missing = this.#happens(faults.stale) ? Math.ceil(this.random() * STALE_RECORDS_MAX) : 0;
    const known = this.records.slice(0, Math.max(0, this.records.length - missing));
    return known.filter((record) => record.sessionId === sessionId).map(({ record }) => record);
  }

  async #pause({ freeze }: Partial<StreamFaults>): Promise<void> {
    await turn();
    if (this.#happens(freeze)) await this.#turns();
  }

  async #turns(): Promise<void> {
    for (let left = Math.ceil(this.random() * DELAY_TURNS_MAX); left > 0; left--) await turn();
  }

  #happens(chance = 0): boolean {
    return chance > 0 && this.random() < chance;
  }
}
