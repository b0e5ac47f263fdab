/** Memory of a process at a time. */
export interface MemorySample {
  readonly seconds: number;
  readonly bytes: number;
}

/** Whether a process' memory grows. */
export interface MemoryTrend {
  /** `too short`: nobody can say after such a time; `leak`: it grows faster than it may, and not by chance. */
  readonly verdict: 'steady' | 'leak' | 'too short';
  readonly mibPerMinute: number;
  readonly fromMiB: number;
  readonly toMiB: number;
}

const MIB = 2 ** 20;
/** At first caches fill and code is compiled: this share of the time does not count. */
const WARMUP_SHARE = 1 / 3;
/** Each window's lowest sample counts: what is left after garbage was collected. */
const WINDOWS = 10;
const SAMPLES_MIN = 3 * WINDOWS;
/** One in a hundred steady processes would look as if it grew. */
const Z_MIN = 2.33;

/**
 * The trend of samples in order: the median of all slopes between the windows' lowest samples (Theil and Sen), which counts when
 * Mann and Kendall's test says that it is not by chance.
 * @param mibPerMinuteMax growth that is no leak: logs and open orders have their indexes
 * @param secondsMin shorter measurements than this are too short
 */
export function memoryTrend(
  samples: readonly MemorySample[],
  mibPerMinuteMax: number,
  secondsMin: number,
): MemoryTrend {
  const firstSeconds = samples[0]?.seconds ?? 0;
  const allSeconds = (samples.at(-1)?.seconds ?? 0) - firstSeconds;
  const counted = samples.filter(({ seconds }) => seconds - firstSeconds >= allSeconds * WARMUP_SHARE);
  const floors = floorsOf(counted);
  const slopes: number[] = [];
  let rises = 0;
  for (let later = 1; later < floors.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const bytes = floors[later].bytes - floors[earlier].bytes;
      rises += Math.sign(bytes);
      slopes.push(bytes / (floors[later].seconds - floors[earlier].seconds));
    }
  }
  slopes.sort((a, b) => a - b);
  const mibPerMinute = ((slopes[slopes.length >> 1] ?? 0) * 60) / MIB;
  const count = floors.length;
  const deviation = Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const grows = (rises - 1) / deviation > Z_MIN && mibPerMinute > mibPerMinuteMax;
  const isShort = allSeconds < secondsMin || counted.length < SAMPLES_MIN;
  return {
    verdict: isShort ? 'too short' : grows ? 'leak' : 'steady',
    mibPerMinute: Math.round(mibPerMinute * 100) / 100,
    fromMiB: Math.round((floors[0]?.bytes ?? 0) / MIB),
    toMiB: Math.round((floors.at(-1)?.bytes ?? 0) / MIB),
  };
}

function floorsOf(samples: readonly MemorySample[]): MemorySample[] {
  const floors: MemorySample[] = [];
  const size = samples.length / WINDOWS;
  for (let window = 0; window < WINDOWS; window++) {
    const own = samples.slice(Math.floor(window * size), Math.floor((window + 1) * size));
    if (own.length > 0) floors.push(own.reduce((lowest, one) => (one.bytes < lowest.bytes ? one : lowest)));
  }
  return floors;
}
