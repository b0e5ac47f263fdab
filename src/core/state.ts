import { Limits } from '#domain/limits.ts';
import { assert } from '#lib/assert.ts';
import { Columns } from '#lib/columns.ts';
import { INDEX_WORDS } from '#lib/price-index.ts';
import type { BookListener } from './book/book-listener.ts';
import { BookStore } from './book/book-store.ts';
import { BOOK_STATE_WORDS, OrderBook } from './book/order-book.ts';
import { CanceledTrades } from './canceled-trades.ts';
import { CoreVersionError, isSupportedVersion } from './core-version.ts';
import { ExpiryIndex } from './expiry.ts';
import { Ledger } from './ledger/ledger.ts';
import { Orders } from './orders.ts';
import { PhaseTable } from './phase/phase-table.ts';
import { AccountTable } from './registry/accounts.ts';
import { ApiKeyTable } from './registry/api-keys.ts';
import { AssetTable } from './registry/assets.ts';
import { InstrumentTable } from './registry/instruments.ts';
import { NodeKeyTable } from './registry/node-keys.ts';
import { SessionTable } from './registry/sessions.ts';
import { UserTable } from './registry/users.ts';
import { Risk } from './risk/risk.ts';
import { TagWindow } from './tag-window.ts';

/** How much a core can hold. Memory is reserved, not touched: an empty core of the default size takes a few MB. */
export interface CoreCapacity {
  readonly ordersMax: number;
  /** Texts of orders that are remembered, of all users together. */
  readonly clientTagsMax: number;
  /** Ids of deposits and withdrawals that are remembered, of all users together. */
  readonly requestIdsMax: number;
  readonly instrumentsMax: number;
  readonly accountsMax: number;
  readonly usersMax: number;
  readonly apiKeysMax: number;
  readonly sessionsMax: number;
  readonly assetsMax: number;
  readonly nodesMax: number;
}

export const DEFAULT_CAPACITY: CoreCapacity = {
  ordersMax: Limits.ORDERS_MAX,
  clientTagsMax: Limits.CLIENT_TAGS_MAX,
  requestIdsMax: Limits.REQUEST_IDS_MAX,
  instrumentsMax: Limits.INSTRUMENTS_MAX,
  accountsMax: Limits.ACCOUNTS_MAX,
  usersMax: Limits.USERS_MAX,
  apiKeysMax: Limits.API_KEYS_MAX,
  sessionsMax: Limits.SESSIONS_MAX,
  assetsMax: Limits.ASSETS_MAX,
  nodesMax: Limits.NODES_MAX,
};

/** Scalars of the core, by position in the `core` store's one row. */
const Scalar = {
  lastOrderId: 0,
  lastTradeId: 1,
  sequence: 2,
  timeSeconds: 3,
  timeNanos: 4,
  lastTickSeconds: 5,
  lastTickNanos: 6,
  coreVersion: 7,
  hashHigh: 8,
  hashLow: 9,
  taggedOrders: 10,
  moneyRequests: 11,
} as const;
const SCALARS = 16;
const EXPIRY_WORDS = INDEX_WORDS;

/** Everything that the core knows: the tables, the books and a few numbers. What an image holds, and nothing else does. */
export class CoreState {
  declare readonly assets: AssetTable;
  declare readonly instruments: InstrumentTable;
  declare readonly accounts: AccountTable;
  declare readonly users: UserTable;
  declare readonly apiKeys: ApiKeyTable;
  declare readonly nodeKeys: NodeKeyTable;
  declare readonly sessions: SessionTable;
  declare readonly ledger: Ledger;
  declare readonly risk: Risk;
  declare readonly orders: Orders;
  declare readonly tags: TagWindow;
  /** Ids of deposits and withdrawals. */
  declare readonly requestIds: TagWindow;
  declare readonly canceledTrades: CanceledTrades;
  declare readonly expiry: ExpiryIndex;
  declare readonly phases: PhaseTable;
  /** By instrument row. */
  declare readonly books: OrderBook[];
  /** Last entry applied per node: which node, its epoch and entry number. */
  declare readonly nodes: Columns;
  declare readonly nodeId: Int32Array<ArrayBuffer>;
  declare readonly nodeEpoch: Float64Array<ArrayBuffer>;
  declare readonly nodeEntryNo: Float64Array<ArrayBuffer>;

