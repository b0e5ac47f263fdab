import type { ActionName, RoleName } from '#domain/permissions.ts';
import { Cell } from '../state/store.ts';
import { type Problem, ProblemError, problemOf } from './problem.ts';
import { RestClient } from './rest.ts';

/** Who is signed in, and what that user may do. */
export interface SignedIn {
  readonly userId: number;
  readonly name: string;
  readonly role: RoleName;
  /** Undefined: staff without an account. */
  readonly accountId: number | undefined;
  readonly actions: ReadonlySet<ActionName>;
  /** When this becomes somebody else's session, even of the same user. */
  readonly sessionNo: number;
}

export type SessionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'signed-out'; readonly because?: Problem | undefined }
  | { readonly kind: 'signed-in'; readonly user: SignedIn };

interface Token {
  readonly token: string;
  /** Milliseconds since the Unix epoch, by the node's clock. */
  readonly expiresMs: number;
}

interface Profile {
  readonly user: {
    readonly userId: number;
    readonly name: string;
    readonly role: RoleName;
    readonly accountId?: number;
  };
  readonly actions: readonly ActionName[];
}

/** Where the token is kept: it ends with the tab, and no other tab has it. */
const STORAGE_KEY = 'hive.token';
/** A token is renewed after this part of its life, and tried again this often where that fails. */
const RENEW_AFTER = 0.7;
const RENEW_MS_MIN = 2_000;

/** Who uses the console: signs in and out, and renews the bearer token while the console is open. */
export class Session {
  declare readonly state: Cell<SessionState>;
  declare readonly rest: RestClient;
  /** Told when there is a token, another one, or none. */
  declare onToken: () => void;
  declare private current: Token | undefined;
  declare private timer: ReturnType<typeof setTimeout> | undefined;
  declare private sessionNo: number;

  constructor() {
    this.state = new Cell<SessionState>({ kind: 'starting' });
    this.rest = new RestClient(
      () => this.current?.token,
      (problem, token) => this.#onRefused(problem, token),
    );
    this.onToken = () => {};
    this.current = undefined;
    this.timer = undefined;
    this.sessionNo = 0;
  }

  get token(): string | undefined {
    return this.current?.token;
  }

  /** Takes up the session that this tab had before it was loaded anew. */
  async start(): Promise<void> {
    const kept = readKept();
    if (kept === undefined) {
      this.state.set({ kind: 'signed-out' });
      return;
    }
    this.current = kept;
    try {
      await this.#enter(kept);
      // How much of its life is left only the node's clock knows.
      await this.#renew();
    } catch (error) {
      const problem = problemOf(error);
      if (problem.retry) setTimeout(() => void this.start(), RENEW_MS_MIN);
      else this.signOut(problem);
    }
  }

  /** @throws ProblemError, also `password-change-required` */
  async signIn(name: string, password: string): Promise<void> {
    this.#forget();
    await this.#enter(await this.rest.post<Token>('/login', { name, password }));
  }

  /** Sets another password, also in place of one that is good for nothing else. @throws ProblemError */
  async changePassword(name: string, password: string, newPassword: string, reason: string): Promise<void> {
    await this.rest.put('/password', { name, password, newPassword, reason });
  }

  /** Forgets the token. @param because what ended it, if it was not the user */
  signOut(because?: Problem): void {
    this.#forget();
    this.state.set({ kind: 'signed-out', because });
    this.onToken();
  }

  /** Whether the user may do something; nobody may do anything. */
  may(action: ActionName): boolean {
    const state = this.state.get();
    return state.kind === 'signed-in' && state.user.actions.has(action);
  }

  async #enter(token: Token): Promise<void> {
    this.current = token;
    const { user, actions } = await this.rest.get<Profile>('/profile');
    this.#keep(token);
    this.state.set({
      kind: 'signed-in',
      user: {
        userId: user.userId,
        name: user.name,
        role: user.role,
        accountId: user.accountId,
        actions: new Set(actions),
        sessionNo: ++this.sessionNo,
      },
    });
  }

  #keep(token: Token): void {
    this.current = token;
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(token));
    clearTimeout(this.timer);
    const waitMs = Math.max(RENEW_MS_MIN, lifeMsOf(token) * RENEW_AFTER);
    this.timer = setTimeout(() => void this.#renew(), waitMs);
    this.onToken();
  }

  async #renew(): Promise<void> {
    const before = this.current;
    if (before === undefined) return;
    try {
      const token = await this.rest.post<Token>('/token');
      // Signed out, or signed in as somebody else meanwhile.
      if (this.current !== before) return;
      // The login itself ends: nothing renews it.
      if (token.expiresMs <= before.expiresMs) return;
      this.#keep(token);
    } catch (error) {
      if (this.current !== before) return;
      if (error instanceof ProblemError && !error.problem.retry) return;
      this.timer = setTimeout(() => void this.#renew(), RENEW_MS_MIN);
    }
  }

  #onRefused(problem: Problem, token: string): void {
    // An older token, or a wrong password.
    if (token !== this.current?.token) return;
    this.signOut(problem);
  }

  #forget(): void {
    clearTimeout(this.timer);
    this.current = undefined;
    sessionStorage.removeItem(STORAGE_KEY);
  }
}

/** How long a fresh token is good, by its own claims: the clock of this machine may be wrong. */
function lifeMsOf({ token }: Token): number {
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return (claims.exp - claims.iat) * 1_000;
  } catch {
    return 0;
  }
}

function readKept(): Token | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? 'null') as Token | null;
    return typeof kept?.token === 'string' && typeof kept.expiresMs === 'number' ? kept : undefined;
  } catch {
    return undefined;
  }
}
