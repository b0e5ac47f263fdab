/** Every bound of what is shown of the log. */
export const LogLimits = {
  /** How often the channel `log` looks, and how many entries it shows then: 40 in a second. */
  LOOK_MS: 250,
  ENTRIES_PER_LOOK: 10,
  /** Entries of the first message: the newest, or those from where the client asked for. */
  FIRST_ENTRIES: 20,
  FIRST_ENTRIES_FROM: 100,
  /** Commands and events of an entry that are shown. */
  COMMANDS_MAX: 8,
  EVENTS_MAX: 24,
  /** Encoded messages that are kept until the next look, for clients that have been told differently. */
  MESSAGES_KEPT_MAX: 16,
  /** Sessions of one message of the channel `sessions`. */
  SESSIONS_SHOWN_MAX: 2_000,
  /** How often changes of sessions are told. */
  SESSIONS_MS: 250,
  /** Orders of a chain of replaces, and steps of one timeline. */
  CHAIN_ORDERS_MAX: 200,
  TIMELINE_STEPS_MAX: 1_000,
  /** Reports of the order's user that are looked at for one timeline. */
  TIMELINE_REPORTS_MAX: 100_000,
} as const;
