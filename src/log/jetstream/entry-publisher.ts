import type { Msg, Subscription } from '@nats-io/transport-node';
import { assert } from '#lib/assert.ts';
import { takesTooLittle } from './log-failures.ts';
import type { NatsLink } from './nats-link.ts';
import { isFull, NO_ROOM_CODE } from './no-storage.ts';
import { NO_ROOM_MS_MAX, PUBLISHED_MAX } from './settings.ts';

const MASK = PUBLISHED_MAX - 1;

interface ApiError {
  readonly err_code: number;
  readonly description: string;
}

/** What came back for a published entry, as JetStream writes it. */
interface Acknowledgement {
  readonly stream?: string;
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: ApiError;
}

export interface EntryPublisherOptions {
  readonly link: NatsLink;
  readonly stream: string;
  readonly subject: string;
  /** What became of something published is not known, and why. `reset` has to follow before more is published. */
  readonly onDoubt: (reason: string) => void;
  /** The stream takes nothing more. */
  readonly onFull: (description: string) => void;
}

/**
 * Publishes entries and watches over each until it is settled: acknowledged with a sequence, and delivered under that sequence with the same
 * bytes (by checksum). Everything else is doubt: an acknowledgement that is an error, late, or not what it should be, and an entry that was
 * acknowledged and is not there.
 */
export class EntryPublisher {
  declare private readonly options: EntryPublisherOptions;
  declare private readonly inbox: string;
  declare private readonly subscription: Subscription;
  /** By token: checksum, time of publishing, and the sequence that was acknowledged, 0 before that. */
  declare private readonly crcs: Int32Array;
  declare private readonly publishedMs: Float64Array;
  declare private readonly sequences: Float64Array;
  /** Checksums of the newest delivered entries, by sequence. */
  declare private readonly deliveredCrcs: Int32Array;
  declare private deliveredSequence: number;
  declare private _acknowledgedSequence: number;
  /** Tokens `first` up to `next` are not settled. */
  declare private first: number;
  declare private next: number;
  declare private _hasSettled: boolean;
  /** By performance.now(), since when the servers say that they have no room, nothing being settled since; 0: they do not. */
  declare private noRoomSinceMs: number;

  /** @param deliveredSequence the last entry that was delivered before this publisher was made */
  constructor(options: EntryPublisherOptions, inbox: string, deliveredSequence: number) {
    this.options = options;
    this.inbox = inbox;
    this.crcs = new Int32Array(PUBLISHED_MAX);
    this.publishedMs = new Float64Array(PUBLISHED_MAX);
    this.sequences = new Float64Array(PUBLISHED_MAX);
    this.deliveredCrcs = new Int32Array(PUBLISHED_MAX);
    this.deliveredSequence = deliveredSequence;
    this._acknowledgedSequence = 0;
    this.first = 1;
    this.next = 1;
    this._hasSettled = false;
    this.noRoomSinceMs = 0;
    this.subscription = options.link.subscribe(`${inbox}.*`, (message) => this.#onAcknowledgement(message));
  }

  /** Entries that are published and not settled. */
  get unsettled(): number {
    return this.next - this.first;
  }

  /** Whether an entry was settled since the last `reset`. */
  get hasSettled(): boolean {
    return this._hasSettled;
  }

  /** The newest entry that the stream has acknowledged since the last `reset`; 0: none. */
  get acknowledgedSequence(): number {
    return this._acknowledgedSequence;
  }

  /** Publishes `bytes`, which stay as they are until they have left; doubts them where the server takes only smaller messages by now. */
  publish(bytes: Uint8Array, crc: number): void {
    assert(this.unsettled < PUBLISHED_MAX, 'Condition: at most PUBLISHED_MAX entries wait for their fate');
    const { link, subject, onDoubt } = this.options;
    const { info } = link.connection;
    if (info !== undefined && bytes.length > info.max_payload) {
      onDoubt(takesTooLittle(info.server_name, info.max_payload));
      // Another may take it, and one that takes it again says so to new connections only.
      link.leaveServer();
      return;
    }
    const token = this.next++;
    this.crcs[token & MASK] = crc;
    this.publishedMs[token & MASK] = performance.now();
    this.sequences[token & MASK] = 0;
    link.connection.publish(subject, bytes, { reply: `${this.inbox}.${token}` });
  }

  /** An entry was delivered: perhaps one of these. */
  onDelivered(sequence: number, crc: number): void {
    this.deliveredCrcs[sequence & MASK] = crc;
    this.deliveredSequence = sequence;
    this.#settle();
  }

  /** Doubts the oldest entry when it has waited for `ageMsMax`. Call it now and then. */
  checkAge(ageMsMax: number): void {
    if (this.unsettled === 0) return;
    if (performance.now() - this.publishedMs[this.first & MASK] < ageMsMax) return;
    this.options.onDoubt(`an entry has no known fate after ${ageMsMax} ms`);
  }

  /** Forgets what is not settled: what comes back for it means nothing any more. */
  reset(): void {
    this.first = this.next;
    this._acknowledgedSequence = 0;
    this._hasSettled = false;
  }

  close(): void {
    this.reset();
    this.subscription.unsubscribe();
  }

  #onAcknowledgement(message: Msg): void {
    const token = Number(message.subject.slice(this.inbox.length + 1));
    if (!(token >= this.first && token < this.next)) return;
    const { onDoubt, onFull, stream } = this.options;
    if (message.data.length === 0) {
      onDoubt(`the stream has no leader (status ${message.headers?.code})`);
      return;
    }
    const { seq = 0, duplicate = false, error, stream: from } = parse(message);
    if (error !== undefined) {
      if (isFull(error.err_code, error.description) || this.#isWithoutRoom(error)) onFull(error.description);
      else onDoubt(`an entry was refused: ${error.description} (${error.err_code})`);
      return;
    }
    const isExpected =
      from === stream && !duplicate && Number.isSafeInteger(seq) && seq > this._acknowledgedSequence;
    if (!isExpected) {
      onDoubt(
        `an entry was acknowledged as ${seq} of ${from}, after ${this._acknowledgedSequence} of ${stream}`,
      );
      return;
    }
    this._acknowledgedSequence = seq;
    this.sequences[token & MASK] = seq;
    this.#settle();
  }

  /** Whether the servers have said for NO_ROOM_MS_MAX that they have no room. */
  #isWithoutRoom({ err_code }: ApiError): boolean {
    if (err_code !== NO_ROOM_CODE) return false;
    if (this.noRoomSinceMs === 0) this.noRoomSinceMs = performance.now();
    return performance.now() - this.noRoomSinceMs >= NO_ROOM_MS_MAX;
  }

  /** Acknowledgements come in the order of publishing, so the oldest is settled first. */
  #settle(): void {
    while (this.first < this.next) {
      const at = this.first & MASK;
      const sequence = this.sequences[at];
      if (sequence === 0 || sequence > this.deliveredSequence) return;
      const isKnown = sequence > this.deliveredSequence - PUBLISHED_MAX;
      if (!isKnown || this.deliveredCrcs[sequence & MASK] !== this.crcs[at]) {
        this.options.onDoubt(`entry ${sequence} was acknowledged, and is another`);
        return;
      }
      this.first++;
      this._hasSettled = true;
      this.noRoomSinceMs = 0;
    }
  }
}

function parse(message: Msg): Acknowledgement {
  try {
    return message.json<Acknowledgement>();
  } catch {
    return {};
  }
}
