import type { AccessClock } from '../identity/access-clock.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { hasExpired } from '../identity/api-key-proof.ts';
import { type Principal, principalOf } from '../identity/principal.ts';
import type { UserDirectory } from '../identity/user-directory.ts';

/**
 * Who has proven itself by an API key, for as long as a connection lasts: looked at anew whenever it matters, so that what is revoked
 * ends at once.
 */
export class KeyHolder {
  declare readonly keyId: number;
  declare readonly userId: number;
  declare private readonly directory: UserDirectory;
  declare private readonly clock: Pick<AccessClock, 'wallMs'>;
  /** Of the key that was proven: its number may be given to another one. */
  declare private readonly verifier: string;

  /** @param principal proven by a key just now */
  constructor(principal: Principal, directory: UserDirectory, clock: Pick<AccessClock, 'wallMs'>) {
    this.keyId = principal.keyId;
    this.userId = principal.userId;
    this.directory = directory;
    this.clock = clock;
    this.verifier = this.#verifierNow();
  }

  /** What it may do now, or why it may do nothing any more; NOT_READY while the node does not know its users. */
  now(): Principal | AccessRefusal {
    const { directory, keyId, userId } = this;
    if (!directory.isReady) return new AccessRefusal('NOT_READY');
    const key = directory.apiKey(keyId);
    if (key === undefined || key.user.userId !== userId || this.#verifierNow() !== this.verifier)
      return new AccessRefusal('UNKNOWN_API_KEY');
    if (hasExpired(key, this.clock.wallMs())) return new AccessRefusal('API_KEY_EXPIRED');
    if (!key.user.isEnabled) return new AccessRefusal('USER_DISABLED');
    return principalOf(key.user, key);
  }

  /** Whether it is known to hold nothing any more. */
  get isOver(): boolean {
    const now = this.now();
    return now instanceof AccessRefusal && now.code !== 'NOT_READY';
  }

  #verifierNow(): string {
    return Buffer.from(this.directory.apiKey(this.keyId)?.verifier ?? []).toString('hex');
  }
}
