/** Every named limit of the platform. A queue, message, book or loop without a line here is a bug. */
export const Limits = {
  /** Largest price, in ticks: prices are positive 31-bit integers. */
  PRICE_TICKS_MAX: 2 ** 31 - 1,
  /** Largest quantity of one order, in lots. Large enough for satoshi lots, and 8,192 such orders still sum exactly. */
  QTY_LOTS_MAX: 2 ** 40,
  /** Largest amount of money, in minor units; every amount is an exact integer below 2^53. */
  AMOUNT_MINOR_MAX: 2 ** 53 - 1,
  /** Largest id of an account, user, instrument or asset, and largest clientOrderId. */
  ID_MAX: 2 ** 31 - 1,

  /** Assets of one venue. */
  ASSETS_MAX: 4_096,
  /** Instruments of one core. */
  INSTRUMENTS_MAX: 65_536,
  /** Accounts of one core. */
  ACCOUNTS_MAX: 1_048_576,
  /** Users of one core. */
  USERS_MAX: 1_048_576,
  /** API keys of one core that are not revoked, expired ones included. */
  API_KEYS_MAX: 1_048_576,
  /** API keys of one user that are not revoked, expired ones included. */
  API_KEYS_PER_USER_MAX: 32,
  /** Open gateway sessions of one core, on all nodes together. */
  SESSIONS_MAX: 65_536,
  /** Nodes that ever appended to one log, and nodes with a key. */
  NODES_MAX: 1_024,
  /** Live orders of one core, resting and waiting stops together. */
  ORDERS_MAX: 4_194_304,
  /**
   * Newest texts of orders that the core refuses to take again, of all users together. A command that was sent to a node
   * which died can come to the log as late as the stream's next election ends (4 to 9 s): at the fastest that one node's FIX door
   * was measured (78,100 orders/s, bench/fix.ts) these are 13 s, at 1,000/s 17 minutes. 20 MiB, touched as they come.
   */
  CLIENT_TAGS_MAX: 1_048_576,
  /**
   * Newest request ids of deposits and withdrawals that the core refuses to take again, of all users together: apart from
   * the texts of orders, which come so often that they would push these out. 20 MiB, touched as they come.
   */
  REQUEST_IDS_MAX: 1_048_576,
  /** Trades of one core that were canceled. */
  CANCELED_TRADES_MAX: 131_072,
  /**
   * Occupied price levels that market views hold, all books together. A core holds no more: its price indexes have a page for each four of
   * ORDERS_MAX, and a level far from all others takes some of its own; an order for which there is none is canceled (BookLimit).
   */
  LEVELS_MAX: 4_194_304,

  /** Slices in which an iceberg's whole quantity shows: bounds the trades that one command can set off at one order. */
  ICEBERG_SLICES_MAX: 1_000,
  /** Phase changes in one instrument's daily schedule. */
  SCHEDULE_ENTRIES_MAX: 8,
  /** Stops that one command may trigger; what is left triggers with the next command or tick. */
  STOP_TRIGGERS_PER_COMMAND_MAX: 1_000,
  /** Orders that one tick may expire; what is left expires with the next tick. */
  EXPIRIES_PER_TICK_MAX: 10_000,

  /** Bytes of one log entry, header included. Below NATS' default max_payload of 1 MiB. */
  ENTRY_BYTES_MAX: 128 * 1024,
  /** Bytes of commands that one event-loop turn may bring; then gateways stop reading until the log has them. */
  TURN_BYTES_MAX: 4 * 1024 * 1024,
  /** Entries of one node that are on their way through a replicated log; meanwhile its commands wait for the next turn. */
  ENTRIES_IN_FLIGHT_MAX: 32,
  /** Bytes of commands that the edge may have on their way to the order path; then its doors refuse. A power of two. */
  EDGE_COMMANDS_BYTES_MAX: 1024 * 1024,
  /** Commands of the edge in one turn of the order path: what comes in at its own doors waits for no more of them. */
  EDGE_COMMANDS_PER_TURN_MAX: 128,
  /** Commands in one log entry. */
  ENTRY_COMMANDS_MAX: 65_535,
  /** Rows of one page of history. */
  HISTORY_PAGE_MAX: 1_000,
  /** Rows of history that one question looks at before it answers with what it found and a cursor. */
  HISTORY_SCAN_MAX: 10_000,
  /** Candles of one answer. */
  HISTORY_CANDLES_MAX: 1_000,
  /** Accounts of one question. */
  ACCOUNTS_PER_QUERY_MAX: 1_000,
  /** Open orders of one account in an answer about it. */
  ACCOUNT_OPEN_ORDERS_MAX: 1_000,
  /** Questions of one asker that wait in the archive thread. */
  ARCHIVE_QUESTIONS_MAX: 4_096,
  /** Incidents of one answer, and the newest words on each. */
  INCIDENTS_PER_QUERY_MAX: 100,
  INCIDENT_POSTS_MAX: 100,
  /** Accounts of one view of risk. */
  RISK_ACCOUNTS_MAX: 500,
  /** How long a question waits for the archive to come to its sequence. */
  ARCHIVE_WAIT_MS_MAX: 5_000,
  /** Orders whose rows the history writer holds in memory. */
  HISTORY_BATCH_ORDERS: 16_384,

  /** Commands of one user at the edge that wait for their answers. */
  DESK_PENDING_PER_USER_MAX: 1_024,
  /** Reports of one user that wait in memory while a reader catches up. */
  DESK_BACKLOG_REPORTS_MAX: 4_096,
  /** How often the desk sends a command again whose number another of the user's doors or nodes was faster to use. */
  DESK_RENUMBERINGS_MAX: 8,
  /** Newest orders of a user that the desk loads. */
  DESK_ORDERS_LOADED: 1_000,
  /** Users whose orders the edge keeps while nobody uses them. */
  DESK_USERS_IDLE_MAX: 1_024,
  /** Words of one event batch handed to a sink. */
  EVENT_BATCH_WORDS: 64 * 1024,

  /** Levels whose last change a book view remembers, for readers that ask what changed since. */
  VIEW_CHANGED_LEVELS_MAX: 1_024,
  /** Levels that are gone and remembered for such readers, all books together. */
  VIEW_GONE_LEVELS_MAX: 1_048_576,
  /** Snapshots, and messages of changes, of one book view that are handed out again while nothing changes. */
  VIEW_ANSWERS_KEPT_MAX: 16,
  /** Levels in all such answers of all books. */
  VIEW_ANSWER_LEVELS_MAX: 524_288,
  /** Trades, and aggregated trades, that a view keeps of each instrument. */
  VIEW_TRADES_MAX: 1_000,
  /** Candles of one second that a view keeps of each instrument. */
  VIEW_SECOND_CANDLES_MAX: 300,
  /** Candles of one minute that a view keeps of each instrument: a whole day of them serves every longer interval. */
  VIEW_MINUTE_CANDLES_MAX: 1_440,
  /** Gaps that a view remembers; then the two oldest count as one. */
  VIEW_GAPS_MAX: 64,
} as const;
