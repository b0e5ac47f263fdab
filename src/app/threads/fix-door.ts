import { FixVersion, platformDictionary } from '#codec/fix/dictionary/versions.ts';
import { EventType } from '#domain/events.ts';
import type { ArchiveQueries, FollowingSink } from '#domain/ports.ts';
import { FixAcceptor } from '#gateways/fix/fix-acceptor.ts';
import type { FixStores } from '#gateways/fix/store/fix-store.ts';
import { FixLogons, mayLogOn } from '#gateways/fix/trading/fix-logons.ts';
import { FixTrading } from '#gateways/fix/trading/fix-trading.ts';
import { ConnectionLimits } from '#gateways/identity/connection-limits.ts';
import { Listener } from '#gateways/listener/listener.ts';
import { TlsFiles } from '#gateways/listener/tls-files.ts';
import { assert } from '#lib/assert.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EdgeDoor, EdgeServices } from './edge.ts';
import type { EdgeState } from './edge-state.ts';
import { type OpenFixStores, openFixStores } from './fix-stores.ts';
import type { EdgeThreadData, FixSettings } from './messages.ts';
import type { Figures } from './thread-figures.ts';
import { threadLog } from './thread-log.ts';

/** The FIX door of the edge: the acceptor, its listener and its stores. Gets events after the state that it shares: what that made it write leaves then. */
export class FixDoor implements EdgeDoor, FollowingSink {
  declare private readonly data: EdgeThreadData;
  declare private readonly state: EdgeState;
  /** Set by `listen`. */
  declare private opened: OpenFixStores | undefined;
  declare private readonly trading: FixTrading;
  declare private readonly acceptor: FixAcceptor;
  declare private readonly listener: Listener;
  declare private readonly limits: ConnectionLimits;
  declare private isFlushPlanned: boolean;

  constructor(
    data: EdgeThreadData,
    fix: FixSettings,
    state: EdgeState,
    archive: ArchiveQueries,
    { onClient }: Pick<EdgeServices, 'onClient'>,
  ) {
    const { connectionsPerAddressMax } = data;
    this.data = data;
    this.state = state;
    this.opened = undefined;
    this.isFlushPlanned = false;
    this.trading = new FixTrading({
      desk: state.desk,
      edgeSessions: state.sessions,
      views: state.views,
      archive,
      logger: threadLog,
      nowMs: Date.now,
      flushSoon: () => this.#flushSoon(),
    });
    state.views.subscribe(this.trading);
    this.acceptor = new FixAcceptor({
      dictionaries: Object.values(FixVersion).map(platformDictionary),
      authenticator: new FixLogons({
        ...fix,
        directory: state.directory,
        openSession: (name, password, address) => state.access.openSession(name, password, address),
        storedSessions: () => this.#stores().sessionIds(),
      }),
      application: this.trading,
      openStore: ({ id }) => this.#stores().open(id, Date.now()),
      logger: threadLog,
    });
    this.limits = new ConnectionLimits({
      connectionsMax: fix.connectionsMax,
      strangersMax: Math.ceil(fix.connectionsMax / 4),
      perAddressMax: connectionsPerAddressMax,
    });
    const { host, port, tls } = fix;
    this.listener = new Listener(
      { name: 'fix', host, port, ...(tls === undefined ? {} : { tls: new TlsFiles(tls) }) },
      this.limits,
      (socket, place) => {
        onClient();
        this.acceptor.accept(socket, socket.remoteAddress ?? '', place);
      },
      threadLog,
    );
  }

  async listen(): Promise<{ readonly fix: number }> {
    this.opened = await openFixStores(this.data);
    const { port } = await this.listener.listen();
    return { fix: port };
  }

  suspend(reason: string | undefined): void {
    this.acceptor.suspend(reason);
  }

  async close(reason: string): Promise<void> {
    const closed = this.listener.close();
    await this.acceptor.close(reason);
    await closed;
    await this.opened?.close();
    this.state.sessions.stop();
  }

  get connections(): number {
    return this.limits.connections;
  }

  figures(): Figures {
    return { fixConnections: this.connections, fixSessions: this.trading.sessionCount };
  }

  onEvents({ i32 }: WordBuffer, from: number, to: number): void {
    for (let at = from; at < to; at += i32[at] >>> 16) {
      const type = i32[at] & 0xff;
      if (type === EventType.UserEnabledSet || type === EventType.UserPasswordSet) this.#endSessions();
    }
    this.acceptor.flush();
  }

  onRestart(): void {}

  onImage(): void {
    this.acceptor.flush();
  }

  #stores(): FixStores {
    assert(this.opened !== undefined, 'Condition: nobody logs on before the door listens');
    return this.opened.stores;
  }

  #endSessions(): void {
    const { directory } = this.state;
    this.trading.logOut('the user may not log on any more', (userId) => !mayLogOn(directory.user(userId)));
  }

  /** Stores and writes what was sent outside of a batch of events, once for this turn. */
  #flushSoon(): void {
    if (this.isFlushPlanned) return;
    this.isFlushPlanned = true;
    setImmediate(() => {
      this.isFlushPlanned = false;
      this.acceptor.flush();
    });
  }
}
