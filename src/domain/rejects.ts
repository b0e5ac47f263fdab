/**
 * The one table of refusals. Codes come in ranges by stage and are never reused; the order within a stage is
 * the order of precedence (docs/matching.md has the exceptions). `transient` tells a client whether the same command can succeed later unchanged.
 *
 * Over OUCH 5.0 the two-byte reject reason is this code. What HTTP answers is in `HttpStatusOfReject` below; FIX comes
 * with its door.
 */
interface RejectRow {
  readonly code: number;
  readonly meaning: string;
  readonly transient: boolean;
}

const row = (code: number, meaning: string, transient = false): RejectRow => ({ code, meaning, transient });

export const Rejects = {
  // 1-99: the command itself
  MALFORMED_COMMAND: row(1, 'the command has an unknown type, a wrong size or a field outside its range'),
  UNKNOWN_USER: row(2, 'no such user'),
  USER_DISABLED: row(3, 'the user is disabled'),
  NOT_ALLOWED: row(4, "the user's role does not allow this command, or not for others"),
  UNKNOWN_ACCOUNT: row(5, 'no such account'),
  UNKNOWN_INSTRUMENT: row(6, 'no such instrument'),
  UNKNOWN_ASSET: row(7, 'no such asset'),
  UNKNOWN_API_KEY: row(8, 'no such API key'),
  UNKNOWN_SESSION: row(9, 'no such open session of the user'),
  ALREADY_EXISTS: row(10, 'the id or name is already taken'),
  CAPACITY: row(11, 'a named limit of the venue is reached: no more rows of this kind'),
  INVALID_CONFIGURATION: row(12, 'the fields contradict each other: see the documentation of the command'),
  UNSUPPORTED_CORE_VERSION: row(13, 'the version is neither the one in force nor the next one'),
  DUPLICATE_REQUEST_ID: row(
    14,
    'the request was applied already, or the sender used its requestId for another one',
  ),
  LAST_ADMIN: row(
    15,
    'the venue would have no enabled user with the role admin and a credential: add one first',
  ),
  UNKNOWN_TRADE: row(16, 'there was no such trade, or not as the command says'),
  TRADE_CANCELED: row(17, 'the trade was canceled already'),
  OPEN_ORDERS: row(18, 'open buy orders hold money for lower fees: cancel them first', true),

  // 100-199: identity of the order
  DUPLICATE_CLIENT_ORDER_ID: row(100, 'clientOrderId must be greater than every one the user sent before'),
  UNKNOWN_ORDER: row(101, 'no live order with this clientOrderId'),
  OCO_PARTNER_UNUSABLE: row(
    102,
    'the OCO partner is not a live, unlinked order of the same user and instrument',
  ),
  DUPLICATE_CLIENT_TAG: row(103, 'the user has an order with this text, or had one lately'),
  CLIENT_ORDER_ID_LIMIT: row(
    104,
    'clientOrderIds end at 2^31 - 1: who has used that one can cancel, and has to enter orders as another user',
  ),

  // 200-299: terms of the order
  INVALID_SIDE: row(200, 'side must be buy or sell'),
  INVALID_ORDER_TYPE: row(201, 'unknown order type'),
  INVALID_TIME_IN_FORCE: row(202, 'unknown time in force, or one that this order type does not allow'),
  INVALID_FLAGS: row(203, 'unknown or contradictory order flags'),
  INVALID_PRICE: row(204, 'a limit price must be 1 to 2^31 - 1 ticks; a market or stop order has none'),
  INVALID_STOP_PRICE: row(
    205,
    'a stop needs a stop price of 1 to 2^31 - 1 ticks that is not yet reached; others have none',
  ),
  INVALID_QUANTITY: row(206, "the quantity is not an integer within the instrument's minimum and maximum"),
  INVALID_DISPLAY_QUANTITY: row(
    207,
    'the display quantity must be 0 or 1 up to the quantity, on a resting order',
  ),
  INVALID_MINIMUM_QUANTITY: row(208, 'the minimum quantity must not exceed the quantity'),
  INVALID_EXPIRY: row(209, 'a good-till-date order needs an expiry in the future; others have none'),
  VALUE_TOO_LARGE: row(210, 'price times quantity is not exact below 2^53 minor units'),
  NOTHING_TO_REPLACE: row(211, 'the new total quantity is not above what is already executed'),
  INVALID_SELF_TRADE_PREVENTION: row(212, 'unknown self-trade prevention mode'),
  NO_REFERENCE_PRICE: row(
    213,
    'a market order needs a last trade or reference price for its protection',
    true,
  ),
  INVALID_REGULATORY_FIELDS: row(214, 'unknown or contradictory trading capacity, flags or parties'),
  REGULATORY_FIELDS_MISSING: row(
    215,
    'the instrument asks for capacity, execution decision, and client or investment decision',
  ),

  // 300-399: state of the market
  KILL_SWITCH_VENUE: row(300, 'the venue is stopped by its kill switch', true),
  KILL_SWITCH_INSTRUMENT: row(301, 'the instrument is stopped by its kill switch', true),
  KILL_SWITCH_ACCOUNT: row(302, 'the account is stopped by its kill switch', true),
  KILL_SWITCH_USER: row(303, 'the user is stopped by its kill switch', true),
  PHASE: row(304, "not possible in the instrument's current phase", true),

  // 400-499: risk
  THROTTLED: row(400, 'more messages in this second than the account may send', true),
  TOO_MANY_OPEN_ORDERS: row(401, 'the account has its maximum of open orders', true),
  ORDER_QUANTITY_LIMIT: row(402, "above the account's maximum quantity of an order"),
  ORDER_VALUE_LIMIT: row(403, "above the account's maximum value of an order"),
  PRICE_COLLAR: row(404, 'the price is outside the collar around the reference price', true),
  POSITION_LIMIT: row(405, "the worst case would pass the account's position limit", true),
  OPEN_VALUE_LIMIT: row(406, "the account's open orders would pass its value limit", true),
  INSUFFICIENT_FUNDS: row(407, 'available funds do not cover the order, its fees or the withdrawal', true),
  INSUFFICIENT_MARGIN: row(408, 'available funds do not cover the initial margin of the worst case', true),
  ORDER_CAPACITY: row(409, 'the venue holds its maximum of live orders', true),
} as const satisfies Record<string, RejectRow>;

