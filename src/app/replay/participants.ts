import { Role } from '#domain/commands.ts';
import { ReplayUser } from '#replay/market/venue-setup.ts';
import type { VenueDefinition } from '../config/compile-venue.ts';
import type { VenueHost } from '../operator.ts';
import { generatePassword, setUpVenue, type VenueSetup } from '../venue-setup.ts';

/** Numbers of what replay alone uses are above this: far from those that people give. */
const BASE = 2_000_000_000;

/** The asset in which every recorded market is traded here: no account of people has any. */
export const REPLAY_QUOTE = { assetId: BASE + 1, symbol: 'USD.R', decimals: 2 } as const;
/** What is traded, by the decimals of its quantities. */
const BASES = [
  { assetId: BASE + 2, symbol: 'SHARE.R', decimals: 0 },
  { assetId: BASE + 3, symbol: 'COIN.R', decimals: 8 },
] as const;

/** The participants, by the users that src/replay gives their parts to. */
const NAMES = {
  [ReplayUser.RestingBuy]: 'replay.bids',
  [ReplayUser.RestingSell]: 'replay.asks',
  [ReplayUser.AggressorBuy]: 'replay.buyer',
  [ReplayUser.AggressorSell]: 'replay.seller',
} as const;

/** What each buyer has in money and each seller of each base asset: two of each together stay below 2^53. */
const DEPOSIT_MINOR = 2 ** 51;

/** The users of the venue, each with an account of the same number. */
export const PARTICIPANTS: readonly number[] = Object.keys(NAMES).map((user) => participantOf(Number(user)));
/** Those whose orders rest. */
export const RESTING_PARTICIPANTS = [ReplayUser.RestingBuy, ReplayUser.RestingSell].map(participantOf);

/** The venue's user for a user of src/replay. */
export function participantOf(replayUser: number): number {
  return BASE + replayUser;
}

/** The asset of which `decimals` are those of quantities; undefined: there is none. */
export function baseAssetOf(decimals: number): number | undefined {
  return BASES.find((asset) => asset.decimals === decimals)?.assetId;
}

/**
 * Adds what a replay in this venue needs and what is the same for all recordings: assets, and participants with their money.
 * Nobody knows their passwords.
 * @throws VenueSetupError when the venue refuses a command
 */
export function setUpReplay(host: VenueHost): Promise<VenueSetup> {
  return setUpVenue(host, replayVenue(), generatePassword);
}

function replayVenue(): VenueDefinition {
  return {
    assets: [REPLAY_QUOTE, ...BASES].map((asset) => ({ type: 'AddAsset', ...asset })),
    instruments: [],
    accounts: Object.entries(NAMES).map(([user, name]) => {
      const accountId = participantOf(Number(user));
      const buys = Number(user) === ReplayUser.RestingBuy || Number(user) === ReplayUser.AggressorBuy;
      const assets = buys ? [REPLAY_QUOTE] : BASES;
      return {
        accountId,
        deposits: assets.map(({ assetId }) => ({
          type: 'Deposit',
          accountId,
          assetId,
          amountMinor: DEPOSIT_MINOR,
          requestId: `replay-${accountId}-${assetId}`,
        })),
        limits: undefined,
        users: [{ userId: accountId, name, role: Role.Trader, passwordFile: undefined }],
      };
    }),
    staff: [],
    source: 'replay section of the configuration',
  };
}

/** Where the numbers of its instruments begin. */
export const FIRST_INSTRUMENT_ID = BASE + 1;

const SYMBOL_CHARS = 6;

/** The name in this venue of a recorded instrument: at most 8 characters, and never that of the market it comes from. */
export function liveSymbol(recorded: string): string {
  return `${recorded.slice(0, SYMBOL_CHARS)}.R`;
}