  /** Sequence of the last entry applied; 0 before the first. */
  declare sequence: number;
  declare timeSeconds: number;
  declare timeNanos: number;
  declare lastTickSeconds: number;
  declare lastTickNanos: number;
  declare coreVersion: number;
  declare hashHigh: number;
  declare hashLow: number;

  declare private lastOrderId: number;
  declare private lastTradeId: number;
  declare private readonly core: Columns;
  declare private readonly scalars: Float64Array<ArrayBuffer>;
  declare private readonly expiryWords: Int32Array<ArrayBuffer>;
  declare private readonly bookStates: Columns;
  declare private readonly bookWords: Int32Array<ArrayBuffer>;
  declare private readonly _stores: readonly Columns[];

  constructor(capacity: CoreCapacity, coreVersion: number, hashSeed?: number) {
    this.assets = new AssetTable(capacity.assetsMax);
    this.instruments = new InstrumentTable(this.assets, capacity.instrumentsMax);
    this.accounts = new AccountTable(capacity.accountsMax);
    this.users = new UserTable(this.accounts, capacity.usersMax);
    this.apiKeys = new ApiKeyTable(this.users, capacity.apiKeysMax);
    this.nodeKeys = new NodeKeyTable(capacity.nodesMax);
    this.sessions = new SessionTable(capacity.sessionsMax);
    this.ledger = new Ledger(this.instruments, this.accounts, this.assets, {
      balancesMax: capacity.accountsMax * 4 + capacity.assetsMax,
      holdingsMax: capacity.accountsMax * 4,
    });
    this.risk = new Risk(this.instruments, this.accounts, this.users, this.ledger);
    const bookStore = new BookStore({ ordersMax: capacity.ordersMax });
    this.orders = new Orders(bookStore, this.accounts, this.ledger, hashSeed);
    this.tags = new TagWindow('clientTags', capacity.clientTagsMax, hashSeed);
    this.requestIds = new TagWindow('requestIds', capacity.requestIdsMax, hashSeed);
    this.canceledTrades = new CanceledTrades();
    this.expiry = new ExpiryIndex(bookStore);
    this.phases = new PhaseTable(capacity.instrumentsMax);
    this.books = [];
    this.nodes = new Columns('nodes', capacity.nodesMax);
    this.nodeId = this.nodes.i32('nodeId');
    this.nodeEpoch = this.nodes.f64('epoch');
    this.nodeEntryNo = this.nodes.f64('entryNo');
    this.sequence = 0;
    this.timeSeconds = 0;
    this.timeNanos = 0;
    this.lastTickSeconds = 0;
    this.lastTickNanos = 0;
    this.coreVersion = coreVersion;
    this.hashHigh = 0;
    this.hashLow = 0;
    this.lastOrderId = 0;
    this.lastTradeId = 0;
    this.core = new Columns('core', 1);
    this.scalars = this.core.f64('scalars', SCALARS);
    this.expiryWords = this.core.i32('expiry', EXPIRY_WORDS);
    this.core.addRow();
    this.bookStates = new Columns('books', capacity.instrumentsMax);
    this.bookWords = this.bookStates.i32('words', BOOK_STATE_WORDS);
    this._stores = [
      this.core,
      ...this.assets.stores,
      ...this.instruments.stores,
      ...this.accounts.stores,
      ...this.users.stores,
      ...this.apiKeys.stores,
      ...this.nodeKeys.stores,
      ...this.sessions.stores,
      ...this.ledger.stores,
      ...this.risk.stores,
      ...this.phases.stores,
      ...bookStore.stores,
      ...this.tags.stores,
      ...this.requestIds.stores,
      ...this.canceledTrades.stores,
      this.bookStates,
      this.nodes,
    ];
  }

  nextOrderId(): number {
    return ++this.lastOrderId;
  }

