import type { Static } from 'typebox';
import {
  ApiKeyAdded,
  NewApiKey,
  PasswordChange,
  Reason,
  Receipt,
  readPublicKey,
} from '#codec/json/admin-request-json.ts';
import { ApiKeyKindName } from '#codec/json/names.ts';
import { ApiKeys, apiKeyJson } from '#codec/json/people-json.ts';
import { GivenId, secondsOf } from '#codec/json/schemas.ts';
import { ApiKeyKind } from '#domain/commands.ts';
import { Action } from '#domain/permissions.ts';
import { makeApiToken, tokenVerifier } from '../identity/api-key-proof.ts';
import { hmacFingerprint, makeHmacSecret } from '../identity/hmac-secrets.ts';
import { ADMIN_PROBLEMS, type Commands, PASSWORD_PROBLEMS, passwordOf, readOf } from './commands.ts';
import { Problem, type ProblemCode } from './problems.ts';
import { publicRoute, type Route, route } from './routes.ts';

export const KEY_PROBLEMS: readonly ProblemCode[] = [
  ...ADMIN_PROBLEMS,
  'ALREADY_EXISTS',
  'CAPACITY',
  'INVALID_CONFIGURATION',
];
/** Of a key, a password or tokens: costly, and rare. */
export const CREDENTIAL_WEIGHT = 10;
export const reasonQuery = { reason: Reason };

interface Sender {
  readonly userId: number;
}
type KeyAdded = Static<typeof ApiKeyAdded>;

/** Adds and revokes API keys, and keeps the secrets of those that need one. */
export class KeyCommands {
  declare private readonly commands: Commands;
  /** Numbers of keys whose secret is written and whose command has no answer yet. */
  declare private readonly adding: Set<number>;

  constructor(commands: Commands) {
    this.commands = commands;
    this.adding = new Set();
  }

  /** @throws Problem */
  async add(sender: Sender, targetUserId: number, request: Static<typeof NewApiKey>): Promise<KeyAdded> {
    const publicKey = readOf(readPublicKey(request));
    const kind = ApiKeyKindName.numberOf(request.kind) as number;
    const add = (keyId: number, verifier: Uint8Array) =>
      this.commands.send(sender, {
        type: 'AddApiKey',
        keyId,
        targetUserId,
        kind,
        verifier,
        readOnly: request.readOnly === true ? 1 : 0,
        label: request.label ?? '',
        expireSeconds: secondsOf(request.expireTime) ?? 0,
        reason: request.reason,
      });
    const { id: keyId, answer } = await this.commands.add(request.keyId, this.commands.keyIds, async (id) => {
      if (publicKey !== undefined) return add(id, publicKey);
      return kind === ApiKeyKind.Hmac ? this.#addHmac(id, add) : addToken(id, add);
    });
    return { ...answer, keyId };
  }

  /** The secret is there before the key: no key stands without it. */
  async #addHmac(
    keyId: number,
    add: (keyId: number, verifier: Uint8Array) => Promise<{ readonly sequence: number }>,
  ): Promise<{ readonly sequence: number; readonly secret: string }> {
    const { directory, access } = this.commands.sources;
    // A secret that is in use must not be written over.
    if (this.adding.has(keyId) || directory.apiKey(keyId) !== undefined)
      throw new Problem('ALREADY_EXISTS', `there is a key ${keyId}`);
    const secret = makeHmacSecret();
    this.adding.add(keyId);
    try {
      if (!access.secrets.keep(keyId, secret))
        throw new Problem('CAPACITY', 'this node keeps no more secrets');
      const { sequence } = await add(keyId, hmacFingerprint(secret));
      return { sequence, secret };
    } catch (error) {
      // Unless the key may stand after all.
      if (!(error instanceof Problem) || error.code !== 'outcome-unknown') access.secrets.forget(keyId);
      throw error;
    } finally {
      this.adding.delete(keyId);
    }
  }

  /**
   * @param ownerId whose key it must be
   * @throws Problem
   */
  async revoke(
    sender: Sender,
    ownerId: number,
    keyId: number,
    reason: string,
  ): Promise<Static<typeof Receipt>> {
    const { directory, access } = this.commands.sources;
    const key = directory.apiKey(keyId);
    if (key === undefined || key.user.userId !== ownerId)
      throw new Problem('UNKNOWN_API_KEY', `the user has no key ${keyId}`);
    const receipt = await this.commands.send(sender, { type: 'RevokeApiKey', keyId, reason });
    if (key.kind === ApiKeyKind.Hmac && !this.adding.has(keyId)) access.secrets.forget(keyId);
    return receipt;
  }
}

