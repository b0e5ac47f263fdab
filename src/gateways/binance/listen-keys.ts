import { randomBytes } from 'node:crypto';
import { Action } from '#domain/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { BinanceError } from './errors.ts';
import { KeyHolder } from './key-holder.ts';
import { BinanceLimits } from './limits.ts';
import type { BinanceSources, PrivateOperation } from './operations.ts';

const KEY_BYTES = 48;

interface ListenKey {
  readonly text: string;
  readonly holder: KeyHolder;
  expiresMs: number;
}

/** Listen keys: secrets by which a connection follows a user's data. One for each API key, so that there are not more than these. */
export class ListenKeys {
  declare private readonly sources: BinanceSources;
  declare private readonly byText: Map<string, ListenKey>;
  declare private readonly byKeyId: Map<number, ListenKey>;

  constructor(sources: BinanceSources) {
    this.sources = sources;
    this.byText = new Map();
    this.byKeyId = new Map();
  }

  /** The listen key of an API key, good for its whole time from now on. */
  start(principal: Principal): string {
    const known = this.byKeyId.get(principal.keyId);
    if (known !== undefined && this.#isGood(known)) {
      this.#extend(known);
      return known.text;
    }
    if (known !== undefined) this.#drop(known);
    const { sources } = this;
    const text = randomBytes(KEY_BYTES).toString('base64url');
    const holder = new KeyHolder(principal, sources.directory, sources);
    const key = { text, holder, expiresMs: 0 };
    this.#extend(key);
    this.byText.set(text, key);
    this.byKeyId.set(principal.keyId, key);
    return text;
  }

  /** Makes it good for its whole time again. @throws BinanceError for one that is not the sender's */
  renew(principal: Principal, text: string): void {
    this.#extend(this.#own(principal, text));
  }

  /** @throws BinanceError for one that is not the sender's */
  stop(principal: Principal, text: string): void {
    this.#drop(this.#own(principal, text));
  }

  /** Whose it is; undefined: nobody's, or nobody's any more. */
  holderOf(text: string): KeyHolder | undefined {
    const key = this.byText.get(text);
    if (key === undefined) return undefined;
    if (this.#isGood(key)) return key.holder;
    this.#drop(key);
    return undefined;
  }

  #own({ keyId }: Principal, text: string): ListenKey {
    const key = this.byText.get(text);
    if (key !== undefined && key.holder.keyId === keyId && this.#isGood(key)) return key;
    throw new BinanceError('INVALID_LISTEN_KEY', 'This listenKey does not exist.');
  }

  #isGood({ expiresMs, holder }: ListenKey): boolean {
    return this.sources.wallMs() < expiresMs && !holder.isOver;
  }

  #extend(key: ListenKey): void {
    key.expiresMs = this.sources.wallMs() + BinanceLimits.LISTEN_KEY_MS;
  }

  #drop({ text, holder }: ListenKey): void {
    this.byText.delete(text);
    this.byKeyId.delete(holder.keyId);
  }
}

/** Listen keys by REST and the WebSocket API. */
export function listenKeyOperations(keys: ListenKeys): PrivateOperation[] {
  const common = {
    path: '/userDataStream',
    weight: 2,
    action: Action.ViewOwnAccount,
    isStream: true,
  } as const;
  return [
    {
      ...common,
      method: 'POST',
      wsMethod: 'userDataStream.start',
      prepare: () => (who) => ({ listenKey: keys.start(who) }),
    },
    {
      ...common,
      method: 'PUT',
      wsMethod: 'userDataStream.ping',
      prepare: (params) => {
        const text = params.mandatory('listenKey');
        return (who) => {
          keys.renew(who, text);
          return {};
        };
      },
    },
    {
      ...common,
      method: 'DELETE',
      wsMethod: 'userDataStream.stop',
      prepare: (params) => {
        const text = params.mandatory('listenKey');
        return (who) => {
          keys.stop(who, text);
          return {};
        };
      },
    },
  ];
}
