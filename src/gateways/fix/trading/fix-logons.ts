import { AccessRefusal } from '../../identity/access-refusal.ts';
import type { DirectoryUser, UserDirectory } from '../../identity/user-directory.ts';
import type {
  FixAuthenticator,
  FixLogonAnswer,
  FixLogonRequest,
  FixSessionProfile,
} from '../session/profile.ts';
import type { FixSchedule } from '../session/schedule.ts';
import type { TradingProfile } from './services.ts';

/** Sessions of one user that the configuration does not name: each has a store on the disk. */
const SESSIONS_PER_USER_MAX = 16;
/** Users that one drop copy session may follow. */
export const COPY_USERS_MAX = 256;
const SUB_ID = /^[A-Za-z0-9._-]{0,32}$/;
/** A session's id: BeginString, SenderCompID, and SenderSubID where it has one. The second may have hyphens too. */
const OWN_SESSION = /^FIXT?\.\d\.\d-([^+]*)/;

/** A session that the configuration names. */
export interface ConfiguredSession {
  /** SenderCompID and SenderSubID of the counterparty; the latter may be empty. */
  readonly compId: string;
  readonly subId: string;
  /** Name of the user that it belongs to. */
  readonly user: string;
  /** Whether the Logon must bring the user's name and password. */
  readonly needsPassword: boolean;
  readonly cancelOnDisconnect: boolean;
  readonly schedule: FixSchedule | undefined;
  readonly resetOnLogon: boolean;
  readonly resetOnLogout: boolean;
  readonly resetOnDisconnect: boolean;
  /** Drop copy: names of users, and accounts, whose reports it gets; both undefined: none. */
  readonly copyUsers: readonly string[] | undefined;
  readonly copyAccounts: readonly number[] | undefined;
}

export interface FixLogonSettings {
  /** The venue's CompID. */
  readonly compId: string;
  /** Of sessions that the configuration does not name. */
  readonly cancelOnDisconnect: boolean;
  readonly sessions: readonly ConfiguredSession[];
}

export interface FixLogonsOptions extends FixLogonSettings {
  readonly directory: UserDirectory;
  /** Checks a name and password. */
  openSession(
    name: string,
    password: string,
    address: string | undefined,
  ): Promise<DirectoryUser | AccessRefusal>;
  /** Ids of the sessions that have a store. */
  storedSessions(): Promise<readonly string[]>;
}

/**
 * Who may log on over FIX: the sessions of the configuration, and every user by name and password as a session that is called as
 * the user is, with any SenderSubID.
 */
export class FixLogons implements FixAuthenticator {
  declare private readonly options: FixLogonsOptions;
  declare private readonly configured: ReadonlyMap<string, ConfiguredSession>;
  /** Ids of sessions of users that were accepted: a store takes its time to be there. */
  declare private readonly granted: Set<string>;

  constructor(options: FixLogonsOptions) {
    this.options = options;
    this.configured = new Map(
      options.sessions.map((session) => [`${session.compId}+${session.subId}`, session]),
    );
    this.granted = new Set();
  }

  async authenticate(request: FixLogonRequest): Promise<FixLogonAnswer> {
    const { compId, directory } = this.options;
    if (request.targetCompId !== compId) return refused(`TargetCompID is not ${compId}`);
    if (!directory.isReady) return refused('the node does not know its users yet');
    const session = this.configured.get(`${request.senderCompId}+${request.senderSubId}`);
    return session === undefined ? this.#byUser(request) : this.#bySession(request, session);
  }

  refusal({ userId }: FixSessionProfile): string {
    const user = this.options.directory.user(userId);
    return mayLogOn(user) ? '' : `Logon refused: ${mayNotLogOn(user?.name ?? String(userId))}`;
  }

