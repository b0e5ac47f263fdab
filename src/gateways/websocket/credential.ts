import type { AccessControl, Proof } from '../identity/access-control.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { isApiToken } from '../identity/api-key-proof.ts';
import type { Principal } from '../identity/principal.ts';
import { proofOf } from '../rest/proof.ts';
import { problemOfAccess } from './access-problem.ts';

/** The path of the door: what a client signs. */
export const WEBSOCKET_PATH = '/ws/v1';

type Access = Pick<AccessControl, 'prove' | 'logInByKey'>;

/**
 * What a connection has proven itself with: a bearer token, whatever the client has sent. It is looked at again for each
 * request, so that what is revoked ends at once.
 */
export class Credential {
  /** Milliseconds since the Unix epoch at which it ends. */
  declare readonly expiresMs: number;
  /** What its bearer may do, as it was seen last. */
  declare principal: Principal;
  declare private readonly token: string;
  declare private readonly address: string | undefined;

  private constructor(token: string, expiresMs: number, principal: Principal, address: string | undefined) {
    this.token = token;
    this.expiresMs = expiresMs;
    this.principal = principal;
    this.address = address;
  }

  /**
   * @param authorization as in the header of that name
   * @throws Problem
   */
  static async of(authorization: string, access: Access, address: string | undefined): Promise<Credential> {
    const proof = proofOf({
      method: 'GET',
      target: WEBSOCKET_PATH,
      headers: { authorization },
      body: new Uint8Array(),
    });
    const token = await tokenOf(proof, access, address);
    const principal = await access.prove({ kind: 'token', token }, address);
    if (principal === undefined || principal instanceof AccessRefusal)
      throw problemOfAccess(principal ?? new AccessRefusal('NOT_AUTHENTICATED'));
    return new Credential(token, expiryOf(token), principal, address);
  }

  /** Who the connection belongs to now, or why it belongs to nobody any more. */
  async prove(access: Access): Promise<Principal | AccessRefusal> {
    const principal = await access.prove({ kind: 'token', token: this.token }, this.address);
    if (principal === undefined) return new AccessRefusal('NOT_AUTHENTICATED');
    if (!(principal instanceof AccessRefusal)) this.principal = principal;
    return principal;
  }
}

/** A bearer token is taken as it is; a key gets one. @throws Problem */
async function tokenOf(proof: Proof, access: Access, address: string | undefined): Promise<string> {
  if (proof.kind === 'none') throw problemOfAccess(new AccessRefusal('NOT_AUTHENTICATED'));
  if (proof.kind === 'token' && !isApiToken(proof.token)) return proof.token;
  const issued = await access.logInByKey(proof, address);
  if (issued instanceof AccessRefusal) throw problemOfAccess(issued);
  return issued.token;
}

/** The end of a token that was verified: the claim `exp` (RFC 7519), in milliseconds. */
function expiryOf(token: string): number {
  const [, claims] = token.split('.');
  const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { exp: number };
  return exp * 1_000;
}
