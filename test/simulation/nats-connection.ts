import type { NatsConnection } from '@nats-io/transport-node';
import type { SimulatedProcess, VirtualEvent } from './scheduler.ts';
import { ENTRY_SUBJECT, type SimulatedStream, STREAM, type StreamConnection } from './stream.ts';
import type { Trace } from './trace.ts';

/** What the platform uses of a message. */
interface Message {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly reply?: string;
  readonly headers?: { readonly code?: number; get(name: string): string };
  respond(): void;
  json(): unknown;
}

type Callback = (error: null, message: Message) => void;

/** Whoever looks at what is asked of the servers. */
export interface StreamWatcher {
  onPublish(process: SimulatedProcess, data: Uint8Array): void;
  /** Entries before `beforeSequence` are about to be removed. */
  onPurge(process: SimulatedProcess, beforeSequence: number): void;
}

/** A push consumer of the servers, ephemeral. */
interface Consumer {
  readonly subject: string;
  next: number;
  /** Messages sent, by its own count. */
  delivered: number;
  sending: VirtualEvent | undefined;
}

const NOTHING = new Uint8Array(0);
/** Until a client that left its server is at another one. */
const RECONNECT_US = 50_000;
const HEARTBEAT_US = 500_000;
const API = '$JS.API.';
/** The most messages that one read of the socket brings. */
const READ_MESSAGES_MAX = 8;

function message(subject: string, data: Uint8Array, more: Partial<Message> = {}): Message {
  return { subject, data, respond() {}, json: () => JSON.parse(Buffer.from(data).toString()), ...more };
}

/**
 * A node's connection to the servers of the stream, both ends of it: what the platform and the client of JetStream use of a NatsConnection, and the
 * servers' answers to them. Goes wrong as it is told.
 */
export class SimulatedConnection implements StreamConnection {
  readonly process: SimulatedProcess;
  readonly info = { version: '2.15.1', max_payload: 1024 * 1024, server_name: 'simulated' };
  readonly options = {};
  readonly features = { get: () => ({ ok: true, min: '' }) };
  isUp = true;
  paceUs = 2;
  isAcknowledgementLost = false;
  isLossy = false;
  readonly #stream: SimulatedStream;
  readonly #trace: Trace;
  readonly #watcher: StreamWatcher;
  readonly #callbacks = new Map<string, Callback>();
  readonly #consumers = new Map<string, Consumer>();
  readonly #statuses: { type: string }[] = [];
  #onStatus: () => void = () => {};
  #isClosed = false;
  /** First and last entry of the leader that the others have left; undefined: its server follows the leader. */
  #stale: { readonly first_seq: number; readonly last_seq: number } | undefined;
  /** Raised when everything on its way is lost. */
  #generation = 0;
  #lastPublishUs = 0;
  #lastReplyUs = 0;
  readonly #unsent: (() => void)[] = [];