  async #bySession(request: FixLogonRequest, session: ConfiguredSession): Promise<FixLogonAnswer> {
    const { directory } = this.options;
    const user = session.needsPassword ? await this.#proven(request) : directory.userByName(session.user);
    if (typeof user === 'string') return refused(user);
    if (user === undefined) return refused(`there is no user ${session.user}`);
    if (user.name.toUpperCase() !== session.user.toUpperCase()) {
      return refused(`the session belongs to ${session.user}, not ${user.name}`);
    }
    if (!mayLogOn(user)) return refused(mayNotLogOn(user.name));
    const copyOf = this.#copyOf(session);
    if (copyOf !== undefined && copyOf.length > COPY_USERS_MAX) {
      return refused(`a drop copy session follows at most ${COPY_USERS_MAX} users, not ${copyOf.length}`);
    }
    const { cancelOnDisconnect, schedule, resetOnLogon, resetOnLogout, resetOnDisconnect } = session;
    return accepted({
      id: sessionId(request),
      userId: user.userId,
      cancelOnDisconnect,
      copyOf,
      resetOnLogon,
      resetOnLogout,
      resetOnDisconnect,
      ...(schedule === undefined ? {} : { schedule }),
    });
  }

  async #byUser(request: FixLogonRequest): Promise<FixLogonAnswer> {
    const { senderCompId, senderSubId, username } = request;
    if (username === '') return refused('unknown session, and no Username');
    if (senderCompId.toUpperCase() !== username.toUpperCase()) {
      return refused(`unknown session: SenderCompID ${senderCompId} is not the Username`);
    }
    if (!SUB_ID.test(senderSubId))
      return refused('SenderSubID must be at most 32 of A-Z, a-z, 0-9 and . _ -');
    const user = await this.#proven(request);
    if (typeof user === 'string') return refused(user);
    // It has terms of its own under its own name.
    const called = this.#configuredName(user.name, senderSubId);
    if (called !== undefined) return refused(`the session is called ${called}, not ${senderCompId}`);
    const id = sessionId({ ...request, senderCompId: user.name });
    const known = new Set(await this.options.storedSessions()).union(this.granted);
    const own = [...known].filter((other) => OWN_SESSION.exec(other)?.[1] === user.name);
    if (!known.has(id) && own.length >= SESSIONS_PER_USER_MAX) {
      return refused(`user ${user.name} has ${own.length} sessions already`);
    }
    this.granted.add(id);
    const { cancelOnDisconnect } = this.options;
    return accepted({ id, userId: user.userId, cancelOnDisconnect, copyOf: undefined });
  }

  /** The SenderCompID of the configuration that is the user's name, in whatever letters; undefined: there is none. */
  #configuredName(userName: string, senderSubId: string): string | undefined {
    const isCalled = ({ compId, subId }: ConfiguredSession): boolean =>
      subId === senderSubId && compId.toUpperCase() === userName.toUpperCase();
    return this.options.sessions.find(isCalled)?.compId;
  }

  /** The user whose name and password the Logon brings, or why not. */
  async #proven({ username, password, remote }: FixLogonRequest): Promise<DirectoryUser | string> {
    const user = await this.options.openSession(username, password, remote);
    return user instanceof AccessRefusal ? user.code : user;
  }

  /** The users that a drop copy session follows, as they are now; undefined: it is none. */
  #copyOf({ copyUsers, copyAccounts }: ConfiguredSession): readonly number[] | undefined {
    if (copyUsers === undefined && copyAccounts === undefined) return undefined;
    const { directory } = this.options;
    const users = new Set<number>();
    for (const name of copyUsers ?? []) {
      const user = directory.userByName(name);
      if (user !== undefined) users.add(user.userId);
    }
    for (const { userId, accountId } of directory.users()) {
      if (copyAccounts?.includes(accountId)) users.add(userId);
    }
    return [...users];
  }
}

/** Whether a user may have sessions: those of others end. */
export function mayLogOn(user: DirectoryUser | undefined): boolean {
  return user?.isEnabled === true && !user.mustChangePassword;
}

function mayNotLogOn(name: string): string {
  return `user ${name} is disabled, or has to change the password`;
}

/** Names a session: one store, and one connection at a time. */
function sessionId({ beginString, senderCompId, senderSubId }: FixLogonRequest): string {
  return `${beginString}-${senderCompId}${senderSubId === '' ? '' : `+${senderSubId}`}`;
}

function accepted(profile: TradingProfile): FixLogonAnswer {
  return { accepted: true, profile };
}

function refused(reason: string): FixLogonAnswer {
  return { accepted: false, reason };
}
