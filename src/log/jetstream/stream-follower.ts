import type { ConsumerConfig, JetStreamManager } from '@nats-io/jetstream';
import { createInbox, type Msg, nanos, type Subscription } from '@nats-io/transport-node';
import type { NatsLink } from './nats-link.ts';
import { firstAnswer, retryWait } from './retry-wait.ts';
import { CONSUMER_IDLE_MS, HEARTBEAT_MS, REQUEST_TIMEOUT_MS, SILENT_TIMES_MAX } from './settings.ts';

const ENTRY_REPLY = '$JS.ACK.';
const LAST_CONSUMER_HEADER = 'Nats-Last-Consumer';
const STALLED_HEADER = 'Nats-Consumer-Stalled';
const NANOS_DIGITS = 9;

export interface StreamFollowerOptions {
  readonly link: NatsLink;
  readonly manager: JetStreamManager;
  readonly stream: string;
  /** The first entry to hand over. */
  readonly fromSequence: number;
  /**
   * Gets every message once, in order. `data` is valid as long as it is kept. Whether it was taken: one that was not comes again from another
   * consumer, after `renew`.
   */
  readonly onMessage: (sequence: number, timeSeconds: number, timeNanos: number, data: Uint8Array) => boolean;
  /** After the messages that one read of the socket brought. */
  readonly onBatchEnd: () => void;
  /** A consumer left out message `sequence` and sent one after it. Another consumer is being made. */
  readonly onHole: (sequence: number) => void;
}

/** One consumer of the stream, and what came from it. */
interface Source {
  readonly name: string;
  readonly subscription: Subscription;
  /** Messages that it has sent to us, by its own count. */
  delivered: number;
  /** It sent something that did not come: what it sends later is of no use. */
  isBroken: boolean;
}

/**
 * Hands over the messages of a stream from a sequence on: each once, in order, without a gap, however often the connection or a server is lost.
 *
 * The servers push, under flow control, through an ephemeral consumer. Whatever may have cost messages (a gap in the consumer's own
 * count, silence, a new connection) makes a new consumer that begins with the next message needed. Until that one is there the old may go on: what decides
 * is the stream's sequence alone.
 */
export class StreamFollower {
  declare private readonly options: StreamFollowerOptions;
  /** The next message to hand over. */
  declare private nextSequence: number;
  /** Messages that the stream had behind the newest one when it was sent. */
  declare private behind: number;
  declare private source: Source | undefined;
  declare private renewal: Source | undefined;
  declare private isRenewing: boolean;
  declare private isBatchOpen: boolean;
  /** Consumers that were begun since a message came. */
  declare private fruitless: number;
  declare private hasHeard: boolean;
  declare private silentTimes: number;
  declare private timer: NodeJS.Timeout | undefined;
  declare private isClosed: boolean;
  declare private readonly endBatch: () => void;

  constructor(options: StreamFollowerOptions) {
    this.options = options;
    this.nextSequence = options.fromSequence;
    this.behind = 0;
    this.source = undefined;
    this.renewal = undefined;
    this.isRenewing = false;
    this.isBatchOpen = false;
    this.fruitless = 0;
    this.hasHeard = false;
    this.silentTimes = 0;
    this.timer = undefined;
    this.isClosed = false;
    this.endBatch = () => {
      this.isBatchOpen = false;
      if (!this.isClosed) this.options.onBatchEnd();
    };
  }

  /** Messages that the stream had, when the newest one was sent, and that are not here yet. */
  get lag(): number {
    return this.behind;
  }

  /** Begins to hand over; once is enough. */
  start(): void {
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => this.#listen(), HEARTBEAT_MS).unref();
    this.renew();
  }

  /** Has a new consumer made that begins with the next message. */
  renew(): void {
    if (this.isRenewing || this.isClosed) return;
    this.isRenewing = true;
    void this.#renew();
  }

  close(): void {
    this.isClosed = true;
    clearInterval(this.timer);
    for (const source of [this.source, this.renewal]) if (source !== undefined) this.#abandon(source);
    this.source = undefined;
    this.renewal = undefined;
  }

  async #renew(): Promise<void> {
    const { link } = this.options;
    while (!this.isClosed) {
      await retryWait(this.fruitless++);
      if (this.isClosed || link.connection.isClosed()) return;
      const source = this.#subscribe();
      this.renewal = source;
      let isMade = false;
      try {
        isMade = await link.ask(() => this.#make(source));
      } catch {
        // No connection: the stream is what is waited for.
      }
      if (this.isClosed) return;
      if (!isMade || source.isBroken) {
        this.renewal = undefined;
        this.#abandon(source);
        continue;
      }
      if (this.source !== undefined) this.#abandon(this.source);
      this.source = source;
      this.renewal = undefined;
      this.silentTimes = 0;
      this.isRenewing = false;
      return;
    }
  }

