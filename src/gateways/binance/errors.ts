import { UnknownTermsError } from '#codec/json/scales.ts';
import { ArchiveRefusedError } from '#domain/history.ts';
import { type RejectName, Rejects, rejectName } from '#domain/rejects.ts';
import { type AccessCode, type AccessRefusal, AccessRefusals } from '../identity/access-refusal.ts';
import { UserUnavailableError } from '../orders/order-desk.ts';
import type { Outcome } from '../orders/requests.ts';

/** Codes of Binance's error table that this dialect uses, with the HTTP status of each. */
export const BinanceCode = {
  UNKNOWN: { code: -1000, httpStatus: 500 },
  DISCONNECTED: { code: -1001, httpStatus: 503 },
  TOO_MANY_REQUESTS: { code: -1003, httpStatus: 429 },
  TIMEOUT: { code: -1007, httpStatus: 504 },
  SERVER_BUSY: { code: -1008, httpStatus: 503 },
  INVALID_MESSAGE: { code: -1013, httpStatus: 400 },
  TOO_MANY_ORDERS: { code: -1015, httpStatus: 429 },
  SERVICE_SHUTTING_DOWN: { code: -1016, httpStatus: 503 },
  UNSUPPORTED_OPERATION: { code: -1020, httpStatus: 404 },
  INVALID_TIMESTAMP: { code: -1021, httpStatus: 400 },
  INVALID_SIGNATURE: { code: -1022, httpStatus: 400 },
  ILLEGAL_CHARS: { code: -1100, httpStatus: 400 },
  TOO_MANY_PARAMETERS: { code: -1101, httpStatus: 400 },
  MANDATORY_PARAM_EMPTY_OR_MALFORMED: { code: -1102, httpStatus: 400 },
  UNREAD_PARAMETERS: { code: -1104, httpStatus: 400 },
  PARAM_NOT_REQUIRED: { code: -1106, httpStatus: 400 },
  BAD_PRECISION: { code: -1111, httpStatus: 400 },
  INVALID_TIF: { code: -1115, httpStatus: 400 },
  INVALID_ORDER_TYPE: { code: -1116, httpStatus: 400 },
  INVALID_SIDE: { code: -1117, httpStatus: 400 },
  BAD_INTERVAL: { code: -1120, httpStatus: 400 },
  BAD_SYMBOL: { code: -1121, httpStatus: 400 },
  INVALID_SYMBOLSTATUS: { code: -1122, httpStatus: 400 },
  INVALID_LISTEN_KEY: { code: -1125, httpStatus: 400 },
  LOOKUP_TOO_BIG: { code: -1127, httpStatus: 400 },
  OPTIONAL_PARAMS_BAD_COMBO: { code: -1128, httpStatus: 400 },
  INVALID_PARAMETER: { code: -1130, httpStatus: 400 },
  INVALID_JSON: { code: -1135, httpStatus: 400 },
  INVALID_TICKER_TYPE: { code: -1139, httpStatus: 400 },
  DUPLICATE_SYMBOLS: { code: -1151, httpStatus: 400 },
  INVALID_TIME_UNIT: { code: -1194, httpStatus: 400 },
  NEW_ORDER_REJECTED: { code: -2010, httpStatus: 400 },
  CANCEL_REJECTED: { code: -2011, httpStatus: 400 },
  NO_SUCH_ORDER: { code: -2013, httpStatus: 400 },
  BAD_API_KEY_FMT: { code: -2014, httpStatus: 401 },
  REJECTED_MBX_KEY: { code: -2015, httpStatus: 401 },
  SUBSCRIPTION_ACTIVE: { code: -2035, httpStatus: 400 },
} as const;
export type BinanceCodeName = keyof typeof BinanceCode;

/** A request that is refused, as Binance says it: `{"code": -1121, "msg": "Invalid symbol."}`. */
export class BinanceError extends Error {
  override readonly name = 'BinanceError';
  declare readonly code: number;
  declare readonly httpStatus: number;
  /** Milliseconds after which it is worth another try; 0: no time is known. */
  declare readonly retryAfterMs: number;

  constructor(name: BinanceCodeName, message: string, retryAfterMs = 0) {
    super(message);
    const { code, httpStatus } = BinanceCode[name];
    this.code = code;
    this.httpStatus = httpStatus;
    this.retryAfterMs = retryAfterMs;
  }

  get body(): { readonly code: number; readonly msg: string } {
    return { code: this.code, msg: this.message };
  }
}

const BUSY = 'Server is currently overloaded with other requests. Please try again in a few minutes.';
const TRY_AGAIN = 'Internal error; unable to process your request. Please try again.';
const NO_PERMISSION = 'Invalid API-key, IP, or permissions for action.';
const RETRY_MS = 1_000;

