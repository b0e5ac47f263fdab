import type { EventInput } from '#codec/log/record-types.ts';
import { batchOf } from '#codec/ouch/test-support.ts';
import { ApiKeyKind, Role } from '#domain/commands.ts';
import type { AccessClock } from './access-clock.ts';
import { AccessRefusal } from './access-refusal.ts';
import { UserDirectory } from './user-directory.ts';

/** Help for tests of identity: a clock that stands still, and a directory from events written by hand. */

export class ManualAccessClock implements AccessClock {
  /** Milliseconds since the clock was made. */
  passedMs = 0;
  /** How far the wall clock was set off. */
  wallOffsetMs = 0;

  wallMs(): number {
    return 1_700_000_000_000 + this.passedMs + this.wallOffsetMs;
  }

  monotonicMs(): number {
    return 5_000 + this.passedMs;
  }
}

export const userAdded = (newUserId: number, name: string, more: object = {}): EventInput<'UserAdded'> => ({
  type: 'UserAdded',
  newUserId,
  accountId: newUserId + 100,
  name,
  role: Role.Trader,
  enabled: 1,
  ...more,
});

export const keyAdded = (
  keyId: number,
  targetUserId: number,
  verifier: Uint8Array,
  more: object = {},
): EventInput<'ApiKeyAdded'> => ({
  type: 'ApiKeyAdded',
  keyId,
  targetUserId,
  kind: ApiKeyKind.Ed25519,
  verifier: new Uint8Array(verifier),
  ...more,
});

/** Hands events to a directory as one batch, from memory that is then reused. */
export function say(directory: UserDirectory, ...events: EventInput[]): void {
  const { words, from, to } = batchOf(events);
  directory.onEvents(words, from, to);
  words.u8.fill(0xee);
}

/** A directory that is ready, with these events. */
export function directoryOf(...events: EventInput[]): UserDirectory {
  const directory = new UserDirectory();
  say(directory, ...events);
  directory.onImage();
  return directory;
}

/** An answer as text: a refusal's code with its time to wait, or what `shown` makes of it. */
export function answerOf<T>(answer: T | AccessRefusal, shown: (value: T) => string = () => 'ok'): string {
  if (!(answer instanceof AccessRefusal)) return shown(answer);
  return answer.retryAfterMs === 0 ? answer.code : `${answer.code} ${answer.retryAfterMs}`;
}
