import { REGULATORY_FIELDS } from '#domain/regulatory-fields.ts';

/**
 * The tables of history (docs/history.md). Every row is keyed by facts of the log, every number is an integer. A table
 * that is read by account, or by instrument, is stored in that order: its key is its only index.
 */

/** Raised with every change of the tables: history of another format is written anew from the log. */
export const HISTORY_FORMAT = 5;

/** Columns of `orders`, in their order there; `clientTag`, the only text, follows them. */
export const ORDER_COLUMNS = [
  'orderId',
  'sequence',
  'timeSeconds',
  'timeNanos',
  'userId',
  'accountId',
  'instrumentId',
  'clientOrderId',
  'status',
  'cancelReason',
  'side',
  'orderType',
  'timeInForce',
  'orderFlags',
  'priceTicks',
  'stopPriceTicks',
  'expireSeconds',
  'qtyLots',
  'displayQtyLots',
  'minQtyLots',
  ...REGULATORY_FIELDS,
  'cumQtyLots',
  'cumAmountMinor',
  'feeMinor',
  'triggered',
  'originalOrderId',
  'replacedByOrderId',
  'firstTradeId',
  'lastTradeId',
  'updatedSequence',
  'updatedSeconds',
  'updatedNanos',
] as const;

/**
 * Columns of `candles` between its key's first two and `firstSequence`: a candle's row (src/projections/candles.ts), element
 * by element. A sum is `High` x 2^52 + `Low`.
 */
export const CANDLE_COLUMNS = [
  'openSeconds',
  'openTicks',
  'highTicks',
  'lowTicks',
  'closeTicks',
  'trades',
  'firstTradeId',
  'lastTradeId',
  'volumeHigh',
  'volumeLow',
  'quoteVolumeHigh',
  'quoteVolumeLow',
  'takerBuyHigh',
  'takerBuyLow',
  'takerBuyQuoteHigh',
  'takerBuyQuoteLow',
] as const;

const integers = (names: readonly string[]): string =>
  names.map((name) => `${name} INTEGER NOT NULL`).join(', ');

const AT = ['sequence', 'timeSeconds', 'timeNanos'];

/** A table: its integer columns, its text and blob columns, its key. */
interface Table {
  readonly name: string;
  readonly integers: readonly string[];
  readonly others: readonly string[];
  readonly key: string;
  /** The column that says from which entry of the log on a row is. */
  readonly since: string;
}