/** What each reject of the core is called; those that are not here are -2010 with the venue's own words. */
const REJECTS: { readonly [Name in RejectName]?: readonly [BinanceCodeName, string] } = {
  USER_DISABLED: ['NEW_ORDER_REJECTED', 'This action is disabled on this account.'],
  NOT_ALLOWED: ['REJECTED_MBX_KEY', NO_PERMISSION],
  UNKNOWN_INSTRUMENT: ['BAD_SYMBOL', 'Invalid symbol.'],
  DUPLICATE_CLIENT_TAG: ['NEW_ORDER_REJECTED', 'Duplicate order sent.'],
  UNKNOWN_ORDER: ['CANCEL_REJECTED', 'Unknown order sent.'],
  INVALID_SIDE: ['INVALID_SIDE', 'Invalid side.'],
  INVALID_ORDER_TYPE: ['INVALID_ORDER_TYPE', 'Invalid orderType.'],
  INVALID_TIME_IN_FORCE: ['INVALID_TIF', 'Invalid timeInForce.'],
  INVALID_PRICE: ['INVALID_MESSAGE', 'Filter failure: PRICE_FILTER'],
  INVALID_STOP_PRICE: ['NEW_ORDER_REJECTED', 'Stop price would trigger immediately.'],
  INVALID_QUANTITY: ['INVALID_MESSAGE', 'Filter failure: LOT_SIZE'],
  INVALID_DISPLAY_QUANTITY: ['INVALID_MESSAGE', 'Filter failure: ICEBERG_PARTS'],
  VALUE_TOO_LARGE: ['INVALID_MESSAGE', 'Filter failure: NOTIONAL'],
  KILL_SWITCH_VENUE: ['NEW_ORDER_REJECTED', 'Market is closed.'],
  KILL_SWITCH_INSTRUMENT: ['NEW_ORDER_REJECTED', 'Market is closed.'],
  KILL_SWITCH_ACCOUNT: ['NEW_ORDER_REJECTED', 'This action is disabled on this account.'],
  KILL_SWITCH_USER: ['NEW_ORDER_REJECTED', 'This action is disabled on this account.'],
  PHASE: ['NEW_ORDER_REJECTED', 'Market is closed.'],
  THROTTLED: ['TOO_MANY_ORDERS', 'Too many new orders.'],
  TOO_MANY_OPEN_ORDERS: ['INVALID_MESSAGE', 'Filter failure: MAX_NUM_ORDERS'],
  ORDER_QUANTITY_LIMIT: ['INVALID_MESSAGE', 'Filter failure: LOT_SIZE'],
  ORDER_VALUE_LIMIT: ['INVALID_MESSAGE', 'Filter failure: NOTIONAL'],
  PRICE_COLLAR: ['INVALID_MESSAGE', 'Filter failure: PERCENT_PRICE'],
  POSITION_LIMIT: ['INVALID_MESSAGE', 'Filter failure: MAX_POSITION'],
  INSUFFICIENT_FUNDS: ['NEW_ORDER_REJECTED', 'Account has insufficient balance for requested action.'],
  INSUFFICIENT_MARGIN: ['NEW_ORDER_REJECTED', 'Account has insufficient balance for requested action.'],
  ORDER_CAPACITY: ['SERVER_BUSY', BUSY],
};

/** A reject of the core. */
export function errorOfReject(rejectCode: number): BinanceError {
  const name = rejectName(rejectCode);
  const [code, message] = (name && REJECTS[name]) ?? ['NEW_ORDER_REJECTED', name && Rejects[name].meaning];
  return new BinanceError(code, message ?? `reject ${rejectCode}`);
}

/** Why a command had no effect, or why that is not known. */
export function errorOfOutcome(outcome: Exclude<Outcome, { kind: 'done' | 'repeat' }>): BinanceError {
  switch (outcome.kind) {
    case 'rejected':
      return errorOfReject(outcome.rejectCode);
    case 'refused':
      return new BinanceError('SERVER_BUSY', BUSY, RETRY_MS);
    case 'unknown':
      return new BinanceError(
        'TIMEOUT',
        'Timeout waiting for response from backend server. Send status unknown; execution status unknown.',
      );
  }
}

const ACCESS: { readonly [Code in AccessCode]?: readonly [BinanceCodeName, string] } = {
  NOT_READY: ['DISCONNECTED', TRY_AGAIN],
  NOT_AUTHENTICATED: ['BAD_API_KEY_FMT', 'API-key format invalid.'],
  WRONG_SIGNATURE: ['INVALID_SIGNATURE', 'Signature for this request is not valid.'],
  OUTSIDE_WINDOW: ['INVALID_TIMESTAMP', 'Timestamp for this request is outside of the recvWindow.'],
  REPLAYED: ['INVALID_TIMESTAMP', 'This request was sent before: sign each with a timestamp of its own.'],
  RATE_LIMITED: ['TOO_MANY_REQUESTS', 'Too much request weight used; come back after Retry-After.'],
  TOO_MANY_NONCES: ['TOO_MANY_REQUESTS', 'Too many requests; come back after Retry-After.'],
};

/** A refusal of access. */
export function errorOfAccess({ code, retryAfterMs }: AccessRefusal): BinanceError {
  const [name, message] = ACCESS[code] ?? ['REJECTED_MBX_KEY', NO_PERMISSION];
  const waitMs = retryAfterMs === 0 && AccessRefusals[code].transient ? RETRY_MS : retryAfterMs;
  return new BinanceError(name, message, waitMs);
}

/** What a client is told of an error; undefined: it is a bug. */
export function errorOf(error: unknown): BinanceError | undefined {
  if (error instanceof BinanceError) return error;
  if (error instanceof ArchiveRefusedError && error.code === 'CLOSED')
    return new BinanceError('SERVICE_SHUTTING_DOWN', 'This service is no longer available.');
  if (
    error instanceof ArchiveRefusedError ||
    error instanceof UserUnavailableError ||
    error instanceof UnknownTermsError
  )
    return new BinanceError('DISCONNECTED', TRY_AGAIN, RETRY_MS);
  return undefined;
}
