import type { AccessControl } from '../identity/access-control.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { authorise, type Principal } from '../identity/principal.ts';
import type { RateDecision } from '../identity/rate-limiter.ts';
import { errorOfAccess } from './errors.ts';
import type { Operation } from './operations.ts';
import type { Params } from './params.ts';
import type { TimeUnit } from './texts.ts';

type Access = Pick<AccessControl, 'charge'>;

/** Who pays for a request, and how it hears of that. */
export interface Charged {
  readonly address: string | undefined;
  /** How its rate limit stands. */
  onRate(rate: RateDecision): void;
}

/** What a way in knows of a request. */
export interface Sender extends Charged {
  /** Of the times in its answer. */
  readonly timeUnit: TimeUnit;
  /** Who it is; asked only where that matters. @throws BinanceError */
  prove(): Principal | undefined | AccessRefusal | Promise<Principal | AccessRefusal>;
  /** It has proven who it is, and may do this. */
  onMember(principal: Principal): void;
}

/** Takes a request's weight from a rate limit: its address's where it says nobody. @throws BinanceError for one too many */
export function charge(
  access: Access,
  weight: number,
  sender: Charged,
  proven?: Principal | AccessRefusal,
): void {
  const rate = access.charge(proven, sender.address, weight);
  sender.onRate(rate);
  if (!rate.allowed) throw errorOfAccess(new AccessRefusal('RATE_LIMITED', rate.retryAfterMs));
}

/** Reads a request; one that cannot be read says nobody, and counts as that. @throws BinanceError */
export function readCharged<Read>(access: Access, weight: number, sender: Charged, read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    charge(access, weight, sender);
    throw error;
  }
}

/**
 * Who is it, how often may it ask, may it do this: in this order. Then what it asks is read, and answered.
 * @throws BinanceError, and what questions to the archive and the desk throw
 */
export async function perform(
  access: Access,
  operation: Operation,
  params: Params,
  sender: Sender,
): Promise<unknown> {
  const isPrivate = 'action' in operation;
  const proven = isPrivate ? await provenBy(access, operation, sender) : undefined;
  charge(access, operation.weight, sender, proven);
  if (proven instanceof AccessRefusal) throw errorOfAccess(proven);
  if (!isPrivate) {
    // Some clients sign everything.
    params.ignore('apiKey', 'timestamp', 'recvWindow', 'signature');
    const answer = operation.prepare(params, sender.timeUnit);
    params.finish();
    return answer();
  }
  if (proven === undefined) throw errorOfAccess(new AccessRefusal('NOT_AUTHENTICATED'));
  const refusal = authorise(proven, operation.action);
  if (refusal !== undefined) throw errorOfAccess(refusal);
  sender.onMember(proven);
  const answer = operation.prepare(params, sender.timeUnit);
  params.finish();
  return answer(proven);
}

async function provenBy(
  access: Access,
  { weight }: Operation,
  sender: Sender,
): Promise<Principal | undefined | AccessRefusal> {
  return readCharged(access, weight, sender, () => sender.prove());
}
