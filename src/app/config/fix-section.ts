import { FIX_CONNECTIONS_MAX } from '#gateways/fix/limits.ts';
import type { ConfiguredSession, FixLogonSettings } from '#gateways/fix/trading/fix-logons.ts';
import { isLoopback, type PROTECTION, speaksTls } from './access-section.ts';
import {
  choice,
  flag,
  integer,
  list,
  object,
  optional,
  required,
  text,
  timeOfDay,
  type ValuesOf,
  withDefault,
} from './fields.ts';
import type { Issues } from './issues.ts';

const ID_MAX = 2 ** 31 - 1;
const compId = text('1 to 32 of A-Z, a-z, 0-9 and . _ -', /^[A-Za-z0-9._-]{1,32}$/);
const name = text("a user's name", /^[A-Za-z0-9._@-]{1,24}$/);
const weekday = choice({
  sunday: 0,
  monday: 1,
  tuesday: 2,
  wednesday: 3,
  thursday: 4,
  friday: 5,
  saturday: 6,
});

/** The keys of `fix.sessions[].hours`. */
const HOURS = {
  start: required(timeOfDay(), 'when the session begins: both sequence numbers begin at 1'),
  end: required(
    timeOfDay(),
    'when it is logged out; at or before the start: on the next day, or in the next week',
  ),
  startDay: optional(weekday, 'day of the start, for a session of a week; default: every day'),
  endDay: optional(weekday, 'day of the end; goes with startDay'),
};

/** The keys of `fix.sessions[]`. */
const SESSION = {
  compId: required(compId, 'SenderCompID of the counterparty'),
  subId: optional(compId, 'its SenderSubID; default: none'),
  user: required(name, 'the user that it belongs to'),
  logon: withDefault(
    choice({ password: true, none: false }),
    true,
    "whether the Logon must bring the user's name and password; none is for FIX 4.2, which has no fields for them, where TLS certificates or the network say who connects",
  ),
  cancelOnDisconnect: optional(flag(), 'as fix.cancelOnDisconnect, which is its default'),
  hours: optional(object(HOURS), 'when it runs, in UTC; default: always, and its numbers go on'),
  resetOnLogon: withDefault(flag(), false, 'whether both numbers begin at 1 with every Logon'),
  resetOnLogout: withDefault(flag(), false, 'the same with every Logout'),
  resetOnDisconnect: withDefault(flag(), false, 'the same when the connection ends'),
  copyUsers: optional(
    list(name),
    'makes it a drop copy session, which only reads: users whose reports it gets',
  ),
  copyAccounts: optional(
    list(integer(1, ID_MAX)),
    'the same for all users of accounts, as they are at its Logon',
  ),
};

/** The keys of `fix` beside those of its listener. */
export const FIX = {
  compId: withDefault(compId, 'HIVE', "the venue's CompID"),
  cancelOnDisconnect: withDefault(
    flag(),
    false,
    "whether the end of a connection cancels its user's open orders, unless another session asks to keep them",
  ),
  connectionsMax: withDefault(
    integer(1, 65_535),
    FIX_CONNECTIONS_MAX,
    'connections, of which a quarter may be not logged on yet',
  ),
  sessions: withDefault(
    list(object(SESSION)),
    [],
    'sessions with terms of their own; every user may log on without one, by its name as SenderCompID',
  ),
};

type FixSection = ValuesOf<typeof FIX>;

/** What the FIX door takes of its section. */
export function fixLogonSettings(fix: FixSection): FixLogonSettings {
  const { compId: ours, cancelOnDisconnect } = fix;
  const sessions = fix.sessions.map((session): ConfiguredSession => {
    const { hours } = session;
    const days =
      hours?.startDay === undefined || hours.endDay === undefined
        ? {}
        : { startDay: hours.startDay, endDay: hours.endDay };
    return {
      compId: session.compId,
      subId: session.subId ?? '',
      user: session.user,
      needsPassword: session.logon,
      cancelOnDisconnect: session.cancelOnDisconnect ?? cancelOnDisconnect,
      schedule:
        hours === undefined ? undefined : { startSeconds: hours.start, endSeconds: hours.end, ...days },
      resetOnLogon: session.resetOnLogon,
      resetOnLogout: session.resetOnLogout,
      resetOnDisconnect: session.resetOnDisconnect,
      copyUsers: session.copyUsers,
      copyAccounts: session.copyAccounts,
    };
  });
  return { compId: ours, cancelOnDisconnect, sessions };
}

/** The section with the keys of its listener that say who reaches it. */
interface FixListener extends FixSection, ValuesOf<typeof PROTECTION> {
  readonly enabled: boolean;
  readonly host: string;
}

/** What is wrong with a session without a password that other machines reach. */
export const OPEN_SESSION_FAULT =
  'none lets in whoever reaches the port from other machines and knows the compId: add tls.clientCa, so that clients need a certificate, or fix.allowPlaintext: true where the network is to be trusted';

/** Sessions that need no password, where other machines reach the door and need no certificate. */
export function openSessions(
  fix: FixListener,
  tls: { readonly clientCa?: string | undefined } | undefined,
): FixSection['sessions'] {
  const needsCertificate = speaksTls(fix, tls !== undefined) && tls?.clientCa !== undefined;
  if (!fix.enabled || isLoopback(fix.host) || needsCertificate) return [];
  return fix.sessions.filter(({ logon }) => !logon);
}

/** What the table of keys cannot say. */
export function checkFix(fix: FixSection, issues: Issues): void {
  const seen = new Set<string>();
  for (const session of fix.sessions) {
    const id = `${session.compId}+${session.subId ?? ''}`;
    if (seen.has(id)) issues.addAt(session, 'compId', 'is named twice with this subId');
    seen.add(id);
    const { hours } = session;
    if (hours !== undefined && (hours.startDay === undefined) !== (hours.endDay === undefined)) {
      issues.addAt(hours, 'start', 'startDay and endDay go together');
    }
  }
}
