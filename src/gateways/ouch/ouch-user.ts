import type { OuchUserRefs } from '#codec/ouch/command-writer.ts';
import type { DirectoryUser } from '../identity/user-directory.ts';
import type { SoupSession } from '../soupbin/session.ts';
import type { ReportChain } from './recent-reports.ts';

/** What a logged-in session is up to. */
export interface OuchSession {
  readonly user: OuchUser;
  /** Number of the next report to send. */
  nextNumber: number;
  /** Whether it has everything: reports are sent as they happen. */
  isLive: boolean;
  /** Position of report `nextNumber` in the ring, 0 not looked up. */
  cursor: number;
  /** Whether older reports are being read from the store. */
  isReading: boolean;
  toldOfIgnored: boolean;
  /** What the log calls it. */
  readonly sessionId: number;
  /** OpenSession commands of it that the log has not answered. */
  opensInFlight: number;
  /** The log has opened it and not closed it since. */
  isOpenInLog: boolean;
}

/** A user of the venue as this door sees it. What the order path counts is kept here, where it is found at once. */
export class OuchUser implements ReportChain, OuchUserRefs {
  declare readonly userId: number;
  /** Who it is, as it stands. */
  declare readonly standing: DirectoryUser;
  /** Reports to this user so far. */
  declare reportCount: number;
  declare lastUserRefNum: number;
  /** Positions of the first and the last report in the ring. */
  declare firstPosition: number;
  declare lastPosition: number;
  /** Whether the user has logged in here since the start: only then reports are kept in the ring. */
  declare isKnownHere: boolean;
  declare session: SoupSession<OuchSession> | undefined;
  /** Ids of sessions whose CloseSession command is still to be written. */
  declare readonly sessionsToClose: number[];

  constructor(standing: DirectoryUser) {
    this.userId = standing.userId;
    this.standing = standing;
    this.reportCount = standing.reportCount;
    this.lastUserRefNum = standing.lastClientOrderId;
    this.firstPosition = 0;
    this.lastPosition = 0;
    this.isKnownHere = false;
    this.session = undefined;
    this.sessionsToClose = [];
  }
}
