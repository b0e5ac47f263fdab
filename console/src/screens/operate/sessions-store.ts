import type { ApiSocket, ChannelMessage } from '../../api/socket.ts';
import { channels } from '../../console.ts';
import { ChannelStore } from '../../state/channel-store.ts';
import type { SessionsMessage, SessionView } from './log-views.ts';

/** Sessions that are kept, the newest. */
const SESSIONS_MAX = 2_000;

export interface OpenSessions {
  /** Newest first. */
  readonly sessions: readonly SessionView[];
  /** Those that are not kept too. */
  readonly count: number;
}

/** Names a session. */
export function sessionKey({
  nodeId,
  sessionId,
}: {
  readonly nodeId: number;
  readonly sessionId: number;
}): string {
  return `${nodeId}-${sessionId}`;
}

/** The channel `sessions`: a snapshot, and what changes. */
export class SessionsStore extends ChannelStore<OpenSessions> {
  /** By key, the oldest first. */
  declare private byKey: Map<string, SessionView>;
  declare private count: number;

  constructor(socket: ApiSocket, onIdle: () => void) {
    super(socket, 'sessions', true, onIdle);
    this.byKey = new Map();
    this.count = 0;
  }

  protected override receive(message: ChannelMessage): boolean {
    const { type, count, items = [], opened = [], closed = [] } = message as SessionsMessage;
    if (type === 'snapshot') this.byKey = new Map();
    this.count = count;
    for (const session of [...items].reverse()) this.byKey.set(sessionKey(session), session);
    for (const session of closed) this.byKey.delete(sessionKey(session));
    for (const session of opened) this.byKey.set(sessionKey(session), session);
    for (const key of this.byKey.keys()) {
      if (this.byKey.size <= SESSIONS_MAX) break;
      this.byKey.delete(key);
    }
    return true;
  }

  protected override view(): OpenSessions {
    return { sessions: [...this.byKey.values()].reverse(), count: this.count };
  }
}

/** The store of the sessions: one for whoever looks. */
export function sessionsStore(): SessionsStore {
  return channels.of('sessions', (socket, onIdle) => new SessionsStore(socket, onIdle));
}
