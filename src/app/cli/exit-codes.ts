/** What the exit status of `hive` means. docs/cli.md lists the same. */
export const ExitCode = {
  Ok: 0,
  /** It did not work: the message says why and what to do. */
  Failure: 1,
  /** The command line or the configuration is wrong. */
  Usage: 2,
  /** Stored data is damaged, not of a format that this build reads, or needs a core version that it lacks. */
  Damaged: 3,
  /** No node, or no nats-server of the cluster, answers or lets us in. */
  NotReachable: 4,
  /** The venue refused the order. */
  Refused: 5,
  /** The data directory is in use by another process. */
  InUse: 6,
  /** A bug in Hive Mind: please report it with the lines that were printed. */
  Bug: 70,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