  /** Whether an order had this number. */
  wasOrder(orderId: number): boolean {
    return orderId >= 1 && orderId <= this.lastOrderId;
  }

  nextTradeId(): number {
    return ++this.lastTradeId;
  }

  /** Whether a trade had this number. */
  wasTrade(tradeId: number): boolean {
    return tradeId >= 1 && tradeId <= this.lastTradeId;
  }

  /** Makes the book of the instrument that was added last. */
  addBook(listener: BookListener): OrderBook {
    const row = this.books.length;
    const { instruments } = this;
    const book = new OrderBook(this.orders.store, listener, {
      referencePriceTicks: instruments.referencePriceTicks(row),
      staticBandPpm: instruments.staticBandPpm(row),
      dynamicBandPpm: instruments.dynamicBandPpm(row),
    });
    this.books.push(book);
    return book;
  }

  /** Tells an instrument's book which price bands the instrument has now. */
  setBands(row: number): void {
    const { instruments } = this;
    this.books[row].setBands({
      staticBandPpm: instruments.staticBandPpm(row),
      dynamicBandPpm: instruments.dynamicBandPpm(row),
    });
  }

  /** Brings the scalars into their columns and returns every store: together they are the image. */
  stores(): readonly Columns[] {
    const scalars = this.scalars;
    scalars[Scalar.lastOrderId] = this.lastOrderId;
    scalars[Scalar.lastTradeId] = this.lastTradeId;
    scalars[Scalar.sequence] = this.sequence;
    scalars[Scalar.timeSeconds] = this.timeSeconds;
    scalars[Scalar.timeNanos] = this.timeNanos;
    scalars[Scalar.lastTickSeconds] = this.lastTickSeconds;
    scalars[Scalar.lastTickNanos] = this.lastTickNanos;
    scalars[Scalar.coreVersion] = this.coreVersion;
    scalars[Scalar.hashHigh] = this.hashHigh;
    scalars[Scalar.hashLow] = this.hashLow;
    scalars[Scalar.taggedOrders] = this.tags.count;
    scalars[Scalar.moneyRequests] = this.requestIds.count;
    this.expiry.save(this.expiryWords, 0);
    this.orders.store.save();
    this.bookStates.rows = this.books.length;
    for (let row = 0; row < this.books.length; row++)
      this.books[row].save(this.bookWords, row * BOOK_STATE_WORDS);
    return this._stores;
  }

  /**
   * After every store was restored: takes the scalars from their columns and recomputes what is derived.
   * @throws CoreVersionError
   */
  restored(listener: BookListener): void {
    assert(this.books.length === 0, 'Condition: an image is restored into a fresh core');
    const scalars = this.scalars;
    this.lastOrderId = scalars[Scalar.lastOrderId];
    this.lastTradeId = scalars[Scalar.lastTradeId];
    this.sequence = scalars[Scalar.sequence];
    this.timeSeconds = scalars[Scalar.timeSeconds];
    this.timeNanos = scalars[Scalar.timeNanos];
    this.lastTickSeconds = scalars[Scalar.lastTickSeconds];
    this.lastTickNanos = scalars[Scalar.lastTickNanos];
    this.coreVersion = scalars[Scalar.coreVersion];
    if (!isSupportedVersion(this.coreVersion)) throw new CoreVersionError(this.coreVersion);
    this.hashHigh = scalars[Scalar.hashHigh];
    this.hashLow = scalars[Scalar.hashLow];
    this.assets.rebuild();
    this.instruments.rebuild();
    this.accounts.rebuild();
    this.users.rebuild();
    this.apiKeys.rebuild();
    this.sessions.rebuild();
    this.ledger.rebuild();
    this.orders.store.load();
    this.orders.rebuild(this.accounts.count);
    this.tags.rebuild(scalars[Scalar.taggedOrders]);
    this.requestIds.rebuild(scalars[Scalar.moneyRequests]);
    this.canceledTrades.rebuild();
    this.expiry.load(this.expiryWords, 0);
    for (let row = 0; row < this.instruments.count; row++) {
      this.addBook(listener).load(this.bookWords, row * BOOK_STATE_WORDS);
    }
  }
}
