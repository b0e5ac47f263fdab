import type { JetStreamManager } from '@nats-io/jetstream';
import type { ObjectStore } from '@nats-io/obj';

/** How long chunks of no object must not have grown: no writer waits so long for an answer to one. */
const IDLE_MS_MIN = 3_600_000;

interface Chunks {
  readonly count: number;
  /** By performance.now(), since when there are as many. */
  readonly sinceMs: number;
}

/** What writers that were killed have left in an object store: chunks that belong to no object, which the client neither lists nor removes. */
export class UnfinishedObjects {
  declare private readonly manager: JetStreamManager;
  declare private readonly store: Pick<ObjectStore, 'list'>;
  declare private readonly stream: string;
  /** What the subject of a chunk begins with; the id of its object follows. */
  declare private readonly prefix: string;
  declare private readonly idleMsMin: number;
  /** By subject, as of the last look. */
  declare private seen: ReadonlyMap<string, Chunks>;

  constructor(
    manager: JetStreamManager,
    store: Pick<ObjectStore, 'list'>,
    bucket: string,
    idleMsMin: number = IDLE_MS_MIN,
  ) {
    this.manager = manager;
    this.store = store;
    this.stream = `OBJ_${bucket}`;
    this.prefix = `$O.${bucket}.C.`;
    this.idleMsMin = idleMsMin;
    this.seen = new Map();
  }

  /** Removes those that have not grown for a while, by this process' own looks. @throws the client's error */
  async remove(): Promise<void> {
    const { manager, stream, prefix } = this;
    // The chunks first: what becomes an object meanwhile is in the list then.
    const { state } = await manager.streams.info(stream, { subjects_filter: `${prefix}>` });
    const whole = new Set((await this.store.list()).map(({ nuid }) => prefix + nuid));
    const nowMs = performance.now();
    const seen = new Map<string, Chunks>();
    for (const [subject, count] of Object.entries(state.subjects ?? {})) {
      if (whole.has(subject)) continue;
      const before = this.seen.get(subject);
      const chunks = before?.count === count ? before : { count, sinceMs: nowMs };
      if (before === chunks && nowMs - chunks.sinceMs >= this.idleMsMin)
        await manager.streams.purge(stream, { filter: subject });
      else seen.set(subject, chunks);
    }
    this.seen = seen;
  }
}
