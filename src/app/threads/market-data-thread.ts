import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { EventType, UserAdded, UserEnabledSet, UserPasswordSet } from '#domain/events.ts';
import type { EventSink } from '#domain/ports.ts';
import { ItchServer } from '#gateways/itch/itch-server.ts';
import type { ItchSource } from '#gateways/itch/itch-source.ts';
import { type Credentials, PASSWORD_HASH_BYTES, SALT_BYTES } from '#gateways/soupbin/password.ts';
import { RingReader } from '#lib/broadcast-ring.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { glimpseSource, liveSource } from '#projections/market-data/feed-sources.ts';
import { MarketDataFeed } from '#projections/market-data/market-data-feed.ts';
import { StatusBoard } from '#replica/status-board.ts';
import type {
  FigureMessage,
  ImageAnswer,
  ImageRequest,
  MarketDataThreadData,
  ReadyMessage,
  ToThread,
} from './messages.ts';
import { threadLog } from './thread-log.ts';

const SLEEP_MS = 5;

/**
 * The market-data thread: events from the ring, ITCH to clients. When it falls further behind than the ring is
 * long, or at its start, it takes the standing state from the archive thread and goes on from there.
 */
class MarketDataThread {
  declare private readonly data: MarketDataThreadData;
  declare private readonly board: StatusBoard;
  declare private readonly ring: RingReader;
  declare private readonly copy: WordBuffer;
  declare private readonly feed: MarketDataFeed;
  declare private readonly users: UserDirectory;
  /** Called with the image, or with undefined when the node stops. */
  declare private onImage: ((answer: ImageAnswer | undefined) => void) | undefined;
  declare private hasImage: boolean;
  /** Sequence after which the image stood. */
  declare private imageSequence: number;
  declare private overruns: number;
  declare private closing: boolean;
  declare private sessions: number;

  constructor(data: MarketDataThreadData) {
    this.data = data;
    this.board = new StatusBoard(data.board);
    this.ring = new RingReader(data.ring);
    this.copy = WordBuffer.allocate(this.ring.capacityWords);
    this.users = new UserDirectory();
    this.onImage = undefined;
    this.overruns = 0;
    this.closing = false;
    this.hasImage = false;
    this.imageSequence = 0;
    this.sessions = 0;
    this.feed = new MarketDataFeed({
      directory: data.directory,
      nextSession: () => `${data.epoch.toString(36)}S${(++this.sessions).toString(36)}`.toUpperCase(),
      log: (line) => threadLog.warn({}, line),
    });
  }

  async run(): Promise<void> {
    const { peer } = this.data;
    parentPort?.on('message', ({ kind }: ToThread) => {
      if (kind !== 'close') return;
      this.closing = true;
      this.onImage?.(undefined);
    });
    peer.on('message', (answer: ImageAnswer) => this.onImage?.(answer));
    peer.on('close', () => {
      if (this.closing) return;
      threadLog.error({}, 'the archive thread is gone: market data cannot begin anew. Restart the node');
      this.onImage?.(undefined);
    });
    const { host, port, snapshotPort } = this.data;
    const options = { host, allowAnonymous: true, credentials: (name: string) => this.users.get(name) };
    const live = new ItchServer(
      this.#source(liveSource(this.feed)),
      { ...options, name: 'itch', port },
      threadLog,
    );
    const glimpse = new ItchServer(
      this.#source(glimpseSource(this.feed)),
      { ...options, name: 'glimpse', port: snapshotPort },
      threadLog,
    );
    const ports = [(await live.listen()).port, (await glimpse.listen()).port];
    parentPort?.postMessage({ kind: 'ready', port: ports[0], snapshotPort: ports[1] } satisfies ReadyMessage);
    await this.#takeImage();
    const timer = setInterval(() => this.#postFigures(live.clients + glimpse.clients), 1_000);
    while (!this.closing) {
      const words = this.ring.read(this.copy.i32);
      if (words === -1) await this.#onOverrun();
      else if (words === 0) await this.ring.sleep(SLEEP_MS);
      else this.#publish(words);
      if (words > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    clearInterval(timer);
    this.feed.close();
    await Promise.all([live.close('the node stops'), glimpse.close('the node stops')]);
    peer.close();
    parentPort?.close();
  }

  /** Publishes what was read from the ring, without what the image already says. */
  #publish(words: number): void {
    const { i32, f64 } = this.copy;
    let from = 0;
    while (from < words && f64[(from + 2) >> 1] <= this.imageSequence) from += i32[from] >>> 16;
    if (from === words) return;
    this.users.onEvents(this.copy, from, words);
    this.feed.onEvents(this.copy, from, words);
  }

  async #onOverrun(): Promise<void> {
    this.overruns++;
    threadLog.warn(
      { overruns: this.overruns },
      'market data fell behind the event ring: a new session begins',
    );
    this.hasImage = false;
    this.feed.restart();
    await this.#takeImage();
  }

  /** Starts the feed from the archive's state. */
  async #takeImage(): Promise<void> {
    // The entry of the newest piece that the ring reader has passed may not be on the board yet.
    const durable = this.board.durableSequence;
    const sequence = durable + Math.max(0, (this.ring.mark - durable) | 0);
    if (this.closing) return;
    const answer = await new Promise<ImageAnswer | undefined>((resolve) => {
      this.onImage = resolve;
      this.data.peer.postMessage({ kind: 'image', sequence } satisfies ImageRequest);
    });
    if (answer === undefined) return;
    for (const batch of answer.batches) {
      const words = new WordBuffer(batch);
      this.users.onEvents(words, 0, words.words);
      this.feed.onEvents(words, 0, words.words);
    }
    this.imageSequence = answer.sequence;
    this.hasImage = true;
  }

