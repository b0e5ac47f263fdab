import { InstrumentKind, Phase, Role, SelfTradePrevention } from '#domain/commands.ts';
import { Limits } from '#domain/limits.ts';
import { RoleByName } from '#domain/permissions.ts';
import {
  choice,
  decimal,
  integer,
  list,
  mapping,
  object,
  optional,
  required,
  text,
  timeOfDay,
  type ValuesOf,
  withDefault,
} from './fields.ts';

const DECIMALS_MAX = 18;
const PPM_MAX = 1_000_000;
const COUNT_MAX = 2 ** 31 - 1;

const id = integer(1, Limits.ID_MAX);
const symbol = text('1 to 8 printable ASCII characters without spaces', /^[\x21-\x7e]{1,8}$/);
const ppm = integer(0, PPM_MAX);
const amount = integer(0, Number.MAX_SAFE_INTEGER);

const PHASES = {
  closed: Phase.Closed,
  'pre-open': Phase.PreOpen,
  'opening-auction': Phase.OpeningAuction,
  continuous: Phase.Continuous,
  halted: Phase.Halted,
  'closing-auction': Phase.ClosingAuction,
} as const;

const SELF_TRADE_PREVENTION = {
  'cancel-newest': SelfTradePrevention.CancelNewest,
  'cancel-oldest': SelfTradePrevention.CancelOldest,
  'cancel-both': SelfTradePrevention.CancelBoth,
  decrement: SelfTradePrevention.Decrement,
} as const;

export const ASSET = {
  id: required(id, 'number of the asset; never changes'),
  symbol: required(symbol, 'its name'),
  decimals: required(integer(0, DECIMALS_MAX), 'decimals of its minor unit: 2 for cents, 8 for satoshi'),
};

export const SCHEDULE_ENTRY = {
  at: required(timeOfDay(), 'when, every day, UTC'),
  phase: required(choice<Phase>(PHASES), 'the phase that begins then'),
};

export const INSTRUMENT = {
  id: required(id, "number of the instrument; never changes; also the feed's stock locate code, up to 65535"),
  symbol: required(symbol, 'its name on every door'),
  kind: withDefault(
    choice<InstrumentKind>({ spot: InstrumentKind.Spot, margined: InstrumentKind.Margined }),
    InstrumentKind.Spot,
    'spot: base against quote, pre-funded; margined: a position, with margin in the quote asset',
  ),
  base: optional(symbol, 'symbol of the asset that is traded; needed for spot'),
  quote: required(symbol, 'symbol of the asset that prices count'),
  tick: required(decimal(), 'smallest step of a price; its decimals are those of every price'),
  lot: required(decimal(), 'smallest step of a quantity; its decimals are those of every quantity'),
  contractSize: optional(
    decimal(),
    'margined: value of quantity 1 at price 1, in the quote asset; default 1',
  ),
  initialMargin: optional(decimal(), 'margined: margin for one lot, in the quote asset'),
  minQuantity: optional(decimal(), 'smallest order; default one lot'),
  maxQuantity: required(decimal(), 'largest order; OUCH and ITCH offer up to 4294967295 lots'),
  makerFeePpm: withDefault(ppm, 0, 'fee of the resting side, in millionths of the value'),
  takerFeePpm: withDefault(ppm, 0, 'fee of the incoming side'),
  collarPpm: withDefault(
    ppm,
    0,
    'limit prices farther than this from the reference are refused; 0: no check',
  ),
  marketProtectionPpm: withDefault(
    ppm,
    0,
    'a market order reaches at most this far beyond the reference; 0: no bound',
  ),
  staticBandPpm: withDefault(
    ppm,
    0,
    'a trade farther than this from the last auction starts a volatility auction; 0: no check',
  ),
  dynamicBandPpm: withDefault(
    ppm,
    0,
    'a trade farther than this from the last trade starts a volatility auction; 0: no check',
  ),
  volatilityAuctionSeconds: withDefault(integer(0, COUNT_MAX), 0, 'how long a volatility auction collects'),
  referencePrice: optional(decimal(), 'reference until there is a trade; market orders need one'),
  phase: withDefault(
    choice<Phase>(PHASES),
    Phase.Continuous as Phase,
    'the phase in which the instrument begins',
  ),
  selfTradePrevention: withDefault(
    choice<SelfTradePrevention>(SELF_TRADE_PREVENTION),
    SelfTradePrevention.CancelNewest as SelfTradePrevention,
    'what happens when two orders of one account meet, unless the order says otherwise',
  ),
  schedule: optional(
    list(object(SCHEDULE_ENTRY)),
    `daily phase changes, ascending, at most ${Limits.SCHEDULE_ENTRIES_MAX}`,
  ),
};

export const ACCOUNT_LIMITS = {
  ordersMax: withDefault(integer(0, COUNT_MAX), 0, 'open orders'),
  messagesPerSecondMax: withDefault(integer(0, COUNT_MAX), 0, 'order messages in one second'),
  orderQtyLotsMax: withDefault(amount, 0, 'quantity of one order, in lots'),
  orderValueMinorMax: withDefault(amount, 0, 'value of one order, in minor units of its quote asset'),
  positionLotsMax: withDefault(amount, 0, 'worst-case position in a margined instrument, in lots'),
  openValueMinorMax: withDefault(amount, 0, 'value of all open orders for each quote asset, in minor units'),
};

const userId = required(id, 'number of the user; never changes');
const loginName = required(
  text('1 to 24 letters, digits and . _ - @', /^[A-Za-z0-9._@-]{1,24}$/),
  'login name, without regard to case; over SoupBinTCP only those of up to 6 characters can log in',
);
const passwordFile = optional(
  text('the path of a file', /./),
  'file whose first line is the password, 1 to 10 printable ASCII characters; default: a password is made up and printed once',
);

export const USER = {
  id: userId,
  name: loginName,
  role: withDefault(
    choice<Role>(RoleByName),
    Role.Trader as Role,
    'what the user may do: [permissions](permissions.md)',
  ),
  passwordFile,
};

const { trader: _trader, 'market-maker': _marketMaker, ...STAFF_ROLES } = RoleByName;

export const STAFF = {
  id: userId,
  name: loginName,
  role: required(choice<Role>(STAFF_ROLES), 'what the user may do: [permissions](permissions.md)'),
  passwordFile,
};

export const ACCOUNT = {
  id: required(id, 'number of the account; never changes'),
  deposits: optional(mapping('asset symbols', decimal()), 'what it has when it is added'),
  limits: optional(object(ACCOUNT_LIMITS), 'its limits when it is added; 0: no limit'),
  users: optional(list(object(USER)), 'who may log in for it'),
};

export const VENUE = {
  assets: required(list(object(ASSET)), 'what accounts own'),
  instruments: required(list(object(INSTRUMENT)), 'what is traded'),
  accounts: withDefault(list(object(ACCOUNT)), [], 'who owns'),
  staff: withDefault(list(object(STAFF)), [], 'users without an account'),
};

/** The `venue:` section as it is written. */
export type VenueSection = ValuesOf<typeof VENUE>;
export type InstrumentSection = ValuesOf<typeof INSTRUMENT>;
export type AccountSection = ValuesOf<typeof ACCOUNT>;
export type UserSection = ValuesOf<typeof USER>;
