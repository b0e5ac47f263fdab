import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { seededRandom } from '#lib/seeded-random.ts';
import { DEMO_INSTRUMENTS } from './demo-venue.ts';
import { fairPriceOf } from './fair-price.ts';
import type { DemoThreadData, FromDemoThread, ToDemoThread } from './messages.ts';
import { Desk, type Listing, type Strategy } from './participant.ts';
import { IcebergTrader, MarketMaker, type Random, Taker } from './strategies.ts';

const BEAT_MS = 20;
/** After a pause of the process, no more than this is made up for. */
const CATCH_UP_SECONDS_MAX = 0.25;

/** Who trades, and their parts of all messages. */
const CAST: readonly {
  readonly name: string;
  readonly share: number;
  readonly strategy: (listings: readonly Listing[], random: Random) => Strategy;
}[] = [
  { name: 'MAKER1', share: 0.42, strategy: (listings, random) => new MarketMaker(listings, random) },
  { name: 'MAKER2', share: 0.42, strategy: (listings, random) => new MarketMaker(listings, random) },
  { name: 'TAKER1', share: 0.07, strategy: (listings, random) => new Taker(listings, random) },
  { name: 'TAKER2', share: 0.07, strategy: (listings, random) => new Taker(listings, random) },
  { name: 'WHALE', share: 0.02, strategy: (listings, random) => new IcebergTrader(listings, random) },
];

/** Connects the participants and lets them trade until the node says close. */
async function run(data: DemoThreadData): Promise<void> {
  const say = (message: FromDemoThread): void => parentPort?.postMessage(message);

  const listings = DEMO_INSTRUMENTS.map((instrument, index) => ({
    ...instrument,
    fair: fairPriceOf(index, instrument.centreTicks, data.seed),
  }));
  const symbols = listings.map(({ symbol }) => symbol);
  const desks = CAST.map(({ name, strategy }, index) => {
    const random = seededRandom(data.seed * 100 + index);
    return new Desk({
      name,
      password: data.passwords[name] ?? '',
      port: data.port,
      symbols,
      strategy: strategy(listings, random),
      onTrouble: (reason) => say({ kind: 'trouble', name, reason }),
    });
  });

  /** Gives every beat's messages to the participants, by their shares. */
  function trade(): NodeJS.Timeout {
    const random = seededRandom(data.seed);
    let credit = 0;
    let lastMs = performance.now();
    return setInterval(() => {
      const nowMs = performance.now();
      credit += data.messagesPerSecond * Math.min((nowMs - lastMs) / 1_000, CATCH_UP_SECONDS_MAX);
      lastMs = nowMs;
      const nowSeconds = Date.now() / 1_000;
      for (; credit >= 1; credit--) {
        let left = random();
        const index = CAST.findIndex(({ share }) => {
          left -= share;
          return left < 0;
        });
        desks.at(index)?.act(nowSeconds);
      }
    }, BEAT_MS);
  }

  let beat: NodeJS.Timeout | undefined;
  parentPort?.on('message', ({ kind }: ToDemoThread) => {
    if (kind !== 'close') return;
    clearInterval(beat);
    for (const desk of desks) desk.close();
    parentPort?.close();
  });

  try {
    await Promise.all(desks.map((desk) => desk.connect()));
    beat = trade();
    say({ kind: 'ready' });
  } catch (error) {
    const { message, code = '' } = error as Error & { code?: string };
    say({ kind: 'failed', code, reason: message });
  }
}

if (!isMainThread) await run(workerData as DemoThreadData);