async function addToken(
  keyId: number,
  add: (keyId: number, verifier: Uint8Array) => Promise<{ readonly sequence: number }>,
): Promise<{ readonly sequence: number; readonly token: string }> {
  const token = makeApiToken(keyId);
  const { sequence } = await add(keyId, tokenVerifier(token));
  return { sequence, token };
}

/** What users do with what they prove themselves with. */
export function credentialRoutes(commands: Commands, keys: KeyCommands): Route[] {
  const { access, directory } = commands.sources;
  const common = {
    tag: 'credentials',
    weight: CREDENTIAL_WEIGHT,
    action: Action.ManageOwnCredentials,
  } as const;
  return [
    publicRoute({
      method: 'PUT',
      path: '/password',
      weight: CREDENTIAL_WEIGHT,
      tag: 'credentials',
      operationId: 'changePassword',
      summary:
        'Set another password, with the old one: also with a one-time password, which is good for nothing else',
      body: PasswordChange,
      answer: Receipt,
      problems: [
        ...ADMIN_PROBLEMS,
        ...PASSWORD_PROBLEMS,
        'wrong-password',
        'user-disabled',
        'too-many-failures',
        'not-ready',
      ],
      userOf: ({ name }) => name,
      handle: async ({ body: { name, password, newPassword, reason }, address }) => {
        const changed = await access.changePassword(name, password, newPassword, address);
        const { user, salt, passwordHash } = passwordOf(changed, newPassword, name);
        return commands.send(user, {
          type: 'SetUserPassword',
          targetUserId: user.userId,
          salt,
          passwordHash,
          reason,
        });
      },
    }),
    route({
      ...common,
      method: 'GET',
      weight: 1,
      action: Action.LogIn,
      path: '/keys',
      operationId: 'listKeys',
      summary: 'Your API keys, without what they are verified with',
      answer: ApiKeys,
      handle: ({ principal }) => ({
        items: (directory.user(principal.userId)?.apiKeys ?? []).map(apiKeyJson),
      }),
    }),
    route({
      ...common,
      method: 'POST',
      path: '/keys',
      operationId: 'addKey',
      summary:
        'Add an API key of yours. The secret of a token or HMAC key is in this answer and never shown again',
      body: NewApiKey,
      answer: ApiKeyAdded,
      problems: KEY_PROBLEMS,
      handle: ({ principal, body }) => keys.add(principal, principal.userId, body),
    }),
    route({
      ...common,
      method: 'DELETE',
      path: '/keys/:keyId',
      operationId: 'revokeKey',
      summary: 'Revoke an API key of yours',
      params: { keyId: GivenId('the key') },
      query: reasonQuery,
      answer: Receipt,
      problems: [...ADMIN_PROBLEMS, 'UNKNOWN_API_KEY', 'LAST_ADMIN'],
      handle: ({ principal, params, query }) =>
        keys.revoke(principal, principal.userId, params.keyId, query.reason),
    }),
    route({
      ...common,
      method: 'DELETE',
      path: '/tokens',
      operationId: 'revokeTokens',
      summary: 'Log out everywhere: every bearer token that you were given before is void',
      query: reasonQuery,
      answer: Receipt,
      problems: ADMIN_PROBLEMS,
      handle: ({ principal, query: { reason } }) =>
        commands.send(principal, { type: 'RevokeTokens', targetUserId: principal.userId, reason }),
    }),
  ];
}