  /** Has the consumer of the renewal made, asked for under one name until the servers have it. Whether it is made in time. */
  async #make(source: Source): Promise<boolean> {
    const { manager, stream } = this.options;
    const config = this.#configOf(source);
    const endMs = performance.now() + REQUEST_TIMEOUT_MS;
    const isMade = await firstAnswer(
      // Whatever it was (no leader, no answer): the stream is what is waited for.
      () =>
        manager.consumers.add(stream, config).then(
          () => true,
          () => undefined,
        ),
      () => source !== this.renewal || this.isClosed || performance.now() > endMs,
    );
    return isMade === true;
  }

  #configOf(source: Source): Partial<ConsumerConfig> {
    return {
      name: source.name,
      deliver_subject: source.subscription.getSubject(),
      deliver_policy: 'by_start_sequence',
      opt_start_seq: this.nextSequence,
      ack_policy: 'none',
      max_deliver: 1,
      replay_policy: 'instant',
      flow_control: true,
      idle_heartbeat: nanos(HEARTBEAT_MS),
      inactive_threshold: nanos(CONSUMER_IDLE_MS),
      mem_storage: true,
      num_replicas: 1,
    };
  }

  #subscribe(): Source {
    const inbox = createInbox();
    const source: Source = {
      name: `hive-${inbox.slice(inbox.lastIndexOf('.') + 1)}`,
      delivered: 0,
      isBroken: false,
      subscription: this.options.link.subscribe(inbox, (message) => this.#onMessage(source, message)),
    };
    return source;
  }

  /** Hears no more from a consumer, and has it removed; the servers remove it in any case once nobody listens. */
  #abandon(source: Source): void {
    source.subscription.unsubscribe();
    const { link, manager, stream } = this.options;
    if (link.isConnected) manager.consumers.delete(stream, source.name).catch(() => {});
  }

  #onMessage(source: Source, message: Msg): void {
    if (this.isClosed || (source !== this.source && source !== this.renewal)) return;
    this.hasHeard = true;
    const { reply } = message;
    if (reply?.startsWith(ENTRY_REPLY) !== true) {
      this.#onControl(source, message);
      return;
    }
    // $JS.ACK.[domain.account.]stream.consumer.deliveries.sequence.delivered.time.pending[.random]
    const tokens = reply.split('.');
    const at = tokens.length === 9 ? 5 : 7;
    const delivered = Number(tokens[at + 1]);
    if (source.isBroken || delivered !== source.delivered + 1) {
      this.#break(source);
      return;
    }
    source.delivered = delivered;
    const sequence = Number(tokens[at]);
    if (sequence < this.nextSequence) return;
    if (sequence > this.nextSequence) {
      this.options.onHole(this.nextSequence);
      this.#break(source);
      return;
    }
    this.behind = Number(tokens[at + 3]);
    const time = tokens[at + 2];
    const seconds = Number(time.slice(0, -NANOS_DIGITS));
    if (!this.options.onMessage(sequence, seconds, Number(time.slice(-NANOS_DIGITS)), message.data)) {
      source.isBroken = true;
      return;
    }
    this.fruitless = 0;
    this.nextSequence = sequence + 1;
    if (this.isBatchOpen) return;
    // The client hands over all messages of one read in one go; this runs when it has.
    this.isBatchOpen = true;
    queueMicrotask(this.endBatch);
  }

  /** Flow control and heartbeats. */
  #onControl(source: Source, message: Msg): void {
    if (message.reply) {
      message.respond();
      return;
    }
    const stalled = message.headers?.get(STALLED_HEADER);
    if (stalled) this.options.link.connection.publish(stalled);
    const delivered = Number(message.headers?.get(LAST_CONSUMER_HEADER) || source.delivered);
    if (delivered !== source.delivered) this.#break(source);
  }

  #break(source: Source): void {
    source.isBroken = true;
    this.renew();
  }

  /** Looks at intervals of the heartbeat whether something came. */
  #listen(): void {
    if (this.hasHeard) this.silentTimes = 0;
    else this.silentTimes++;
    this.hasHeard = false;
    if (this.silentTimes >= SILENT_TIMES_MAX) this.renew();
  }
}
