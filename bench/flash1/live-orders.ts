/** A multiplier that spreads keys over a word's upper bits (2^32 divided by the golden ratio: Knuth, TAOCP 3, section 6.4). */
const SPREAD = 0x9e3779b1 | 0;
const BUCKETS_MIN = 1_024;

/**
 * Finds the orders that rest by their ids: a hash table of chains. It names an order by its place, slot * 2 + side, and is as large as
 * there are orders at a time: a flat table of all ids that there ever are is some megabytes, of which each order of a workload touches a
 * place of its own.
 */
export class LiveOrders {
  /** First place of each bucket's chain; 0 none. */
  declare private buckets: Int32Array;
  /** Two words for each slot: the order's id, and the next place of its chain. */
  declare private readonly nodes: Int32Array;
  /** Of the spread id, how many bits are no bucket. */
  declare private shift: number;
  declare private size: number;

  /** @param slots how many slots there are */
  constructor(slots: number) {
    this.buckets = new Int32Array(BUCKETS_MIN);
    this.nodes = new Int32Array(slots * 2);
    this.shift = Math.clz32(BUCKETS_MIN) + 1;
    this.size = 0;
  }

  /** The place of an order; 0 when it does not rest. */
  find(id: number): number {
    const nodes = this.nodes;
    let place = this.buckets[Math.imul(id, SPREAD) >>> this.shift];
    while (place !== 0 && nodes[place & ~1] !== id) place = nodes[place | 1];
    return place;
  }

  add(id: number, place: number): void {
    const nodes = this.nodes;
    const bucket = Math.imul(id, SPREAD) >>> this.shift;
    nodes[place & ~1] = id;
    nodes[place | 1] = this.buckets[bucket];
    this.buckets[bucket] = place;
    if (++this.size > this.buckets.length) this.#grow();
  }

  /** Forgets an order; returns the place where it was, 0 when it does not rest. */
  remove(id: number): number {
    const { nodes, buckets } = this;
    const bucket = Math.imul(id, SPREAD) >>> this.shift;
    let place = buckets[bucket];
    if (place !== 0 && nodes[place & ~1] === id) {
      buckets[bucket] = nodes[place | 1];
      this.size--;
      return place;
    }
    while (place !== 0) {
      const next = nodes[place | 1];
      if (next !== 0 && nodes[next & ~1] === id) {
        nodes[place | 1] = nodes[next | 1];
        this.size--;
        return next;
      }
      place = next;
    }
    return 0;
  }

  #grow(): void {
    const { nodes, buckets } = this;
    this.buckets = new Int32Array(buckets.length * 2);
    this.shift--;
    for (let first of buckets) {
      while (first !== 0) {
        const next = nodes[first | 1];
        const bucket = Math.imul(nodes[first & ~1], SPREAD) >>> this.shift;
        nodes[first | 1] = this.buckets[bucket];
        this.buckets[bucket] = first;
        first = next;
      }
    }
  }
}
