import type { AccessControl } from '../identity/access-control.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { authorise, type Principal } from '../identity/principal.ts';
import type { RateDecision } from '../identity/rate-limiter.ts';
import { errorOfAccess } from './errors.ts';
import type { Operation } from './operations.ts';
import type { Params } from './params.ts';

/** What a way in knows of a request. */
export interface Sender {
  readonly address: string | undefined;
  /** Who it is; asked only where that matters. @throws BinanceError */
  prove(): Principal | undefined | AccessRefusal | Promise<Principal | AccessRefusal>;
  /** How its rate limit stands. */
  onRate(rate: RateDecision): void;
  /** It has proven who it is. */
  onMember(): void;
}

/**
 * Who is it, how often may it ask, may it do this: in this order. Then what it asks is read, and answered.
 * @throws BinanceError, and what questions to the archive and the desk throw
 */
export async function perform(
  access: Pick<AccessControl, 'charge'>,
  operation: Operation,
  params: Params,
  sender: Sender,
): Promise<unknown> {
  const isPrivate = 'action' in operation;
  const proven = isPrivate ? await sender.prove() : undefined;
  const principal = proven instanceof AccessRefusal ? undefined : proven;
  const rate = access.charge(principal, sender.address, operation.weight);
  sender.onRate(rate);
  if (!rate.allowed) throw errorOfAccess(new AccessRefusal('RATE_LIMITED', rate.retryAfterMs));
  if (proven instanceof AccessRefusal) throw errorOfAccess(proven);
  if (!isPrivate) {
    // Some clients sign everything.
    params.ignore('apiKey', 'timestamp', 'recvWindow', 'signature');
    const answer = operation.prepare(params);
    params.finish();
    return answer();
  }
  if (principal === undefined) throw errorOfAccess(new AccessRefusal('NOT_AUTHENTICATED'));
  const refusal = authorise(principal, operation.action);
  if (refusal !== undefined) throw errorOfAccess(refusal);
  sender.onMember();
  const answer = operation.prepare(params);
  params.finish();
  return answer(principal);
}