  constructor(stream: SimulatedStream, process: SimulatedProcess, trace: Trace, watcher: StreamWatcher) {
    this.#stream = stream;
    this.#trace = trace;
    this.#watcher = watcher;
    this.process = process;
    stream.connections.add(this);
    stream.scheduler.after(process, HEARTBEAT_US, () => this.#beat());
  }

  /** For code that takes the real one. */
  get asConnection(): NatsConnection {
    return this as unknown as NatsConnection;
  }

  // The client's end

  isClosed(): boolean {
    return this.#isClosed;
  }

  subscribe(subject: string, { callback }: { callback: Callback }): object {
    this.#callbacks.set(subject, callback);
    return { getSubject: () => subject, unsubscribe: () => this.#callbacks.delete(subject) };
  }

  /** Leaves the server for another one. */
  async reconnect(): Promise<void> {
    this.drop(RECONNECT_US);
  }

  async *status(): AsyncGenerator<{ type: string }> {
    while (!this.#isClosed) {
      const status = this.#statuses.shift();
      if (status !== undefined) yield status;
      else await new Promise<void>((resolve) => (this.#onStatus = resolve));
    }
  }

  publish(subject: string, data: Uint8Array = NOTHING, { reply = '' }: { reply?: string } = {}): void {
    if (subject !== ENTRY_SUBJECT) return;
    this.#watcher.onPublish(this.process, data);
    const { scheduler, random } = this.#stream;
    if (!this.isUp) {
      // The client's buffer may be sent when it is connected again.
      if (random() < 0.5) this.#unsent.push(() => this.publish(subject, data, { reply }));
      return;
    }
    this.#trace.add(this.process.name, 'publishes', data.length);
    const copy = data.slice();
    const generation = this.#generation;
    this.#lastPublishUs = Math.max(this.#lastPublishUs, scheduler.nowUs + this.#stream.latencyUs());
    scheduler.at(undefined, this.#lastPublishUs, () => {
      // What a broken connection had sent is there, lost, or comes late.
      const isSafe = generation === this.#generation && !(this.isLossy && random() < 0.4);
      const fate = isSafe ? 0 : random();
      const proposal = { data: copy, connection: this, reply, isAcknowledged: fate === 0 };
      if (fate < 0.5) this.#stream.take(proposal);
      else if (fate < 0.7) this.#stream.takeLate(proposal);
    });
  }

  /** A question to the API of JetStream. No answer comes of a server without a leader, or over a broken connection. */
  request(subject: string, data: Uint8Array, { timeout }: { timeout: number }): Promise<Message> {
    const { scheduler } = this.#stream;
    const generation = this.#generation;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer in time')), timeout);
      scheduler.after(undefined, this.#stream.latencyUs(), () => {
        if (generation !== this.#generation || !this.isUp) return;
        const question = data.length === 0 ? {} : JSON.parse(Buffer.from(data).toString());
        const answer = this.#answer(subject.slice(API.length), question);
        if (answer === undefined) return;
        this.#reply(() => {
          clearTimeout(timer);
          resolve(message('', Buffer.from(JSON.stringify(answer))));
        });
      });
    });
  }

  // The servers' end

  #answer(
    subject: string,
    question: { seq?: number; config?: { opt_start_seq: number; deliver_subject: string; name: string } },
  ): object | undefined {
    const { hasLeader, entries, firstSequence, lastSequence, config, random } = this.#stream;
    const { isStale } = this;
    if (subject === `STREAM.INFO.${STREAM.name}` && isStale) {
      return { config, state: this.#stale, cluster: { leader: 'stale' } };
    }
    if (subject.startsWith('CONSUMER.DELETE.')) {
      this.#remove(subject.slice(subject.lastIndexOf('.') + 1));
      return { success: true };
    }
    if (!hasLeader || isStale) {
      const description = 'JetStream system temporarily unavailable';
      return random() < 0.5 ? { error: { code: 503, err_code: 10008, description } } : undefined;
    }
    if (subject === `STREAM.INFO.${STREAM.name}`) {
      return {
        config,
        state: { first_seq: firstSequence, last_seq: lastSequence },
        cluster: { leader: 'leader' },
      };
    }
    if (subject === `STREAM.MSG.GET.${STREAM.name}`) {
      const seq = question.seq ?? 0;
      if (seq < firstSequence || seq > lastSequence) {
        return { error: { code: 404, err_code: 10037, description: 'no message found' } };
      }
      const data = Buffer.from(entries[seq - 1].data).toString('base64');
      return { message: { subject: ENTRY_SUBJECT, seq, data, time: '' } };
    }
    if (subject === `STREAM.PURGE.${STREAM.name}`) {
      this.#watcher.onPurge(this.process, question.seq ?? 0);
      return { success: true, purged: this.#stream.purge(question.seq ?? 0) };
    }
    if (subject.startsWith('CONSUMER.CREATE.') && question.config !== undefined) {
      const { opt_start_seq, deliver_subject, name } = question.config;
      this.#consumers.set(name, {
        subject: deliver_subject,
        next: opt_start_seq,
        delivered: 0,
        sending: undefined,
      });
      this.deliver();
      return { name, stream_name: STREAM.name, config: question.config };
    }
    throw new Error(`the simulated servers know no ${subject}`);
  }

  deliver(): void {
    if (!this.isUp || this.isStale) return;
    for (const consumer of this.#consumers.values()) this.#send(consumer);
  }

  #send(consumer: Consumer): void {
    const { scheduler, lastSequence, random } = this.#stream;
    if (consumer.sending !== undefined || consumer.next > lastSequence) return;
    const isSlow = this.paceUs > 2;
    const delayUs = isSlow ? this.paceUs * 2 * random() : this.#stream.latencyUs() / 8;
    consumer.sending = scheduler.after(this.process, delayUs, () => {
      consumer.sending = undefined;
      if (this.isStale) return;
      const count = isSlow ? 1 : Math.ceil(random() * READ_MESSAGES_MAX);
      for (let i = 0; i < count && consumer.next <= this.#stream.lastSequence; i++) this.#sendNext(consumer);
      this.#send(consumer);
    });
  }

  #sendNext(consumer: Consumer): void {
    const { entries, firstSequence, lastSequence } = this.#stream;
    const sequence = Math.max(consumer.next, firstSequence);
    consumer.next = sequence + 1;
    consumer.delivered++;
    const { data, timeSeconds, timeNanos } = entries[sequence - 1];
    const time = `${timeSeconds}${String(timeNanos).padStart(9, '0')}`;
    const pending = lastSequence - sequence;
    const reply = `$JS.ACK.${STREAM.name}.consumer.1.${sequence}.${consumer.delivered}.${time}.${pending}`;
    this.#receive(message(consumer.subject, data, { reply }));
  }

  #beat(): void {
    this.#stream.scheduler.after(this.process, HEARTBEAT_US, () => this.#beat());
    if (!this.isUp || this.isStale) return;
    for (const { subject, delivered } of [...this.#consumers.values()]) {
      const get = (name: string): string => (name === 'Nats-Last-Consumer' ? String(delivered) : '');
      this.#receive(message(subject, NOTHING, { headers: { code: 100, get } }));
    }
  }

  /** What the client hears is its subscription's; without one the consumer behind it is of no use. */
  #receive(received: Message): void {
    const { subject } = received;
    const callback =
      this.#callbacks.get(subject) ?? this.#callbacks.get(`${subject.slice(0, subject.lastIndexOf('.'))}.*`);
    callback?.(null, received);
  }

  #remove(name: string): void {
    const consumer = this.#consumers.get(name);
    if (consumer?.sending !== undefined) consumer.sending.isCancelled = true;
    this.#consumers.delete(name);
  }

  acknowledge(reply: string, sequence: number): void {
    if (this.isAcknowledgementLost && this.#stream.random() < 0.5) return;
    const text = JSON.stringify({ stream: STREAM.name, seq: sequence });
    this.#reply(() => this.#receive(message(reply, Buffer.from(text))));
  }

  refuse(reply: string): void {
    const headers = { code: 503, get: () => '' };
    this.#reply(() => this.#receive(message(reply, NOTHING, { headers })));
  }

  #reply(run: () => void): void {
    const generation = this.#generation;
    const { scheduler } = this.#stream;
    this.#lastReplyUs = Math.max(this.#lastReplyUs, scheduler.nowUs + this.#stream.latencyUs());
    scheduler.at(this.process, this.#lastReplyUs, () => {
      if (generation === this.#generation) run();
    });
  }

  // What goes wrong

  get isStale(): boolean {
    return this.#stale !== undefined;
  }

  followStale(): void {
    const { firstSequence, lastSequence } = this.#stream;
    this.#stale = { first_seq: firstSequence, last_seq: lastSequence };
  }

  loseConsumers(): void {
    for (const name of [...this.#consumers.keys()]) this.#remove(name);
  }

  loseMessages(): void {
    for (const consumer of this.#consumers.values()) {
      const lost = Math.min(
        1 + Math.floor(this.#stream.random() * 4),
        this.#stream.lastSequence + 1 - consumer.next,
      );
      consumer.next += lost;
      consumer.delivered += lost;
    }
  }

  /** Breaks: what is on its way is lost, or late. It comes back after `downUs`, and the consumers have gone on meanwhile, or are gone. */
  drop(downUs: number): void {
    if (!this.isUp) return;
    const { scheduler, random } = this.#stream;
    this.isUp = false;
    this.#stale = undefined;
    this.#generation++;
    if (random() < 0.5) this.loseConsumers();
    for (const consumer of this.#consumers.values()) {
      if (consumer.sending !== undefined) consumer.sending.isCancelled = true;
      consumer.sending = undefined;
    }
    scheduler.after(this.process, 100, () => this.#tell('disconnect'));
    scheduler.after(undefined, downUs, () => {
      if (this.#isClosed) return;
      this.isUp = true;
      this.loseMessages();
      scheduler.after(this.process, this.#stream.latencyUs(), () => this.#tell('reconnect'));
      for (const send of this.#unsent.splice(0)) send();
      this.deliver();
    });
  }

  #tell(type: string): void {
    this.#statuses.push({ type });
    this.#onStatus();
  }

  /** The process is gone. */
  close(): void {
    this.isUp = false;
    this.#isClosed = true;
    this.#generation++;
    this.#unsent.length = 0;
    this.#consumers.clear();
    this.#stream.connections.delete(this);
  }
}