  /** Nobody gets a feed that has not begun with an image. */
  #source(source: ItchSource): ItchSource {
    return {
      open: () => (this.hasImage ? source.open() : 'the feed is starting: log in again'),
      subscribe: (listener) => source.subscribe(listener),
    };
  }

  #postFigures(clients: number): void {
    const figures = {
      marketDataClients: clients,
      marketDataLagWords: this.ring.lagWords,
      marketDataOverruns: this.overruns,
      marketDataFailed: this.feed.failure === undefined ? 0 : 1,
    };
    parentPort?.postMessage({ kind: 'figures', figures } satisfies FigureMessage);
  }
}

interface User {
  credentials: Credentials;
  isEnabled: boolean;
  mustChangePassword: boolean;
}

/** Who may log in with a name. */
class UserDirectory implements EventSink {
  declare private readonly byId: Map<number, User>;
  /** By upper-case name. */
  declare private readonly byName: Map<string, User>;

  constructor() {
    this.byId = new Map();
    this.byName = new Map();
  }

  get(name: string): Credentials | undefined {
    const user = this.byName.get(name);
    return user?.isEnabled && !user.mustChangePassword ? user.credentials : undefined;
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    const { i32 } = words;
    for (let at = from; at < to; at += i32[at] >>> 16) {
      switch (i32[at] & 255) {
        case EventType.UserAdded:
          this.#add(words, at);
          break;
        case EventType.UserPasswordSet: {
          const user = this.byId.get(i32[at + UserPasswordSet.at.targetUserId]);
          if (user === undefined) break;
          user.credentials = credentialsAt(words, at, UserPasswordSet.at);
          user.mustChangePassword = (i32[at + UserPasswordSet.at.mustChangePassword] & 255) === 1;
          break;
        }
        case EventType.UserEnabledSet: {
          const user = this.byId.get(i32[at + UserEnabledSet.at.targetUserId]);
          if (user !== undefined) user.isEnabled = (i32[at + UserEnabledSet.at.enabled] & 255) === 1;
        }
      }
    }
  }

  #add(words: WordBuffer, at: number): void {
    const standing = words.i32[at + UserAdded.at.role];
    const name = Buffer.from(bytesAt(words, at + UserAdded.at.name, NAME_BYTES)).toString('latin1');
    const user = {
      credentials: credentialsAt(words, at, UserAdded.at),
      isEnabled: ((standing >> 8) & 255) === 1,
      mustChangePassword: ((standing >> 16) & 255) === 1,
    };
    this.byId.set(words.i32[at + UserAdded.at.newUserId], user);
    this.byName.set(name.replace(/\0+$/, '').toUpperCase(), user);
  }
}

const NAME_BYTES = 24;

function credentialsAt(
  words: WordBuffer,
  at: number,
  field: { readonly salt: number; readonly passwordHash: number },
): Credentials {
  return {
    salt: bytesAt(words, at + field.salt, SALT_BYTES),
    passwordHash: bytesAt(words, at + field.passwordHash, PASSWORD_HASH_BYTES),
  };
}

function bytesAt({ u8 }: WordBuffer, word: number, length: number): Uint8Array {
  return u8.slice(word * 4, word * 4 + length);
}

if (!isMainThread) await new MarketDataThread(workerData as MarketDataThreadData).run();