/** The tables that `hive history verify` compares row by row. */
export const TABLES: readonly Table[] = [
  {
    name: 'orders',
    integers: ORDER_COLUMNS,
    others: ['clientTag TEXT NOT NULL'],
    key: 'orderId',
    since: 'sequence',
  },
  {
    name: 'rejections',
    integers: [
      ...['sequence', 'position', 'timeSeconds', 'timeNanos', 'userId', 'accountId', 'instrumentId'],
      ...['commandType', 'clientOrderId', 'rejectCode', 'side', 'orderType', 'timeInForce', 'orderFlags'],
      ...['priceTicks', 'stopPriceTicks', 'expireSeconds', 'qtyLots', 'displayQtyLots', 'minQtyLots'],
      ...REGULATORY_FIELDS,
      'originalClientOrderId',
    ],
    others: ['clientTag TEXT NOT NULL'],
    key: 'sequence, position',
    since: 'sequence',
  },
  {
    name: 'fills',
    integers: [
      ...['accountId', 'tradeId', 'orderId', ...AT, 'userId', 'clientOrderId', 'instrumentId', 'side'],
      ...['isMaker', 'priceTicks', 'qtyLots', 'amountMinor', 'feeMinor', 'feeAssetId', 'leavesQtyLots'],
      'reportNumber',
    ],
    others: [],
    key: 'accountId, tradeId, orderId',
    since: 'sequence',
  },
  {
    name: 'trades',
    integers: [
      ...['instrumentId', 'tradeId', ...AT, 'priceTicks', 'qtyLots', 'amountMinor', 'aggressorSide'],
    ],
    others: [],
    key: 'instrumentId, tradeId',
    since: 'sequence',
  },
  {
    name: 'trade_cancels',
    integers: ['tradeId', ...AT, 'instrumentId'],
    others: [],
    key: 'tradeId',
    since: 'sequence',
  },
  {
    name: 'postings',
    integers: [
      ...['accountId', 'sequence', 'position', 'timeSeconds', 'timeNanos', 'assetId', 'instrumentId'],
      ...['kind', 'amountMinor', 'balanceMinor'],
    ],
    others: [],
    key: 'accountId, sequence, position',
    since: 'sequence',
  },
  {
    name: 'positions',
    integers: [
      ...['accountId', 'sequence', 'position', 'timeSeconds', 'timeNanos', 'instrumentId'],
      ...['positionLots', 'entryValueMinor', 'realisedMinor'],
    ],
    others: [],
    key: 'accountId, sequence, position',
    since: 'sequence',
  },
  {
    name: 'admin_actions',
    integers: [
      ...['sequence', 'position', 'timeSeconds', 'timeNanos', 'userId', 'commandType', 'instrumentId'],
      ...['clientOrderId', 'rejectCode'],
    ],
    others: ['reason TEXT NOT NULL', 'command BLOB NOT NULL'],
    key: 'sequence, position',
    since: 'sequence',
  },
  {
    name: 'candles',
    integers: ['instrumentId', 'intervalSeconds', ...CANDLE_COLUMNS, 'firstSequence'],
    others: [],
    key: 'instrumentId, intervalSeconds, openSeconds',
    since: 'firstSequence',
  },
  {
    name: 'fees',
    integers: ['accountId', 'daySeconds', 'assetId', 'feeMinor', 'firstSequence'],
    others: [],
    key: 'accountId, daySeconds, assetId',
    since: 'firstSequence',
  },
  {
    name: 'activity',
    integers: [
      ...['daySeconds', 'accountId', 'orders', 'replaces', 'cancels', 'trades', 'rejects', 'firstSequence'],
    ],
    others: [],
    key: 'daySeconds, accountId',
    since: 'firstSequence',
  },
  {
    name: 'reject_counts',
    integers: ['daySeconds', 'rejectCode', 'rejects', 'firstSequence'],
    others: [],
    key: 'daySeconds, rejectCode',
    since: 'firstSequence',
  },
  {
    name: 'incidents',
    integers: [
      ...[
        'incidentId',
        'sequence',
        'position',
        'timeSeconds',
        'timeNanos',
        'severity',
        'state',
        'components',
      ],
    ],
    others: ['title TEXT NOT NULL', 'text TEXT NOT NULL'],
    key: 'incidentId, sequence, position',
    since: 'sequence',
  },
];

/** The statement that inserts a row of a table; its parameters are the columns in the order of TABLES. */
export function insertInto(name: string): string {
  const table = TABLES.find((candidate) => candidate.name === name) as Table;
  const columns = table.integers.length + table.others.length;
  return `INSERT INTO ${name} VALUES (${Array(columns).fill('?').join(', ')})`;
}

/** `orders` alone has a rowid, its key: it is appended to by orderId and has more than one index. */
const tables = TABLES.map(({ name, integers: columns, others, key }) => {
  const all = [integers(columns), ...others, `PRIMARY KEY (${key})`].join(', ');
  return `CREATE TABLE ${name} (${all}) STRICT${name === 'orders' ? '' : ', WITHOUT ROWID'};`;
});

/** Makes an empty history. */
export const SCHEMA = `
  CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    logId TEXT NOT NULL,
    -- First entry of the log from which on nothing is lacking.
    completeFrom INTEGER NOT NULL,
    -- The log's time before it; 0 when it is the log's first.
    completeFromSeconds INTEGER NOT NULL,
    -- Last entry that is in the tables, and the core's state hash after it.
    lastSequence INTEGER NOT NULL,
    stateHash TEXT NOT NULL
  ) STRICT;
  CREATE TABLE instruments (instrumentId INTEGER PRIMARY KEY, quoteAssetId INTEGER NOT NULL) STRICT;
  CREATE TABLE users (userId INTEGER PRIMARY KEY, accountId INTEGER NOT NULL) STRICT;
  ${tables.join('\n  ')}
  CREATE INDEX orders_by_account ON orders (accountId, orderId);
  CREATE INDEX orders_by_client ON orders (userId, clientOrderId);
  CREATE INDEX orders_by_tag ON orders (userId, clientTag, orderId) WHERE clientTag != '';
  CREATE INDEX orders_open ON orders (accountId, orderId) WHERE status = 1;
  -- Those of which only the state says that they stood: see HistoryWriter.beginAfter.
  CREATE INDEX orders_incomplete ON orders (userId) WHERE sequence = 0;
  CREATE INDEX rejections_by_client ON rejections (userId, clientOrderId);
  CREATE INDEX rejections_by_tag ON rejections (userId, clientTag) WHERE clientTag != '';
  PRAGMA user_version = ${HISTORY_FORMAT};
`;
