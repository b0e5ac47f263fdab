import { basename, dirname, resolve } from 'node:path';
import { scaled } from '#codec/json/decimal.ts';
import { instrumentUnits } from '#codec/json/instrument-units.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { InstrumentKind, type Role } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import type { Issues } from './issues.ts';
import type { AccountSection, InstrumentSection, UserSection, VenueSection } from './venue-section.ts';

/** What a venue should have, as the commands that add it. */
export interface VenueDefinition {
  readonly assets: readonly CommandInput<'AddAsset'>[];
  readonly instruments: readonly InstrumentDefinition[];
  readonly accounts: readonly AccountDefinition[];
  /** Users without an account. */
  readonly staff: readonly UserDefinition[];
  /** What the commands that add it give as their reason. */
  readonly source: string;
}

export interface InstrumentDefinition {
  readonly add: CommandInput<'AddInstrument'>;
  readonly schedule: CommandInput<'SetSchedule'> | undefined;
}

export interface AccountDefinition {
  readonly accountId: number;
  readonly deposits: readonly CommandInput<'Deposit'>[];
  readonly limits: CommandInput<'SetAccountLimits'> | undefined;
  readonly users: readonly UserDefinition[];
}

export interface UserDefinition {
  readonly userId: number;
  readonly name: string;
  readonly role: Role;
  /** Undefined: a password is made up. */
  readonly passwordFile: string | undefined;
}

type Asset = VenueSection['assets'][number];

/**
 * Turns the section into commands; everything that contradicts itself goes to `issues`, and the result is then unusable.
 * @param file where it stands; the paths of password files are relative to its directory
 */
export function compileVenue(venue: VenueSection, file: string, issues: Issues): VenueDefinition {
  const directory = dirname(file);
  refuseRepeats(venue.assets, ['id', 'symbol'], issues);
  refuseRepeats(venue.instruments, ['id', 'symbol'], issues);
  refuseRepeats(venue.accounts, ['id'], issues);
  refuseRepeats(
    [...venue.accounts.flatMap(({ users = [] }) => users), ...venue.staff],
    ['id', 'name'],
    issues,
  );
  const assets = new Map(venue.assets.map((asset) => [asset.symbol, asset]));
  return {
    assets: venue.assets.map(({ id, symbol, decimals }) => ({
      type: 'AddAsset',
      assetId: id,
      symbol,
      decimals,
    })),
    instruments: venue.instruments.map((instrument) => compileInstrument(instrument, assets, issues)),
    accounts: venue.accounts.map((account) => compileAccount(account, assets, directory, issues)),
    staff: venue.staff.map((user) => compileUser(user, directory)),
    source: `venue section of ${basename(file)}`,
  };
}

function refuseRepeats<Key extends string>(
  items: readonly (object & { readonly [K in Key]: unknown })[],
  keys: readonly Key[],
  issues: Issues,
): void {
  for (const key of keys) {
    const seen = new Set<unknown>();
    for (const item of items) {
      // Login names are compared without regard to case.
      const value = key === 'name' ? String(item[key]).toLowerCase() : item[key];
      if (seen.has(value)) issues.addAt(item, key, `${item[key]} is used twice`);
      seen.add(value);
    }
  }
}

function compileInstrument(
  instrument: InstrumentSection,
  assets: ReadonlyMap<string, Asset>,
  issues: Issues,
): InstrumentDefinition {
  const { id, kind } = instrument;
  const quote = assetNamed(instrument, 'quote', instrument.quote, assets, issues);
  const base =
    instrument.base === undefined
      ? undefined
      : assetNamed(instrument, 'base', instrument.base, assets, issues);
  if (kind === InstrumentKind.Spot && instrument.base === undefined)
    issues.addAt(instrument, 'base', 'is missing: spot needs one');
  return {
    add: {
      type: 'AddInstrument',
      instrumentId: id,
      symbol: instrument.symbol,
      kind,
      baseAssetId: base?.id ?? 0,
      quoteAssetId: quote?.id ?? 0,
      ...instrumentUnits(instrument, base, quote, (field, message) =>
        issues.addAt(instrument, field, message),
      ),
      makerFeePpm: instrument.makerFeePpm,
      takerFeePpm: instrument.takerFeePpm,
      collarPpm: instrument.collarPpm,
      marketProtectionPpm: instrument.marketProtectionPpm,
      staticBandPpm: instrument.staticBandPpm,
      dynamicBandPpm: instrument.dynamicBandPpm,
      volatilityAuctionSeconds: instrument.volatilityAuctionSeconds,
      phase: instrument.phase,
      selfTradePrevention: instrument.selfTradePrevention,
    },
    schedule: compileSchedule(instrument, issues),
  };
}

function assetNamed(
  owner: object,
  key: string,
  symbol: string,
  assets: ReadonlyMap<string, Asset>,
  issues: Issues,
): Asset | undefined {
  const asset = assets.get(symbol);
  if (asset === undefined) {
    issues.addAt(owner, key, `${symbol} is not one of venue.assets: ${[...assets.keys()].join(', ')}`);
  }
  return asset;
}

function compileSchedule(
  instrument: InstrumentSection,
  issues: Issues,
): CommandInput<'SetSchedule'> | undefined {
  const { schedule = [] } = instrument;
  if (schedule.length === 0) return undefined;
  if (schedule.length > Limits.SCHEDULE_ENTRIES_MAX) {
    issues.addAt(
      instrument,
      'schedule',
      `has ${schedule.length} entries, at most ${Limits.SCHEDULE_ENTRIES_MAX}`,
    );
  }
  for (let entry = 1; entry < schedule.length; entry++) {
    if (schedule[entry].at <= schedule[entry - 1].at) {
      issues.addAt(schedule[entry], 'at', 'must be later than the entry before');
    }
  }
  const numbered = schedule.flatMap(({ at, phase }, entry) => [
    [`secondOfDay${entry}`, at],
    [`phase${entry}`, phase],
  ]);
  return { type: 'SetSchedule', instrumentId: instrument.id, ...Object.fromEntries(numbered) };
}

function compileAccount(
  account: AccountSection,
  assets: ReadonlyMap<string, Asset>,
  directory: string,
  issues: Issues,
): AccountDefinition {
  const deposits: CommandInput<'Deposit'>[] = [];
  for (const [symbol, quantity] of Object.entries(account.deposits ?? {})) {
    const asset = assetNamed(account.deposits as object, symbol, symbol, assets, issues);
    if (asset === undefined) continue;
    const amountMinor = scaled(quantity, asset.decimals);
    if (amountMinor === undefined || amountMinor === 0) {
      issues.addAt(
        account.deposits as object,
        symbol,
        `${quantity.text} must be a positive whole number, below 2^53, of ${symbol}'s minor unit (decimals: ${asset.decimals})`,
      );
    } else {
      // The same on every node with this section: whichever adds the account, the money comes once.
      const requestId = `venue account ${account.id} ${symbol}`;
      deposits.push({ type: 'Deposit', accountId: account.id, assetId: asset.id, amountMinor, requestId });
    }
  }
  return {
    accountId: account.id,
    deposits,
    limits:
      account.limits === undefined
        ? undefined
        : { type: 'SetAccountLimits', accountId: account.id, ...account.limits },
    users: (account.users ?? []).map((user) => compileUser(user, directory)),
  };
}

function compileUser(user: UserSection, directory: string): UserDefinition {
  const { id: userId, name, role, passwordFile } = user;
  return {
    userId,
    name,
    role,
    passwordFile: passwordFile === undefined ? undefined : resolve(directory, passwordFile),
  };
}
