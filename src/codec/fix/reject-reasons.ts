import { type RejectName, Rejects } from '#domain/rejects.ts';
import { FixVersion } from './dictionary/versions.ts';

/** OrdRejReason (103) and CxlRejReason (102) of a refusal, as FIX 5.0 SP2 counts them. */
interface FixReasons {
  readonly ordRejReason: number;
  readonly cxlRejReason: number;
}

/** OrdRejReason (103): why an order is refused. */
export const OrdRejReason = {
  ExchangeOption: 0,
  UnknownSymbol: 1,
  ExchangeClosed: 2,
  ExceedsLimit: 3,
  UnknownOrder: 5,
  DuplicateOrder: 6,
  UnsupportedCharacteristic: 11,
  IncorrectQuantity: 13,
  UnknownAccount: 15,
  PriceBand: 16,
  Other: 99,
} as const;

/** CxlRejReason (102): why a cancel or a replace is refused. */
export const CxlRejReason = {
  TooLate: 0,
  UnknownOrder: 1,
  ExchangeOption: 2,
  Duplicate: 6,
  PriceBand: 8,
  Other: 99,
} as const;

const reasons = (ordRejReason: number, cxlRejReason: number = CxlRejReason.Other): FixReasons => ({
  ordRejReason,
  cxlRejReason,
});

const OTHER = reasons(OrdRejReason.Other);
const UNSUPPORTED = reasons(OrdRejReason.UnsupportedCharacteristic);
const QUANTITY = reasons(OrdRejReason.IncorrectQuantity);
const CLOSED = reasons(OrdRejReason.ExchangeClosed, CxlRejReason.ExchangeOption);
const STOPPED = reasons(OrdRejReason.ExchangeOption, CxlRejReason.ExchangeOption);
const LIMIT = reasons(OrdRejReason.ExceedsLimit);

/** What each refusal of the platform is in FIX. */
export const FIX_REASONS: Readonly<Record<RejectName, FixReasons>> = {
  MALFORMED_COMMAND: OTHER,
  UNKNOWN_USER: OTHER,
  USER_DISABLED: OTHER,
  NOT_ALLOWED: OTHER,
  UNKNOWN_ACCOUNT: reasons(OrdRejReason.UnknownAccount),
  UNKNOWN_INSTRUMENT: reasons(OrdRejReason.UnknownSymbol),
  UNKNOWN_ASSET: OTHER,
  UNKNOWN_API_KEY: OTHER,
  UNKNOWN_SESSION: OTHER,
  UNKNOWN_TRADE: OTHER,
  TRADE_CANCELED: OTHER,
  OPEN_ORDERS: OTHER,
  ALREADY_EXISTS: OTHER,
  CAPACITY: OTHER,
  INVALID_CONFIGURATION: OTHER,
  DUPLICATE_REQUEST_ID: OTHER,
  LAST_ADMIN: OTHER,
  UNSUPPORTED_CORE_VERSION: OTHER,
  DUPLICATE_CLIENT_ORDER_ID: reasons(OrdRejReason.DuplicateOrder, CxlRejReason.Duplicate),
  UNKNOWN_ORDER: reasons(OrdRejReason.UnknownOrder, CxlRejReason.UnknownOrder),
  OCO_PARTNER_UNUSABLE: reasons(OrdRejReason.UnknownOrder),
  DUPLICATE_CLIENT_TAG: reasons(OrdRejReason.DuplicateOrder, CxlRejReason.Duplicate),
  CLIENT_ORDER_ID_LIMIT: OTHER,
  INVALID_SIDE: UNSUPPORTED,
  INVALID_ORDER_TYPE: UNSUPPORTED,
  INVALID_TIME_IN_FORCE: UNSUPPORTED,
  INVALID_FLAGS: UNSUPPORTED,
  INVALID_PRICE: OTHER,
  INVALID_STOP_PRICE: OTHER,
  INVALID_QUANTITY: QUANTITY,
  INVALID_DISPLAY_QUANTITY: QUANTITY,
  INVALID_MINIMUM_QUANTITY: QUANTITY,
  INVALID_EXPIRY: OTHER,
  VALUE_TOO_LARGE: LIMIT,
  NOTHING_TO_REPLACE: reasons(OrdRejReason.IncorrectQuantity, CxlRejReason.TooLate),
  INVALID_SELF_TRADE_PREVENTION: UNSUPPORTED,
  NO_REFERENCE_PRICE: OTHER,
  INVALID_REGULATORY_FIELDS: UNSUPPORTED,
  REGULATORY_FIELDS_MISSING: UNSUPPORTED,
  KILL_SWITCH_VENUE: CLOSED,
  KILL_SWITCH_INSTRUMENT: CLOSED,
  KILL_SWITCH_ACCOUNT: STOPPED,
  KILL_SWITCH_USER: STOPPED,
  PHASE: CLOSED,
  THROTTLED: OTHER,
  TOO_MANY_OPEN_ORDERS: LIMIT,
  ORDER_QUANTITY_LIMIT: LIMIT,
  ORDER_VALUE_LIMIT: LIMIT,
  PRICE_COLLAR: reasons(OrdRejReason.PriceBand, CxlRejReason.PriceBand),
  POSITION_LIMIT: LIMIT,
  OPEN_VALUE_LIMIT: LIMIT,
  INSUFFICIENT_FUNDS: LIMIT,
  INSUFFICIENT_MARGIN: LIMIT,
  ORDER_CAPACITY: OTHER,
};

/** The largest values that FIX 4.2 has. */
const ORD_MAX_42 = 8;
const CXL_MAX_42 = 3;
/** The largest values below 99 that FIX 4.4 has. */
const ORD_MAX_44 = 15;
const CXL_MAX_44 = 6;

/** OrdRejReason of a refusal in a version: what the version lacks is "broker / exchange option" in 4.2, else "other". */
export function ordRejReasonOf(version: FixVersion, name: RejectName): number {
  return inVersion(
    version,
    FIX_REASONS[name].ordRejReason,
    ORD_MAX_42,
    OrdRejReason.ExchangeOption,
    ORD_MAX_44,
  );
}

/** CxlRejReason of a refusal in a version, likewise. */
export function cxlRejReasonOf(version: FixVersion, name: RejectName): number {
  return inVersion(
    version,
    FIX_REASONS[name].cxlRejReason,
    CXL_MAX_42,
    CxlRejReason.ExchangeOption,
    CXL_MAX_44,
  );
}

function inVersion(
  version: FixVersion,
  reason: number,
  max42: number,
  other42: number,
  max44: number,
): number {
  if (version === FixVersion.Fix42) return reason <= max42 ? reason : other42;
  if (version === FixVersion.Fix44) return reason <= max44 ? reason : OrdRejReason.Other;
  return reason;
}

/** Text (58) of a refusal: our code, its name and its meaning. */
export function rejectText(name: RejectName): string {
  const { code, meaning } = Rejects[name];
  return `${code} ${name}: ${meaning}`;
}
