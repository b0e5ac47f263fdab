import { seededRandom } from '#lib/seeded-random.ts';

interface Wave {
  readonly amplitude: number;
  readonly periodSeconds: number;
  readonly phase: number;
}

/** Amplitude (share of the price) and period of the waves that make up the drift: about a minute, ten minutes, three hours. */
const WAVES: readonly (readonly [amplitude: number, periodSeconds: number])[] = [
  [0.0004, 97],
  [0.003, 641],
  [0.012, 10_007],
];

/**
 * A slowly drifting price: a sum of waves around a centre. It is a function of the time alone, so that the market goes
 * on where it was after a restart, and it never wanders off.
 */
export class FairPrice {
  declare private readonly centreTicks: number;
  declare private readonly waves: readonly Wave[];

  constructor(centreTicks: number, seed: number) {
    const random = seededRandom(seed);
    this.centreTicks = centreTicks;
    this.waves = WAVES.map(([amplitude, periodSeconds]) => ({
      amplitude,
      periodSeconds,
      phase: random() * 2 * Math.PI,
    }));
  }

  /** In ticks, with a fraction. @param seconds since the Unix epoch */
  at(seconds: number): number {
    let factor = 1;
    for (const { amplitude, periodSeconds, phase } of this.waves) {
      factor += amplitude * Math.sin((2 * Math.PI * seconds) / periodSeconds + phase);
    }
    return this.centreTicks * factor;
  }
}

/** The fair price of instrument `index` of the demo market with this seed. */
export function fairPriceOf(index: number, centreTicks: number, seed: number): FairPrice {
  return new FairPrice(centreTicks, seed * 1_000 + index);
}
