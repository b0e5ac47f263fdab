import { addressKey } from './address.ts';

export interface ConnectionLimitOptions {
  readonly connectionsMax: number;
  /** Connections that have not proven an identity: strangers leave room for members. */
  readonly strangersMax: number;
  readonly perAddressMax: number;
}

/** A connection's place; give it back with `leave`. */
export interface ConnectionPlace {
  /** The connection is no stranger's any more. */
  admit(): void;
  /** The connection is over. Further calls change nothing. */
  leave(): void;
}

/** Why there was no place. */
export type ConnectionRefusal = 'too many' | 'too many strangers' | 'too many from one address';

/**
 * Counts the raw connections of a server: in total, from one address (see `addressKey`), and of those who have not said who they
 * are. A table of addresses is no larger than the connections that stand.
 */
export class ConnectionLimits {
  declare private readonly options: ConnectionLimitOptions;
  declare private readonly countOf: Map<string, number>;
  /** Connections that stand. */
  declare connections: number;
  /** Those of them that have proven no identity. */
  declare strangers: number;

  constructor(options: ConnectionLimitOptions) {
    this.options = options;
    this.countOf = new Map();
    this.connections = 0;
    this.strangers = 0;
  }

  /** A place for a connection from `address`, or why there is none. */
  enter(address: string | undefined): ConnectionPlace | ConnectionRefusal {
    const { connectionsMax, strangersMax, perAddressMax } = this.options;
    const key = addressKey(address);
    const count = this.countOf.get(key) ?? 0;
    if (this.connections >= connectionsMax) return 'too many';
    if (this.strangers >= strangersMax) return 'too many strangers';
    if (count >= perAddressMax) return 'too many from one address';
    this.countOf.set(key, count + 1);
    this.connections++;
    this.strangers++;
    let isStranger = true;
    let isThere = true;
    const admit = () => {
      if (isStranger) this.strangers--;
      isStranger = false;
    };
    return {
      admit,
      leave: () => {
        if (!isThere) return;
        isThere = false;
        admit();
        this.connections--;
        const left = (this.countOf.get(key) ?? 1) - 1;
        if (left === 0) this.countOf.delete(key);
        else this.countOf.set(key, left);
      },
    };
  }
}
