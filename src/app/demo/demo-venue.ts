import type { VenueDefinition } from '../config/compile-venue.ts';
import { parseConfiguration } from '../config/configuration.ts';
import { DEMO_TRADER } from './demo-passwords.ts';

/** The demo market's venue, as one would write it in a configuration file. */
export const DEMO_CONFIGURATION = `venue:
  assets:
    - { id: 1, symbol: USD, decimals: 2 }
    - { id: 2, symbol: BTC, decimals: 8 }
    - { id: 3, symbol: ETH, decimals: 8 }
    - { id: 4, symbol: HIVE, decimals: 0 }
  instruments:
    - id: 1
      symbol: BTCUSD
      base: BTC
      quote: USD
      tick: 0.01
      lot: 0.0001
      maxQuantity: 1000
      makerFeePpm: 20
      takerFeePpm: 100
      collarPpm: 100000
      marketProtectionPpm: 20000
      referencePrice: 65000.00
    - id: 2
      symbol: ETHUSD
      base: ETH
      quote: USD
      tick: 0.01
      lot: 0.001
      maxQuantity: 10000
      makerFeePpm: 20
      takerFeePpm: 100
      collarPpm: 100000
      marketProtectionPpm: 20000
      referencePrice: 3200.00
    - id: 3
      symbol: HIVE
      base: HIVE
      quote: USD
      tick: 0.01
      lot: 1
      maxQuantity: 100000
      takerFeePpm: 50
      collarPpm: 200000
      marketProtectionPpm: 30000
      dynamicBandPpm: 20000
      volatilityAuctionSeconds: 15
      referencePrice: 42.00
    - id: 4
      symbol: BTCFUT
      kind: margined
      base: BTC
      quote: USD
      tick: 0.5
      lot: 1
      contractSize: 0.01
      initialMargin: 65.00
      maxQuantity: 100000
      takerFeePpm: 50
      collarPpm: 100000
      marketProtectionPpm: 20000
      referencePrice: 65100.0
  accounts:
    - { id: 1, deposits: { USD: 1000000, BTC: 10, ETH: 100, HIVE: 10000 }, users: [{ id: 1, name: ${DEMO_TRADER} }] }
    - { id: 2, deposits: { USD: 10000000000, BTC: 100000, ETH: 1000000, HIVE: 100000000 }, users: [{ id: 2, name: MAKER1, role: market-maker }] }
    - { id: 3, deposits: { USD: 10000000000, BTC: 100000, ETH: 1000000, HIVE: 100000000 }, users: [{ id: 3, name: MAKER2, role: market-maker }] }
    - { id: 4, deposits: { USD: 10000000000, BTC: 100000, ETH: 1000000, HIVE: 100000000 }, users: [{ id: 4, name: TAKER1 }] }
    - { id: 5, deposits: { USD: 10000000000, BTC: 100000, ETH: 1000000, HIVE: 100000000 }, users: [{ id: 5, name: TAKER2 }] }
    - { id: 6, deposits: { USD: 10000000000, BTC: 100000, ETH: 1000000, HIVE: 100000000 }, users: [{ id: 6, name: WHALE }] }
`;

/** What the participants know of an instrument. */
export interface DemoInstrument {
  readonly symbol: string;
  /** Price around which the drift goes, in ticks. */
  readonly centreTicks: number;
  /** The size of a small order. */
  readonly unitLots: number;
  /** Distance of the best quotes from the fair price, in millionths. */
  readonly halfSpreadPpm: number;
}

export const DEMO_INSTRUMENTS: readonly DemoInstrument[] = [
  { symbol: 'BTCUSD', centreTicks: 6_500_000, unitLots: 100, halfSpreadPpm: 60 },
  { symbol: 'ETHUSD', centreTicks: 320_000, unitLots: 100, halfSpreadPpm: 90 },
  { symbol: 'HIVE', centreTicks: 4_200, unitLots: 10, halfSpreadPpm: 500 },
  { symbol: 'BTCFUT', centreTicks: 130_200, unitLots: 2, halfSpreadPpm: 80 },
];

export function demoVenue(): VenueDefinition {
  const { venue } = parseConfiguration('the demo market', DEMO_CONFIGURATION);
  return venue as VenueDefinition;
}
