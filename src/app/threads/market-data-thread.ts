import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { EventType, UserAdded, UserEnabledSet, UserPasswordSet } from '#domain/events.ts';
import type { EventSink, FollowingSink } from '#domain/ports.ts';
import { ItchServer } from '#gateways/itch/itch-server.ts';
import type { ItchSource } from '#gateways/itch/itch-source.ts';
import { type Credentials, PASSWORD_HASH_BYTES, SALT_BYTES } from '#gateways/soupbin/password.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { glimpseSource, liveSource } from '#projections/market-data/feed-sources.ts';
import { MarketDataFeed } from '#projections/market-data/market-data-feed.ts';
import type { FigureMessage, MarketDataThreadData, ReadyMessage, ToThread } from './messages.ts';
import { RingFollower, RingSlot } from './ring-follower.ts';
import { threadLog } from './thread-log.ts';

/** The market-data thread: events from the ring, ITCH to clients. A new image begins a new session of the feed. */
class MarketDataThread implements FollowingSink {
  declare private readonly data: MarketDataThreadData;
  declare private readonly follower: RingFollower;
  declare private readonly feed: MarketDataFeed;
  declare private readonly users: UserDirectory;
  declare private hasImage: boolean;
  declare private sessions: number;

  constructor(data: MarketDataThreadData) {
    this.data = data;
    const { board, ring, peer } = data;
    this.follower = new RingFollower({
      board,
      ring,
      slot: RingSlot.marketData,
      peer,
      sinks: [this],
      what: 'market data',
      isInHaste: () => false,
    });
    this.users = new UserDirectory();
    this.hasImage = false;
    this.sessions = 0;
    this.feed = new MarketDataFeed({
      directory: data.directory,
      nextSession: () => `${data.epoch.toString(36)}S${(++this.sessions).toString(36)}`.toUpperCase(),
      log: (line) => threadLog.warn({}, line),
    });
  }

  async run(): Promise<void> {
    parentPort?.on('message', ({ kind }: ToThread) => {
      if (kind === 'close') this.follower.close();
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
    const ports = { itch: (await live.listen()).port, glimpse: (await glimpse.listen()).port };
    parentPort?.postMessage({ kind: 'ready', ports } satisfies ReadyMessage);
    const timer = setInterval(() => this.#postFigures(live.clients + glimpse.clients), 1_000);
    await this.follower.run();
    clearInterval(timer);
    this.feed.close();
    await Promise.all([live.close('the node stops'), glimpse.close('the node stops')]);
    parentPort?.close();
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    this.users.onEvents(words, from, to);
    this.feed.onEvents(words, from, to);
  }

  onRestart(): void {
    this.hasImage = false;
    this.feed.restart();
  }

  onImage(): void {
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
      marketDataLagWords: this.follower.lagWords,
      marketDataOverruns: this.follower.overruns,
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
