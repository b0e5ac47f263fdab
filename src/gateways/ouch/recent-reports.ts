import { REPORT_BYTES_MAX } from '#codec/ouch/report-writer.ts';
import { SOUP_HEADER_BYTES, SoupPacket, writeSoupHeader } from '#codec/soupbin/packets.ts';
import { assert } from '#lib/assert.ts';

const SLOT_BYTES = (SOUP_HEADER_BYTES + REPORT_BYTES_MAX + 7) & ~7;

/** A user's end of the chain through the ring: the position of the last report, 0 none. */
export interface ReportChain {
  lastPosition: number;
}

/**
 * The last reports of all users together, as framed Sequenced Data packets, in one ring of fixed memory. Reports of
 * one user are linked in order. A position counts reports since the start; it is gone when the ring has gone round.
 */
export class RecentReports {
  /** Packets, a slot each. */
  readonly bytes: Uint8Array;
  readonly #mask: number;
  readonly #lengths: Uint16Array;
  readonly #numbers: Uint32Array;
  readonly #previous: Float64Array;
  readonly #next: Float64Array;
  /** Position of the newest report; 0 none yet. */
  #head: number;
  #headSlot: number;

  /** @param reports how many are kept: a power of two. */
  constructor(reports: number) {
    assert(reports > 0 && (reports & (reports - 1)) === 0, 'Condition: a power of two');
    this.bytes = new Uint8Array(reports * SLOT_BYTES);
    this.#mask = reports - 1;
    this.#lengths = new Uint16Array(reports);
    this.#numbers = new Uint32Array(reports);
    this.#previous = new Float64Array(reports);
    this.#next = new Float64Array(reports);
    this.#head = 0;
    this.#headSlot = 0;
  }

  /** Where the payload of the next report goes, REPORT_BYTES_MAX bytes; follow with `commit`. */
  get payloadAt(): number {
    return ((this.#headSlot + 1) & this.#mask) * SLOT_BYTES + SOUP_HEADER_BYTES;
  }

  /** Keeps what was written at `payloadAt` as report `number` of the user. */
  commit(chain: ReportChain, number: number, payloadBytes: number): void {
    const last = chain.lastPosition;
    // The slot that is taken over may hold the user's last report: look before it is gone.
    const lastIsKept = this.has(last) && this.#head - last < this.#mask;
    this.#headSlot = (this.#headSlot + 1) & this.#mask;
    this.#head++;
    const slot = this.#headSlot;
    writeSoupHeader(this.bytes, slot * SLOT_BYTES, SoupPacket.SequencedData, payloadBytes);
    this.#lengths[slot] = SOUP_HEADER_BYTES + payloadBytes;
    this.#numbers[slot] = number;
    this.#previous[slot] = lastIsKept ? last : 0;
    this.#next[slot] = 0;
    if (lastIsKept) this.#next[this.#slotOf(last)] = this.#head;
    chain.lastPosition = this.#head;
  }

  /** Whether the report at `position` is still there. */
  has(position: number): boolean {
    return position > 0 && position > this.#head - this.#mask - 1 && position <= this.#head;
  }

  /** First byte of the packet at `position`, which must be there. */
  packetAt(position: number): number {
    return this.#slotOf(position) * SLOT_BYTES;
  }

  /** Bytes of the packet at `position`. */
  packetBytes(position: number): number {
    return this.#lengths[this.#slotOf(position)];
  }

  /** Position of the same user's next report; 0 when that one is the last. */
  nextOf(position: number): number {
    return this.#next[this.#slotOf(position)];
  }

  /** Position of the user's report `number`, or 0 when it is not here (any more). */
  find(chain: ReportChain, number: number): number {
    let position = chain.lastPosition;
    while (this.has(position)) {
      const slot = this.#slotOf(position);
      if (this.#numbers[slot] === number) return position;
      if (this.#numbers[slot] < number) return 0;
      position = this.#previous[slot];
    }
    return 0;
  }

  #slotOf(position: number): number {
    return (this.#headSlot - (this.#head - position)) & this.#mask;
  }
}
