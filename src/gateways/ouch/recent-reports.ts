import { REPORT_BYTES_MAX } from '#codec/ouch/report-writer.ts';
import { SOUP_HEADER_BYTES, SoupPacket, writeSoupHeader } from '#codec/soupbin/packets.ts';
import { assert } from '#lib/assert.ts';
import { ByteBuffer } from '#lib/byte-buffer.ts';

const SLOT_BYTES = (SOUP_HEADER_BYTES + REPORT_BYTES_MAX + 7) & ~7;

/** The ends of a user's chain through the ring, kept by it. */
export interface ReportChain {
  /** Position of the oldest report that is still there; 0 none. */
  firstPosition: number;
  /** Position of the last report, there or not any more; 0 none yet. */
  lastPosition: number;
}

/**
 * The last reports of all users together, as framed Sequenced Data packets, in one ring of fixed memory. Reports of
 * one user are linked in order. A position counts reports since the start; it is gone when the ring has gone round.
 */
export class RecentReports {
  /** Packets, a slot each. */
  declare readonly bytes: ByteBuffer;
  declare private readonly mask: number;
  declare private readonly lengths: Uint16Array;
  declare private readonly numbers: Float64Array;
  declare private readonly previous: Float64Array;
  declare private readonly next: Float64Array;
  /** Whose report a slot holds. */
  declare private readonly chains: (ReportChain | undefined)[];
  /** Position of the newest report; 0 none yet. */
  declare private head: number;
  declare private headSlot: number;

  /** @param reports how many are kept: a power of two. */
  constructor(reports: number) {
    assert(reports > 0 && (reports & (reports - 1)) === 0, 'Condition: a power of two');
    this.bytes = new ByteBuffer(reports * SLOT_BYTES);
    this.mask = reports - 1;
    this.lengths = new Uint16Array(reports);
    this.numbers = new Float64Array(reports);
    this.previous = new Float64Array(reports);
    this.next = new Float64Array(reports);
    this.chains = new Array<ReportChain | undefined>(reports).fill(undefined);
    this.head = 0;
    this.headSlot = 0;
  }

  /** Where the payload of the next report goes, REPORT_BYTES_MAX bytes; follow with `commit`. */
  get payloadAt(): number {
    return ((this.headSlot + 1) & this.mask) * SLOT_BYTES + SOUP_HEADER_BYTES;
  }

  /** Keeps what was written at `payloadAt` as report `number` of the user. */
  commit(chain: ReportChain, number: number, payloadBytes: number): void {
    this.headSlot = (this.headSlot + 1) & this.mask;
    this.head++;
    const slot = this.headSlot;
    const takenOver = this.chains[slot];
    if (takenOver !== undefined) takenOver.firstPosition = this.next[slot];
    this.chains[slot] = chain;
    writeSoupHeader(this.bytes.u8, slot * SLOT_BYTES, SoupPacket.SequencedData, payloadBytes);
    this.lengths[slot] = SOUP_HEADER_BYTES + payloadBytes;
    this.numbers[slot] = number;
    this.next[slot] = 0;
    if (chain.firstPosition === 0) {
      this.previous[slot] = 0;
      chain.firstPosition = this.head;
    } else {
      this.previous[slot] = chain.lastPosition;
      this.next[this.#slotOf(chain.lastPosition)] = this.head;
    }
    chain.lastPosition = this.head;
  }

  /** Whether the report at `position` is still there. */
  has(position: number): boolean {
    return position > 0 && position > this.head - this.mask - 1 && position <= this.head;
  }

  /** First byte of the packet at `position`, which must be there. */
  packetAt(position: number): number {
    return this.#slotOf(position) * SLOT_BYTES;
  }

  /** Bytes of the packet at `position`. */
  packetBytes(position: number): number {
    return this.lengths[this.#slotOf(position)];
  }

  /** Position of the same user's next report; 0 when that one is the last. */
  nextOf(position: number): number {
    return this.next[this.#slotOf(position)];
  }

  /**
   * Position of the user's report `number`, or 0 when it is not here (any more). Takes a step for every later report of
   * the user, which whoever asks is going to send; none when it is not here.
   */
  find(chain: ReportChain, number: number): number {
    const { firstPosition } = chain;
    if (firstPosition === 0 || number < this.numbers[this.#slotOf(firstPosition)]) return 0;
    let position = chain.lastPosition;
    while (this.numbers[this.#slotOf(position)] > number) position = this.previous[this.#slotOf(position)];
    return this.numbers[this.#slotOf(position)] === number ? position : 0;
  }

  #slotOf(position: number): number {
    return (this.headSlot - (this.head - position)) & this.mask;
  }
}
