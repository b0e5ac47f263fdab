import { type Static, type TSchema, Type } from 'typebox';
import { InstrumentKind, Phase, SelfTradePrevention } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { added, closed, decimalText, flag, newId } from './admin-request-json.ts';
import { type Decimal, parseDecimal, scaled } from './decimal.ts';
import type { InstrumentDecimals } from './instrument-units.ts';
import {
  InstrumentKindName,
  KillScopeName,
  PhaseName,
  RegulatoryFieldsRuleName,
  SelfTradePreventionName,
} from './names.ts';
import { ExpireTime, FieldFault } from './order-request-json.ts';
import { PPM } from './scales.ts';
import { GivenId, oneOf, SymbolText } from './schemas.ts';

/** Commands of administration about assets, instruments and the venue, as clients ask for them. */

const DECIMALS_MAX = 18;
const SECONDS_MAX = 2 ** 31 - 1;
const CORE_VERSION_MAX = 2 ** 31 - 1;

export const AssetAdded = added('AssetAdded', 'asset', 'assetId');
export const InstrumentAdded = added('InstrumentAdded', 'instrument', 'instrumentId');

export const NewAsset = closed({
  assetId: newId('asset'),
  symbol: SymbolText,
  decimals: Type.Integer({
    minimum: 0,
    maximum: DECIMALS_MAX,
    description: 'of its minor unit: 2 for cents, 8 for satoshi',
  }),
});

const fraction = (what: string) => decimalText(`a fraction of one, in millionths: ${what}`);
const VolatilityAuctionSeconds = Type.Integer({
  minimum: 0,
  maximum: SECONDS_MAX,
  description: 'the seconds that a volatility auction collects',
});
const FEES = {
  makerFee: fraction('fee of the resting side'),
  takerFee: fraction('fee of the incoming side'),
};
const CONTROLS = {
  collar: fraction('farthest that a limit price may be from the reference'),
  marketProtection: fraction('farthest that a market order goes'),
  staticBand: fraction('a trade farther from the static reference starts a volatility auction'),
  dynamicBand: fraction('a trade farther from the last trade starts a volatility auction'),
};

const FEE_NAMES = ['makerFee', 'takerFee'] as const;
const CONTROL_NAMES = ['collar', 'marketProtection', 'staticBand', 'dynamicBand'] as const;

type InPpm<Names extends string> = { readonly [Name in Names as `${Name}Ppm`]: number };

const orZero = <Schema extends TSchema>(schema: Schema) =>
  Type.Optional({
    ...schema,
    description: `${(schema as { description?: string }).description}; default 0`,
  } as Schema);

/** An instrument by the rules that it is answered with; docs/matching.md says what they do. */
export const NewInstrument = closed({
  instrumentId: newId('instrument'),
  symbol: SymbolText,
  kind: oneOf(InstrumentKindName),
  baseAsset: Type.Optional(SymbolText),
  quoteAsset: SymbolText,
  tickSize: decimalText('smallest step of a price; its decimals are those of every price'),
  lotSize: decimalText('smallest step of a quantity; its decimals are those of every quantity'),
  contractSize: Type.Optional(decimalText('margined: value of quantity 1 at price 1; default 1')),
  initialMargin: Type.Optional(decimalText('margined: margin for one lot, in the quote asset')),
  minQuantity: Type.Optional(decimalText('smallest order; default one lot')),
  maxQuantity: decimalText('largest order'),
  makerFee: orZero(FEES.makerFee),
  takerFee: orZero(FEES.takerFee),
  collar: orZero(CONTROLS.collar),
  marketProtection: orZero(CONTROLS.marketProtection),
  staticBand: orZero(CONTROLS.staticBand),
  dynamicBand: orZero(CONTROLS.dynamicBand),
  volatilityAuctionSeconds: orZero(VolatilityAuctionSeconds),
  referencePrice: Type.Optional(decimalText('reference until there is a trade')),
  phase: Type.Optional(oneOf(PhaseName, 'in which it begins; default continuous')),
  selfTradePrevention: Type.Optional(
    oneOf(SelfTradePreventionName, 'for orders that do not say it; default cancel-newest'),
  ),
});

/** The decimals of a new instrument. */
export function instrumentDecimals(request: Static<typeof NewInstrument>): InstrumentDecimals {
  const read = (text: string) => parseDecimal(text) as Decimal;
  const optional = (text: string | undefined) => (text === undefined ? undefined : read(text));
  return {
    kind: InstrumentKindName.numberOf(request.kind) ?? InstrumentKind.Spot,
    tick: read(request.tickSize),
    lot: read(request.lotSize),
    contractSize: optional(request.contractSize),
    initialMargin: optional(request.initialMargin),
    minQuantity: optional(request.minQuantity),
    maxQuantity: read(request.maxQuantity),
    referencePrice: optional(request.referencePrice),
  };
}

