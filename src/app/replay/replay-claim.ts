import type { SessionFacts } from '#codec/json/session-json.ts';
import { Problem } from '#gateways/rest/problems.ts';
import { PARTICIPANTS } from './participants.ts';

/** How long the log may take to open a session. */
const OPENED_MS_MAX = 5_000;
/** No door of clients: the log says of such a session that its door is not known. */
const NO_DOOR = 0;

/** What a claim needs of the edge. */
export interface ClaimSources {
  readonly nodeId: number;
  readonly sessions: {
    open(
      userId: number,
      door: 0,
      cancelOnDisconnect: boolean,
      onEnded: (reason: string | undefined) => void,
    ): number;
    opened(sessionId: number): Promise<void>;
    close(sessionId: number): void;
  };
  /** The sessions of the venue, on all nodes, the oldest first. */
  openSessions(): Iterable<SessionFacts>;
}

/**
 * The right to replay in the venue, which one node has at a time: a session of a participant that stands in the log. The log decides between two that
 * ask at once, and the session of a node that has died ends as those of its clients do.
 */
export class ReplayClaim {
  declare private readonly sources: ClaimSources;
  /** 0: there is none. */
  declare private sessionId: number;

  constructor(sources: ClaimSources) {
    this.sources = sources;
    this.sessionId = 0;
  }

  /** @param onLost called when the venue ends the claim @throws Problem when another node has it */
  async take(onLost: (reason: string) => void): Promise<void> {
    this.release();
    this.#refuseSecond();
    const { sessions } = this.sources;
    const sessionId = sessions.open(PARTICIPANTS[0], NO_DOOR, false, (reason) => {
      this.sessionId = 0;
      onLost(reason ?? 'another node took this one for dead');
    });
    if (sessionId === 0) throw new Problem('busy', 'the venue takes no commands now: try again');
    this.sessionId = sessionId;
    try {
      await this.#opened(sessionId);
      this.#refuseSecond();
    } catch (error) {
      this.release();
      throw error;
    }
  }

  release(): void {
    if (this.sessionId !== 0) this.sources.sessions.close(this.sessionId);
    this.sessionId = 0;
  }

  async #opened(sessionId: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const problem = new Problem(
        'busy',
        'the log did not take the beginning of the replay in time: try again',
      );
      timer = setTimeout(() => reject(problem), OPENED_MS_MAX);
    });
    try {
      await Promise.race([this.sources.sessions.opened(sessionId), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whoever stands first in the log has it. @throws Problem */
  #refuseSecond(): void {
    for (const { userId, nodeId, sessionId } of this.sources.openSessions()) {
      if (userId !== PARTICIPANTS[0]) continue;
      if (nodeId === this.sources.nodeId) {
        if (sessionId === this.sessionId) return;
        // Given back, and the log has not closed it yet.
        continue;
      }
      throw new Problem(
        'replay-running',
        `node ${nodeId} replays in this venue: stop it there first (if that node has died, the other nodes end its sessions in a while)`,
      );
    }
  }
}
