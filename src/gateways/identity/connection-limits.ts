import { addressKey } from './address.ts';

export interface ConnectionLimitOptions {
  readonly connectionsMax: number;
  /** Connections that have not proven an identity: strangers leave room for members. */
  readonly strangersMax: number;
  readonly perAddressMax: number;
}

/** A connection's place; give it back with `leave`. */
export interface ConnectionPlace {
  /**
   * Ends the connection if its stranger only waits, and says whether it did: then another stranger has its place. Set by whoever
   * owns the connection; undefined: it is not to go.
   */
  evict: (() => boolean) | undefined;
  /** The connection is no stranger's any more. */
  admit(): void;
  /** The connection is over. Further calls change nothing. */
  leave(): void;
}

/** Why there was no place. */
export type ConnectionRefusal = 'too many' | 'too many strangers' | 'too many from one address';

/**
 * Counts the raw connections of a server: in total, from one address (see `addressKey`), and of those who have not said who they
 * are. Strangers who only wait, in their handshake too, do not keep out who would say who it is: of them the oldest goes. A table of
 * addresses is no larger than the connections that stand.
 */
export class ConnectionLimits {
  declare private readonly options: ConnectionLimitOptions;
  declare private readonly countOf: Map<string, number>;
  /** Connections that stand. */
  declare connections: number;
  /** Those of them that have proven no identity, oldest first. */
  declare private readonly places: Set<ConnectionPlace>;

  constructor(options: ConnectionLimitOptions) {
    this.options = options;
    this.countOf = new Map();
    this.connections = 0;
    this.places = new Set();
  }

  /** Connections that have proven no identity. */
  get strangers(): number {
    return this.places.size;
  }

  /** A place for a connection from `address`, or why there is none. */
  enter(address: string | undefined): ConnectionPlace | ConnectionRefusal {
    const { connectionsMax, strangersMax, perAddressMax } = this.options;
    const key = addressKey(address);
    const count = this.countOf.get(key) ?? 0;
    if (count >= perAddressMax) return 'too many from one address';
    if (this.connections >= connectionsMax && !this.#makeRoom()) return 'too many';
    if (this.strangers >= strangersMax && !this.#makeRoom()) return 'too many strangers';
    // Making room may have taken one of the same address.
    this.countOf.set(key, (this.countOf.get(key) ?? 0) + 1);
    this.connections++;
    let isThere = true;
    const place: ConnectionPlace = {
      evict: undefined,
      admit: () => this.places.delete(place),
      leave: () => {
        if (!isThere) return;
        isThere = false;
        place.admit();
        this.connections--;
        const left = (this.countOf.get(key) ?? 1) - 1;
        if (left === 0) this.countOf.delete(key);
        else this.countOf.set(key, left);
      },
    };
    this.places.add(place);
    return place;
  }

  #makeRoom(): boolean {
    for (const place of this.places) {
      if (place.evict?.() !== true) continue;
      place.leave();
      return true;
    }
    return false;
  }
}
