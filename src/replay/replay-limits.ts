/** Every named limit of the replay. */
export const ReplayLimits = {
  /** Longest line of a text file, in bytes: a 200-level LOBSTER row has about 12,000. */
  LINE_BYTES_MAX: 1024 * 1024,
  /** Messages that a reader hands over at once. */
  BATCH_MESSAGES: 1_024,
  /** Messages that go on together: between two such slices a signal is heard, somebody may pause a steered replay, and the venue may catch up. */
  SLICE_MESSAGES: 64,
  /** Bytes read from disk at once. */
  READ_BYTES: 256 * 1024,
  /** Entries of a zip archive that are looked at. */
  ZIP_ENTRIES_MAX: 65_536,
  /** Bytes of a zip archive's central directory. */
  ZIP_DIRECTORY_BYTES_MAX: 64 * 1024 * 1024,
  /** Columns of a LOBSTER row: 4 per level. */
  LOBSTER_LEVELS_MAX: 1_000,
  /** Recorded milliseconds within which the two rows of one Bitstamp trade stand. */
  BITSTAMP_PAIR_MS: 1_000,
  /** Recorded milliseconds within which a Bitstamp trade message follows the rows of its orders. */
  BITSTAMP_TRADE_MS: 5_000,
  /** Newest deleted rows whose ids are known, so that one that is created again is found; up to twice as many are. */
  BITSTAMP_ENDED_IDS: 262_144,
} as const;