/** The fractions of a new instrument in parts per million, as its command has them, or the first that is none. */
export function readFractions(
  request: Static<typeof NewInstrument>,
): InPpm<(typeof FEE_NAMES)[number] | (typeof CONTROL_NAMES)[number]> | FieldFault {
  return inPpm([...FEE_NAMES, ...CONTROL_NAMES], request);
}

/** All price controls of an instrument. Each must be said: one that is forgotten must not be turned off. */
export const NewPriceControls = closed({ ...CONTROLS, volatilityAuctionSeconds: VolatilityAuctionSeconds });

/** The fields of a SetPriceControls command, or the first that is none. */
export function readPriceControls(
  request: Static<typeof NewPriceControls>,
): (InPpm<(typeof CONTROL_NAMES)[number]> & { readonly volatilityAuctionSeconds: number }) | FieldFault {
  const fractions = inPpm(CONTROL_NAMES, request);
  if (fractions instanceof FieldFault) return fractions;
  return { ...fractions, volatilityAuctionSeconds: request.volatilityAuctionSeconds };
}

/** Both fees of an instrument. Each must be said, as of price controls. */
export const NewFees = closed(FEES);

/** The fields of a SetFees command, or the first that is none. */
export function readFees(request: Static<typeof NewFees>): InPpm<(typeof FEE_NAMES)[number]> | FieldFault {
  return inPpm(FEE_NAMES, request);
}

/** What orders in an instrument must have. */
export const NewOrderRules = closed({
  regulatoryFields: oneOf(
    RegulatoryFieldsRuleName,
    'required: capacity, execution decision, and client or investment decision',
  ),
});

function inPpm<Names extends string>(
  names: readonly Names[],
  request: { readonly [Name in Names]?: string },
): InPpm<Names> | FieldFault {
  const ppm: Record<string, number> = {};
  for (const name of names) {
    const parts = scaled(parseDecimal(request[name] ?? '0') as Decimal, PPM.decimals);
    if (parts === undefined || parts > 10 ** PPM.decimals)
      return new FieldFault(name, `must be 0 to 1 with at most ${PPM.decimals} decimals`);
    ppm[`${name}Ppm`] = parts;
  }
  return ppm as InPpm<Names>;
}

/** The phase and self-trade prevention that a new instrument begins with. */
export function readBeginning({ phase, selfTradePrevention }: Static<typeof NewInstrument>) {
  return {
    phase: (phase && PhaseName.numberOf(phase)) ?? Phase.Continuous,
    selfTradePrevention:
      (selfTradePrevention && SelfTradePreventionName.numberOf(selfTradePrevention)) ??
      SelfTradePrevention.CancelNewest,
  };
}

export const NewPhase = closed({
  phase: oneOf(PhaseName),
  nextPhase: Type.Optional(oneOf(PhaseName, 'what follows at endTime')),
  endTime: Type.Optional(ExpireTime),
});

const TimeOfDay = Type.String({
  pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$',
  maxLength: 8,
  description: 'a time of day in UTC, as 09:30:00',
});

/** The daily changes of an instrument's phase, all of them. */
export const NewSchedule = closed({
  changes: Type.Array(
    Type.Object({ time: TimeOfDay, phase: oneOf(PhaseName) }, { additionalProperties: false }),
    {
      maxItems: Limits.SCHEDULE_ENTRIES_MAX,
      description: `at most ${Limits.SCHEDULE_ENTRIES_MAX}, each later than the one before; none: no schedule`,
    },
  ),
});

/** The fields of a SetSchedule command, or the first change that is not later than the one before. */
export function readSchedule({
  changes,
}: Static<typeof NewSchedule>): { readonly [field: string]: number } | FieldFault {
  const fields: { [field: string]: number } = {};
  let last = -1;
  for (const [index, { time, phase }] of changes.entries()) {
    const [hours, minutes, seconds] = time.split(':').map(Number);
    const second = (hours * 60 + minutes) * 60 + seconds;
    if (second <= last) return new FieldFault(`changes.${index}.time`, 'must be later than the one before');
    last = second;
    fields[`secondOfDay${index}`] = second;
    fields[`phase${index}`] = PhaseName.numberOf(phase) as number;
  }
  return fields;
}

/** What a kill switch stops: the venue, or the one instrument, account or user that is named. */
export const NewKillSwitch = closed({
  scope: oneOf(KillScopeName),
  symbol: Type.Optional(SymbolText),
  accountId: Type.Optional(GivenId('with scope account')),
  userId: Type.Optional(GivenId('with scope user')),
  engaged: Type.Boolean({ description: 'true refuses new orders and replaces; cancels stay possible' }),
  cancelOrders: flag('also cancel what is open; default false'),
});

export const NewCoreVersion = closed({
  version: Type.Integer({
    minimum: 1,
    maximum: CORE_VERSION_MAX,
    description: 'the version in force, or the next',
  }),
});
