import { readCommand } from '#codec/log/commands.ts';
import { CommandType } from '#domain/commands.ts';
import { ENTRY_HEADER_WORDS } from '#domain/entry.ts';
import { CountedEntries } from './counted-entries.ts';
import type { SimulatedStream } from './stream.ts';

/** A node whose last entry is older has perhaps no say. Peers gives it ten seconds, as it counts them. */
const SURELY_LIVING_US = 5_000_000;
/** A node whose last entry is older has no say for sure. */
const MAYBE_LIVING_US = 60_000_000;

interface Claim {
  /** Entry that has it. */
  readonly at: number;
  readonly attestedSequence: number;
  readonly high: number;
  readonly low: number;
}

/** What nodes attest, worked out from the log apart from `Peers`: what a node may know that has the log up to some entry. */
export class Voters {
  readonly #stream: SimulatedStream;
  readonly #counted = new CountedEntries();
  /** By node: its entries, and what they claim. */
  readonly #heard = new Map<number, number[]>();
  readonly #claims = new Map<number, Claim[]>();
  #upTo = 0;

  constructor(stream: SimulatedStream) {
    this.#stream = stream;
  }

  #update(): void {
    while (this.#upTo < this.#stream.lastSequence) {
      const sequence = ++this.#upTo;
      const { words } = this.#stream.entries[sequence - 1];
      const nodeId = words.i32[0] & 0xffff;
      listOf(this.#heard, nodeId).push(sequence);
      if (!this.#counted.take(sequence, words)) continue;
      for (let at = ENTRY_HEADER_WORDS; at < words.words; at += words.i32[at] >>> 16) {
        if ((words.i32[at] & 0xff) !== CommandType.Attest) continue;
        const command = readCommand(words, at, words.words);
        if (command.type !== 'Attest') continue;
        listOf(this.#claims, command.nodeId).push({
          at: sequence,
          attestedSequence: command.attestedSequence,
          high: command.stateHashHigh | 0,
          low: command.stateHashLow | 0,
        });
      }
    }
  }

  /** Nodes of which there are entries in the log up to `sequence`, not long before that one: surely living, and perhaps. */
  living(sequence: number): { surely: number[]; maybe: number[] } {
    this.#update();
    const surely: number[] = [];
    const maybe: number[] = [];
    const nowUs = this.#stream.entries[sequence - 1].storedUs;
    for (const [nodeId, heard] of this.#heard) {
      const last = heard.findLast((one) => one <= sequence);
      if (last === undefined) continue;
      const silentUs = nowUs - this.#stream.entries[last - 1].storedUs;
      if (silentUs < SURELY_LIVING_US) surely.push(nodeId);
      if (silentUs < MAYBE_LIVING_US) maybe.push(nodeId);
    }
    return { surely, maybe };
  }

  /** The last claim of each node, in the log up to `sequence`. */
  claims(sequence: number): Map<number, Claim> {
    this.#update();
    const last = new Map<number, Claim>();
    for (const [nodeId, claims] of this.#claims) {
      const claim = claims.findLast(({ at }) => at <= sequence);
      if (claim !== undefined) last.set(nodeId, claim);
    }
    return last;
  }
}

function listOf<Item>(lists: Map<number, Item[]>, key: number): Item[] {
  let list = lists.get(key);
  if (list === undefined) {
    list = [];
    lists.set(key, list);
  }
  return list;
}
