/**
 * Seeded pseudo-random integers (sfc32 by Chris Doty-Humphrey, PractRand), in 32-bit integer arithmetic only,
 * so that a seed gives the same sequence on every machine.
 */
export class Random {
  declare private a: number;
  declare private b: number;
  declare private c: number;
  declare private counter: number;

  /** @param seed a 32-bit integer. */
  constructor(seed: number) {
    this.a = seed | 0;
    this.b = 0x9e3779b9 | 0;
    this.c = 0x243f6a88;
    this.counter = 1;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** The next 32 bits, unsigned. */
  next(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** An integer from 0 up to, not including, `limit` (1 to 2^31); the modulo's bias is below limit / 2^32. */
  below(limit: number): number {
    return this.next() % limit;
  }

  /** True with a chance of `permille` in a thousand. */
  chance(permille: number): boolean {
    return this.below(1_000) < permille;
  }
}
