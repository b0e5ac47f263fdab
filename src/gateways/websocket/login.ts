import { secondText } from '#codec/json/schemas.ts';
import { Door } from '#domain/commands.ts';
import { Action, roleName } from '#domain/permissions.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { authorise, type Principal } from '../identity/principal.ts';
import type { DeskUser } from '../orders/desk-user.ts';
import { invalidField, Problem } from '../rest/problems.ts';
import { problemOfAccess } from './access-problem.ts';
import type { Credential } from './credential.ts';
import type { WebSocketLimits } from './limits.ts';
import type { ResultOf } from './protocol.ts';
import type { WebSocketSources } from './services.ts';
import type { UserConnections } from './user-connections.ts';

const MS_PER_SECOND = 1_000;

/** A user with its rights as they are now. */
export interface LoggedIn {
  readonly principal: Principal;
  readonly user: DeskUser;
}

/** How a login stands. */
export type LoginState = 'good' | 'expiring' | 'over';

/** Who a connection belongs to: nobody, until the client proves itself; then one user, as long as the proof is renewed. */
export class Login {
  declare private readonly sources: WebSocketSources;
  declare private readonly users: UserConnections;
  declare private readonly limits: WebSocketLimits;
  declare private readonly onEnded: (reason: string | undefined) => void;
  /** 0: nobody's. */
  declare private userId: number;
  declare private credential: Credential | undefined;
  /** Ends that the desk keeps the user loaded. */
  declare private release: () => void;
  /** Of the session in the log. */
  declare private sessionId: number;
  declare private cancelOnDisconnect: boolean;
  declare private isWarned: boolean;
  declare private isClosed: boolean;
  /** An `authenticate` is under way. */
  declare isBusy: boolean;

  /** @param onEnded called when the venue has ended the session: with the reason by staff, without by another node */
  constructor(
    sources: WebSocketSources,
    users: UserConnections,
    limits: WebSocketLimits,
    onEnded: (reason: string | undefined) => void,
  ) {
    this.sources = sources;
    this.users = users;
    this.limits = limits;
    this.onEnded = onEnded;
    this.userId = 0;
    this.credential = undefined;
    this.release = () => {};
    this.sessionId = 0;
    this.cancelOnDisconnect = false;
    this.isWarned = false;
    this.isClosed = false;
    this.isBusy = false;
  }

  /** What lines of the log say of who it is; empty: nobody. */
  get trace(): { readonly userId?: number; readonly sessionId?: number } {
    const { userId, sessionId } = this;
    return userId === 0 ? {} : { userId, sessionId };
  }

  get isMember(): boolean {
    return this.userId !== 0;
  }

  /** Who it was when it was looked at last; undefined: nobody. */
  get principal(): Principal | undefined {
    return this.credential?.principal;
  }

  /** When the proof ends: `2026-01-02T03:04:05Z`. */
  get expiresText(): string {
    return secondText(Math.floor((this.credential?.expiresMs ?? 0) / MS_PER_SECOND));
  }

  /** The user, looked at anew. @throws Problem, UserUnavailableError */
  async who(): Promise<LoggedIn> {
    const { credential, sources } = this;
    if (credential === undefined) throw problemOfAccess(new AccessRefusal('NOT_AUTHENTICATED'));
    const principal = await credential.prove(sources.access);
    if (principal instanceof AccessRefusal) throw problemOfAccess(principal);
    return { principal, user: await sources.desk.open(this.userId) };
  }

  /**
   * @param prove called where no other proof is looked at
   * @throws Problem, UserUnavailableError
   */
  async authenticate(
    prove: () => Promise<Credential>,
    cancelOnDisconnect = false,
  ): Promise<ResultOf<'auth'>> {
    if (this.isBusy) throw new Problem('busy', 'another auth of this connection waits for its answer');
    this.isBusy = true;
    try {
      return await this.#authenticate(await prove(), cancelOnDisconnect);
    } finally {
      this.isBusy = false;
    }
  }

  async #authenticate(credential: Credential, cancelOnDisconnect: boolean): Promise<ResultOf<'auth'>> {
    const { desk } = this.sources;
    const { principal } = credential;
    const refusal = authorise(principal, Action.LogIn);
    if (refusal !== undefined) throw problemOfAccess(refusal);
    const user = await desk.open(principal.userId);
    if (this.isClosed) throw new Problem('closing', 'the connection has ended');
    if (!this.isMember) this.#begin(principal.userId, cancelOnDisconnect);
    else if (this.userId !== principal.userId)
      throw new Problem('other-user', 'a connection is one user: open another one');
    else if (this.cancelOnDisconnect !== cancelOnDisconnect)
      throw invalidField('cancelOnDisconnect', 'must be as it was: connect anew to change it');
    this.credential = credential;
    this.isWarned = false;
    return this.#result(principal, user.reportCount);
  }

  /** @throws Problem */
  #begin(userId: number, cancelOnDisconnect: boolean): void {
    const { users, sources } = this;
    if (!users.enter(userId))
      throw new Problem('too-many-connections', `a user may have ${users.max}: close one`);
    const sessionId = sources.sessions.open(userId, Door.WebSocket, cancelOnDisconnect, this.onEnded);
    if (sessionId === 0) {
      users.leave(userId);
      throw new Problem('busy', 'the venue takes no commands now: authenticate again');
    }
    this.userId = userId;
    this.release = sources.desk.hold(userId);
    this.sessionId = sessionId;
    this.cancelOnDisconnect = cancelOnDisconnect;
  }

  #result({ userId, name, role, accountId }: Principal, reportCount: number): ResultOf<'auth'> {
    return {
      userId,
      name,
      role: roleName(role) ?? '',
      ...(accountId === 0 ? {} : { accountId }),
      expiresTime: this.expiresText,
      reportCount,
    };
  }

  /** Looks at the proof again; `expiring` is said once. */
  async check(): Promise<LoginState> {
    const { credential } = this;
    if (credential === undefined) return 'good';
    const principal = await credential.prove(this.sources.access);
    // Renewed meanwhile, or gone.
    if (this.credential !== credential || this.isClosed) return 'good';
    // A node that begins anew knows nobody for a moment.
    if (principal instanceof AccessRefusal && principal.code !== 'NOT_READY') return 'over';
    const leftMs = credential.expiresMs - this.sources.wallMs();
    if (this.isWarned || leftMs > this.limits.EXPIRY_WARNING_MS) return 'good';
    this.isWarned = true;
    return 'expiring';
  }

  /** The connection has ended. */
  close(): void {
    this.isClosed = true;
    if (!this.isMember) return;
    this.sources.sessions.close(this.sessionId);
    this.users.leave(this.userId);
    this.release();
  }
}
