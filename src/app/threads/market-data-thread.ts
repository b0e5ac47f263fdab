import { randomInt } from 'node:crypto';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { FollowingSink } from '#domain/ports.ts';
import { UserDirectory } from '#gateways/identity/user-directory.ts';
import { ItchServer } from '#gateways/itch/itch-server.ts';
import type { ItchSource } from '#gateways/itch/itch-source.ts';
import { TlsFiles } from '#gateways/listener/tls-files.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { glimpseSource, liveSource } from '#projections/market-data/feed-sources.ts';
import { MarketDataFeed } from '#projections/market-data/market-data-feed.ts';
import { ArchiveOrders } from './archive-orders.ts';
import type { MarketDataThreadData, ReadyMessage, ToThread } from './messages.ts';
import { Haste, RingFollower, RingSlot } from './ring-follower.ts';
import { sayFigures } from './thread-figures.ts';
import { threadLog } from './thread-log.ts';
import { startWorkerVitals } from './thread-vitals.ts';

/** The market-data thread: events from the ring, ITCH to clients. A new image begins a new session of the feed. */
class MarketDataThread implements FollowingSink {
  declare private readonly data: MarketDataThreadData;
  declare private readonly follower: RingFollower;
  declare private readonly feed: MarketDataFeed;
  declare private readonly users: UserDirectory;
  declare private servers: readonly ItchServer[];
  declare private hasImage: boolean;

  constructor(data: MarketDataThreadData) {
    this.data = data;
    const { board, ring, peer, directory } = data;
    this.users = new UserDirectory();
    this.servers = [];
    this.hasImage = false;
    this.feed = new MarketDataFeed({
      directory,
      orders: new ArchiveOrders(peer, directory),
      nextSession: randomName,
      log: (line) => threadLog.warn({}, line),
    });
    this.follower = new RingFollower({
      board,
      ring,
      slot: RingSlot.marketData,
      peer,
      sinks: [this],
      what: 'market data',
      haste: () => (this.servers.some(({ clients }) => clients > 0) ? Haste.Soon : Haste.None),
      work: this.feed,
    });
  }

  async run(): Promise<void> {
    parentPort?.on('message', ({ kind }: ToThread) => {
      if (kind === 'close') this.follower.close();
    });
    const { host, port, snapshotPort, tls, connectionsPerAddressMax } = this.data;
    const options = {
      host,
      allowAnonymous: true,
      credentials: (name: string) => this.users.loginCredentials(name),
      limits: { perAddressMax: connectionsPerAddressMax },
    };
    // Each listener looks after its own: one that has read new files does not hide them from the other.
    const tlsFiles = () => (tls === undefined ? {} : { tls: new TlsFiles(tls) });
    const live = new ItchServer(
      this.#source(liveSource(this.feed)),
      { ...options, ...tlsFiles(), name: 'itch', port },
      threadLog,
    );
    const glimpse = new ItchServer(
      this.#source(glimpseSource(this.feed)),
      { ...options, ...tlsFiles(), name: 'glimpse', port: snapshotPort },
      threadLog,
    );
    this.servers = [live, glimpse];
    const ports = { itch: (await live.listen()).port, glimpse: (await glimpse.listen()).port };
    parentPort?.postMessage({ kind: 'ready', ports } satisfies ReadyMessage);
    const timer = setInterval(() => this.#sayFigures(), 1_000);
    await this.follower.run();
    clearInterval(timer);
    this.feed.close();
    await Promise.all([live.close('the node stops'), glimpse.close('the node stops')]);
    parentPort?.close();
  }

  onEvents(words: WordBuffer, from: number, to: number): void {
    // Nobody's reports are sent here: they are not counted.
    for (let at = from; at < to; at += words.i32[at] >>> 16) this.users.take(words, at);
    this.feed.onEvents(words, from, to);
  }

  onRestart(): void {
    this.users.onRestart();
    this.hasImage = false;
    this.feed.restart();
  }

  onImage(): void {
    this.users.onImage();
    this.hasImage = true;
  }

  /** Nobody gets a feed that has not begun with an image. */
  #source(source: ItchSource): ItchSource {
    return {
      open: () => (this.hasImage ? source.open() : 'the feed is starting: log in again'),
      subscribe: (listener) => source.subscribe(listener),
    };
  }

  #sayFigures(): void {
    const sum = (of: (server: ItchServer) => number) =>
      this.servers.reduce((total, server) => total + of(server), 0);
    sayFigures({
      marketDataClients: sum(({ clients }) => clients),
      marketDataAuthFailures: sum(({ refusals }) => refusals.failures),
      marketDataRateLimited: sum(({ refusals }) => refusals.limited),
      marketDataLagWords: this.follower.lagWords,
      marketDataOverruns: this.follower.overruns,
      marketDataFailed: this.feed.failure === undefined ? 0 : 1,
    });
  }
}

/** Of other nodes, and of data directories that were lost, nothing is known here: only chance gives a name that none of them has given. */
function randomName(): string {
  return randomInt(2 ** 48 - 1)
    .toString(36)
    .toUpperCase();
}

if (!isMainThread) {
  startWorkerVitals();
  await new MarketDataThread(workerData as MarketDataThreadData).run();
}
