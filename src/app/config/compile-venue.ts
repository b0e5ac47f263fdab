import { basename, dirname, resolve } from 'node:path';
import { countOf, type Decimal, scaled } from '#codec/json/decimal.ts';
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
  const { id, kind, tick, lot } = instrument;
  const isSpot = kind === InstrumentKind.Spot;
  const quote = assetNamed(instrument, 'quote', instrument.quote, assets, issues);
  const base =
    instrument.base === undefined
      ? undefined
      : assetNamed(instrument, 'base', instrument.base, assets, issues);
  if (isSpot && instrument.base === undefined) issues.addAt(instrument, 'base', 'is missing: spot needs one');
  if (isSpot && base !== undefined && base === quote) issues.addAt(instrument, 'base', 'is the quote asset');
  for (const key of ['contractSize', 'initialMargin'] as const) {
    if (isSpot && instrument[key] !== undefined) {
      issues.addAt(instrument, key, 'is for margined instruments only');
    }
  }
  for (const key of ['tick', 'lot'] as const) {
    const { units } = instrument[key];
    if (units === 0n || units > BigInt(Limits.ID_MAX)) {
      issues.addAt(
        instrument,
        key,
        `must have 1 to ${Limits.ID_MAX} as its digits, not ${instrument[key].text}`,
      );
    }
  }
  const inLots = (key: 'minQuantity' | 'maxQuantity', quantity: Decimal | undefined): number => {
    if (quantity === undefined) return 1;
    const lots = countOf(quantity, lot);
    if (lots !== undefined && lots >= 1 && lots <= Limits.QTY_LOTS_MAX) return lots;
    issues.addAt(
      instrument,
      key,
      `must be 1 to ${Limits.QTY_LOTS_MAX} lots of ${lot.text}, not ${quantity.text}`,
    );
    return 1;
  };
  const minQtyLots = inLots('minQuantity', instrument.minQuantity);
  const maxQtyLots = inLots('maxQuantity', instrument.maxQuantity);
  if (minQtyLots > maxQtyLots) issues.addAt(instrument, 'minQuantity', 'is above maxQuantity');
  return {
    add: {
      type: 'AddInstrument',
      instrumentId: id,
      symbol: instrument.symbol,
      kind,
      baseAssetId: base?.id ?? 0,
      quoteAssetId: quote?.id ?? 0,
      priceDecimals: tick.decimals,
      qtyDecimals: lot.decimals,
      tickSize: Number(tick.units),
      lotSize: Number(lot.units),
      ...valueOfTickLot(instrument, quote, issues),
      lotBaseMinor: isSpot && base !== undefined ? minorOfLot(instrument, base, issues) : 0,
      initialMarginMinor: marginOfLot(instrument, quote, issues),
      minQtyLots,
      maxQtyLots,
      makerFeePpm: instrument.makerFeePpm,
      takerFeePpm: instrument.takerFeePpm,
      collarPpm: instrument.collarPpm,
      marketProtectionPpm: instrument.marketProtectionPpm,
      staticBandPpm: instrument.staticBandPpm,
      dynamicBandPpm: instrument.dynamicBandPpm,
      volatilityAuctionSeconds: instrument.volatilityAuctionSeconds,
      referencePriceTicks: referenceTicks(instrument, issues),
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

/** Minor units of the quote asset in one tick times one lot, as the smallest fraction. */
function valueOfTickLot(
  instrument: InstrumentSection,
  quote: Asset | undefined,
  issues: Issues,
): { valueNumerator: number; valueDenominator: number } {
  const { tick, lot, contractSize } = instrument;
  const decimals = tick.decimals + lot.decimals + (contractSize?.decimals ?? 0);
  const numerator =
    tick.units * lot.units * (contractSize?.units ?? 1n) * 10n ** BigInt(quote?.decimals ?? 0);
  const denominator = 10n ** BigInt(decimals);
  const divisor = greatestCommonDivisor(numerator, denominator);
  const fraction = {
    valueNumerator: Number(divisor === 0n ? 0n : numerator / divisor),
    valueDenominator: Number(divisor === 0n ? 1n : denominator / divisor),
  };
  const largest = Math.max(fraction.valueNumerator, fraction.valueDenominator);
  // A tick or lot of 0 has been reported as that.
  const isPossible = numerator > 0n || contractSize?.units === 0n;
  if (isPossible && (numerator === 0n || largest > Number.MAX_SAFE_INTEGER)) {
    issues.addAt(
      instrument,
      'tick',
      `the value of one tick times one lot, in minor units of ${instrument.quote}, is not a fraction of integers below 2^53`,
    );
  }
  return fraction;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

function minorOfLot(instrument: InstrumentSection, base: Asset, issues: Issues): number {
  const minor = scaled(instrument.lot, base.decimals);
  if (minor === undefined) {
    issues.addAt(
      instrument,
      'lot',
      `${instrument.lot.text} ${base.symbol} is not a whole number of its minor unit (${base.decimals} decimals)`,
    );
  }
  return minor ?? 0;
}

function marginOfLot(instrument: InstrumentSection, quote: Asset | undefined, issues: Issues): number {
  const { initialMargin } = instrument;
  if (initialMargin === undefined || quote === undefined) return 0;
  const minor = scaled(initialMargin, quote.decimals);
  if (minor === undefined) {
    issues.addAt(
      instrument,
      'initialMargin',
      `${initialMargin.text} is not a whole number of ${quote.symbol}'s minor unit (${quote.decimals} decimals)`,
    );
  }
  return minor ?? 0;
}

function referenceTicks(instrument: InstrumentSection, issues: Issues): number {
  const { referencePrice, tick } = instrument;
  if (referencePrice === undefined) return 0;
  const ticks = countOf(referencePrice, tick);
  if (ticks !== undefined && ticks >= 1 && ticks <= Limits.PRICE_TICKS_MAX) return ticks;
  issues.addAt(
    instrument,
    'referencePrice',
    `must be 1 to ${Limits.PRICE_TICKS_MAX} ticks of ${tick.text}, not ${referencePrice.text}`,
  );
  return 0;
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
        `${quantity.text} must be a positive whole number, below 2^53, of ${symbol}'s minor unit (${asset.decimals} decimals)`,
      );
    } else {
      deposits.push({ type: 'Deposit', accountId: account.id, assetId: asset.id, amountMinor });
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
