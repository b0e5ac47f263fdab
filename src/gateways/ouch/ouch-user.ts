import type { OuchUserRefs } from '#codec/ouch/command-writer.ts';
import { UserAdded } from '#domain/events.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { type Credentials, PASSWORD_HASH_BYTES, SALT_BYTES } from '../soupbin/password.ts';
import type { SoupSession } from '../soupbin/session.ts';
import type { ReportChain } from './recent-reports.ts';

const added = UserAdded.at;

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
}

/** A user of the venue as this door sees it. */
export class OuchUser implements ReportChain, OuchUserRefs, Credentials {
  declare readonly userId: number;
  declare readonly name: string;
  declare readonly salt: Uint8Array;
  declare readonly passwordHash: Uint8Array;
  /** Reports to this user so far. */
  declare reportCount: number;
  declare lastUserRefNum: number;
  /** Positions of the first and the last report in the ring. */
  declare firstPosition: number;
  declare lastPosition: number;
  /** Whether the user has logged in here since the start: only then reports are kept in the ring. */
  declare isKnownHere: boolean;
  declare session: SoupSession<OuchSession> | undefined;
  /** Sessions whose CloseSession command is still to be written. */
  declare closesOwed: number;

  /** Takes the UserAdded event at `at`. */
  constructor(words: WordBuffer, at: number) {
    const { i32, u8 } = words;
    this.userId = i32[at + added.newUserId];
    this.name = textAt(u8, (at + added.name) * 4, 8);
    this.salt = u8.slice((at + added.salt) * 4, (at + added.salt) * 4 + SALT_BYTES);
    this.passwordHash = u8.slice(
      (at + added.passwordHash) * 4,
      (at + added.passwordHash) * 4 + PASSWORD_HASH_BYTES,
    );
    this.reportCount = i32[at + added.reportCount] >>> 0;
    this.lastUserRefNum = i32[at + added.lastClientOrderId] >>> 0;
    this.firstPosition = 0;
    this.lastPosition = 0;
    this.isKnownHere = false;
    this.session = undefined;
    this.closesOwed = 0;
  }
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
  let end = at;
  while (end < at + length && bytes[end] !== 0) end++;
  return String.fromCharCode(...bytes.subarray(at, end));
}
