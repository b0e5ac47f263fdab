import type { OuchUserRefs } from '#codec/ouch/command-writer.ts';
import { UserAdded, UserPasswordSet } from '#domain/events.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type Credentials, PASSWORD_HASH_BYTES, SALT_BYTES } from '../soupbin/password.ts';
import type { SoupSession } from '../soupbin/session.ts';
import type { ReportChain } from './recent-reports.ts';

const added = UserAdded.at;
const NAME_BYTES = 24;
const MUST_CHANGE_SHIFT = 16;

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
}

/** A user of the venue as this door sees it. */
export class OuchUser implements ReportChain, OuchUserRefs, Credentials {
  declare readonly userId: number;
  declare readonly name: string;
  declare salt: Uint8Array;
  declare passwordHash: Uint8Array;
  declare isEnabled: boolean;
  declare mustChangePassword: boolean;
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

  /** Takes the UserAdded event at `at`. */
  constructor(words: WordBuffer, at: number) {
    const { i32, u8 } = words;
    this.userId = i32[at + added.newUserId];
    this.name = textAt(u8, (at + added.name) * 4, NAME_BYTES);
    this.salt = bytesAt(u8, at + added.salt, SALT_BYTES);
    this.passwordHash = bytesAt(u8, at + added.passwordHash, PASSWORD_HASH_BYTES);
    const standing = i32[at + added.role];
    this.isEnabled = ((standing >> 8) & 0xff) === 1;
    this.mustChangePassword = ((standing >> MUST_CHANGE_SHIFT) & 0xff) === 1;
    this.reportCount = i32[at + added.reportCount] >>> 0;
    this.lastUserRefNum = i32[at + added.lastClientOrderId] >>> 0;
    this.firstPosition = 0;
    this.lastPosition = 0;
    this.isKnownHere = false;
    this.session = undefined;
    this.sessionsToClose = [];
  }

  /** Takes the UserPasswordSet event at `at`. */
  setPassword({ i32, u8 }: WordBuffer, at: number): void {
    this.salt = bytesAt(u8, at + UserPasswordSet.at.salt, SALT_BYTES);
    this.passwordHash = bytesAt(u8, at + UserPasswordSet.at.passwordHash, PASSWORD_HASH_BYTES);
    this.mustChangePassword = (i32[at + UserPasswordSet.at.mustChangePassword] & 0xff) === 1;
  }
}

function bytesAt(bytes: Uint8Array, word: number, length: number): Uint8Array {
  return bytes.slice(word * 4, word * 4 + length);
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  let end = at;
  while (end < at + length && bytes[end] !== 0) end++;
  return String.fromCharCode(...bytes.subarray(at, end));
}
