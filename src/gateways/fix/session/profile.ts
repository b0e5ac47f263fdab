import type { FixSchedule } from './schedule.ts';

/** Who a counterparty is, as its Logon says: Sender is the counterparty, Target is us. */
export interface FixIdentity {
  readonly beginString: string;
  readonly senderCompId: string;
  /** Empty: none. */
  readonly senderSubId: string;
  readonly targetCompId: string;
  /** Empty: none. */
  readonly targetSubId: string;
}

/** Who wants to log on, and with what. It is not kept once it is answered. */
export interface FixLogonRequest extends FixIdentity {
  /** Empty: none. FIX 4.2 has neither field. */
  readonly username: string;
  readonly password: string;
  /** Address of the peer, for logs and limits. */
  readonly remote: string;
}

/** What the platform knows of a session that may log on. */
export interface FixSessionProfile {
  /** Names the session: one connection at a time, and one store. Several may belong to one user. */
  readonly id: string;
  readonly userId: number;
  /** Absent: always, and the numbers go on until one side resets them. */
  readonly schedule?: FixSchedule;
  /** Both numbers begin at 1 with every Logon, with every Logout, when the connection ends. */
  readonly resetOnLogon?: boolean;
  readonly resetOnLogout?: boolean;
  readonly resetOnDisconnect?: boolean;
}

export type FixLogonAnswer =
  | { readonly accepted: true; readonly profile: FixSessionProfile }
  | { readonly accepted: false; readonly reason: string };

/**
 * Decides who may log on. It is asked once per connection, and bounds what its own checks cost. Nothing is said to a
 * counterparty that it refuses: the reason goes to the log.
 */
export interface FixAuthenticator {
  authenticate(request: FixLogonRequest): FixLogonAnswer | Promise<FixLogonAnswer>;
  /** Why a session that was accepted may not begin after all, asked when its store is open; empty: it may. */
  refusal(profile: FixSessionProfile): string;
}