export type RejectName = keyof typeof Rejects;

/** Reject codes by name, as plain numbers for the hot path. 0 is "not rejected". */
export const RejectCode = Object.fromEntries(
  Object.entries(Rejects).map(([name, reject]) => [name, reject.code]),
) as { readonly [Name in RejectName]: (typeof Rejects)[Name]['code'] };

/** Not rejected. */
export const ACCEPTED = 0;

const NAMES = new Map<number, RejectName>(
  Object.entries(Rejects).map(([name, reject]) => [reject.code, name as RejectName]),
);

/** The name of a reject code, or undefined for a number that is not in the table. */
export function rejectName(code: number): RejectName | undefined {
  return NAMES.get(code);
}

/**
 * The HTTP status of each reject (RFC 9110): 400 and 422 the request can never be right as it is, 403 not for this sender, 404
 * what it names is not there, 409 the state is against it, 429 too fast, 503 the venue is full. Whether a retry can help says `transient`.
 */
export const HttpStatusOfReject = {
  MALFORMED_COMMAND: 400,
  UNKNOWN_USER: 404,
  USER_DISABLED: 403,
  NOT_ALLOWED: 403,
  UNKNOWN_ACCOUNT: 404,
  UNKNOWN_INSTRUMENT: 404,
  UNKNOWN_ASSET: 404,
  UNKNOWN_API_KEY: 404,
  UNKNOWN_SESSION: 404,
  ALREADY_EXISTS: 409,
  CAPACITY: 409,
  INVALID_CONFIGURATION: 422,
  UNSUPPORTED_CORE_VERSION: 422,
  DUPLICATE_REQUEST_ID: 409,
  LAST_ADMIN: 409,
  UNKNOWN_TRADE: 404,
  TRADE_CANCELED: 409,
  OPEN_ORDERS: 409,
  DUPLICATE_CLIENT_ORDER_ID: 409,
  UNKNOWN_ORDER: 404,
  OCO_PARTNER_UNUSABLE: 409,
  DUPLICATE_CLIENT_TAG: 409,
  CLIENT_ORDER_ID_LIMIT: 409,
  INVALID_SIDE: 422,
  INVALID_ORDER_TYPE: 422,
  INVALID_TIME_IN_FORCE: 422,
  INVALID_FLAGS: 422,
  INVALID_PRICE: 422,
  INVALID_STOP_PRICE: 422,
  INVALID_QUANTITY: 422,
  INVALID_DISPLAY_QUANTITY: 422,
  INVALID_MINIMUM_QUANTITY: 422,
  INVALID_EXPIRY: 422,
  VALUE_TOO_LARGE: 422,
  NOTHING_TO_REPLACE: 409,
  INVALID_SELF_TRADE_PREVENTION: 422,
  NO_REFERENCE_PRICE: 409,
  INVALID_REGULATORY_FIELDS: 422,
  REGULATORY_FIELDS_MISSING: 422,
  KILL_SWITCH_VENUE: 409,
  KILL_SWITCH_INSTRUMENT: 409,
  KILL_SWITCH_ACCOUNT: 409,
  KILL_SWITCH_USER: 409,
  PHASE: 409,
  THROTTLED: 429,
  TOO_MANY_OPEN_ORDERS: 409,
  ORDER_QUANTITY_LIMIT: 422,
  ORDER_VALUE_LIMIT: 422,
  PRICE_COLLAR: 409,
  POSITION_LIMIT: 409,
  OPEN_VALUE_LIMIT: 409,
  INSUFFICIENT_FUNDS: 409,
  INSUFFICIENT_MARGIN: 409,
  ORDER_CAPACITY: 503,
} as const satisfies Record<RejectName, number>;
