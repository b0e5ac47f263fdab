import { randomInt } from 'node:crypto';

/** Texts are told apart by this many of their characters; longer ones that begin alike share a place. */
const HASHED_MAX = 64;
/** One for each place of a character, and one more. Secret: whoever chooses texts cannot choose them to meet. */
const FACTORS = Int32Array.from({ length: HASHED_MAX + 1 }, () => randomInt(2 ** 32));

interface Entry<Value> {
  readonly text: string;
  value: Value;
  next: Entry<Value> | undefined;
}

/**
 * A map by short texts that come and go: names that clients give to their orders. A Map of the language keeps each text that it is
 * asked for in V8's table of all texts until the next full collection; with texts that are new with every order that was a
 * fifteenth of the time of an order over REST (bench/rest.ts).
 */
export class TextMap<Value> {
  /** By hash. Two texts with one hash are in one chain. */
  declare private readonly chains: Map<number, Entry<Value>>;

  constructor() {
    this.chains = new Map();
  }

  get(text: string): Value | undefined {
    let entry = this.chains.get(hashOf(text));
    while (entry !== undefined && entry.text !== text) entry = entry.next;
    return entry?.value;
  }

  set(text: string, value: Value): void {
    const hash = hashOf(text);
    const first = this.chains.get(hash);
    let entry = first;
    while (entry !== undefined && entry.text !== text) entry = entry.next;
    if (entry === undefined) this.chains.set(hash, { text, value, next: first });
    else entry.value = value;
  }

  /** Removes a text where it has this value. */
  remove(text: string, value: Value): void {
    const hash = hashOf(text);
    let before: Entry<Value> | undefined;
    let entry = this.chains.get(hash);
    while (entry !== undefined && entry.text !== text) {
      before = entry;
      entry = entry.next;
    }
    if (entry?.value !== value) return;
    if (before !== undefined) before.next = entry.next;
    else if (entry.next === undefined) this.chains.delete(hash);
    else this.chains.set(hash, entry.next);
  }
}

/**
 * Two different texts of characters below 256 have the same hash once in 2^25, whoever chose them without the factors: the upper bits of
 * a sum of products ("vector multiply-shift" in M. Thorup, High Speed Hashing for Integers and Strings).
 */
function hashOf(text: string): number {
  const length = Math.min(text.length, HASHED_MAX);
  let sum = FACTORS[HASHED_MAX];
  for (let at = 0; at < length; at++) sum = (sum + Math.imul(FACTORS[at], text.charCodeAt(at))) | 0;
  return sum >>> 7;
}
