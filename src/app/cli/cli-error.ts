import { ExitCode } from './exit-codes.ts';

/** Ends the command with a message and an exit status. The message says what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  declare readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Operational errors by name: what they mean for the exit status. Their messages stand as they are. */
const EXIT_CODE_OF: { readonly [name: string]: ExitCode } = {
  ConfigError: ExitCode.Usage,
  TlsFilesError: ExitCode.Usage,
  ManifestError: ExitCode.Failure,
  PrivateFileError: ExitCode.Failure,
  SecretFileError: ExitCode.Failure,
  LogCorruptError: ExitCode.Damaged,
  CheckpointMismatchError: ExitCode.Damaged,
  NoteError: ExitCode.Damaged,
  SnapshotError: ExitCode.Damaged,
  HistoryMismatchError: ExitCode.Damaged,
  CoreVersionError: ExitCode.Damaged,
  ReplayFileError: ExitCode.Damaged,
  ReplayFilesError: ExitCode.Usage,
  ReplayRefusedError: ExitCode.Failure,
  LogTruncatedError: ExitCode.Failure,
  LogUnavailableError: ExitCode.Failure,
  VenueSetupError: ExitCode.Failure,
  FeedLogError: ExitCode.Failure,
  DemoError: ExitCode.Failure,
  DemoPasswordsError: ExitCode.Damaged,
  FixStoreError: ExitCode.NotReachable,
  SnapshotStoreError: ExitCode.Damaged,
  DivergedError: ExitCode.Damaged,
  NodeRefusedError: ExitCode.Refused,
  NoNodeError: ExitCode.NotReachable,
  NodeSilentError: ExitCode.NotReachable,
  OuchClosedError: ExitCode.NotReachable,
  OuchAnswerError: ExitCode.NotReachable,
  SoupLoginError: ExitCode.NotReachable,
};

const EXIT_CODE_OF_CLUSTER: { readonly [code: string]: ExitCode } = {
  NO_SERVER: ExitCode.NotReachable,
  NO_ANSWER: ExitCode.NotReachable,
  REFUSED: ExitCode.Failure,
  NO_SNAPSHOT: ExitCode.Failure,
  OVERTAKEN: ExitCode.Failure,
  IN_THE_WAY: ExitCode.Failure,
  OTHER_HISTORY: ExitCode.Failure,
  EXISTS: ExitCode.Failure,
  ORIGIN_ANSWERS: ExitCode.Failure,
  NO_NUMBER: ExitCode.Failure,
  NUMBER_LOST: ExitCode.Failure,
};

const EXIT_CODE_OF_DIRECTORY: { readonly [code: string]: ExitCode } = {
  LOCKED: ExitCode.InUse,
  FORMAT_VERSION: ExitCode.Damaged,
  DAMAGED: ExitCode.Damaged,
  NOT_A_DATA_DIRECTORY: ExitCode.Usage,
  WRONG_NODE: ExitCode.Usage,
  WRONG_LOG: ExitCode.Usage,
  NOT_EMPTY: ExitCode.Usage,
  UNFINISHED_RESTORE: ExitCode.Damaged,
};

const EXIT_CODE_OF_BACKUP: { readonly [code: string]: ExitCode } = {
  DAMAGED: ExitCode.Damaged,
  MISSING: ExitCode.Damaged,
  KEY: ExitCode.Usage,
  UNUSABLE: ExitCode.Usage,
  UNREACHABLE: ExitCode.NotReachable,
  DENIED: ExitCode.NotReachable,
};

const EXIT_CODE_OF_HISTORY: { readonly [code: string]: ExitCode } = {
  MISSING: ExitCode.Failure,
  DISK_FULL: ExitCode.Failure,
  IO_ERROR: ExitCode.Failure,
};

const UNREACHABLE = ['ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ENOTFOUND'];
const WRONG_PATH = ['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES'];
/** Codes of node:tls and of OpenSSL's verification. */
const TLS_FAULT = /^(ERR_SSL_|ERR_TLS_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/;
const MAY_NOT = 'This user may not do that: correct the path or the port, or what the user may';
/** What to do about what the operating system refused. */
const ADVICE: { readonly [code: string]: string } = {
  ENOENT: 'Correct the path',
  ENOTDIR: 'Correct the path',
  EISDIR: 'Name a file',
  EACCES: MAY_NOT,
  EPERM: MAY_NOT,
  EROFS: 'Name another place, or mount it for writing',
  ENOSPC: 'Make room on that disk',
};

/** The message and exit status of an operational error; undefined for anything else, which is a bug. */
export function operational(error: unknown): { message: string; exitCode: ExitCode } | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  if (error instanceof CliError) return { message, exitCode: error.exitCode };
  const code = 'code' in error ? String(error.code) : '';
  if (name === 'DataDirectoryError') {
    return { message, exitCode: EXIT_CODE_OF_DIRECTORY[code] ?? ExitCode.Failure };
  }
  if (name === 'ClusterError') {
    return { message, exitCode: EXIT_CODE_OF_CLUSTER[code] ?? ExitCode.Failure };
  }
  if (name === 'StreamError') {
    return { message, exitCode: code === 'NOT_READY' ? ExitCode.NotReachable : ExitCode.Damaged };
  }
  if (name === 'HistoryError') {
    return { message, exitCode: EXIT_CODE_OF_HISTORY[code] ?? ExitCode.Damaged };
  }
  if (name === 'ReplayFileError' && isWrongPath(error.cause)) return { message, exitCode: ExitCode.Usage };
  if (name === 'BackupError') return { message, exitCode: EXIT_CODE_OF_BACKUP[code] ?? ExitCode.Failure };
  const exitCode = EXIT_CODE_OF[name];
  if (exitCode !== undefined) return { message, exitCode };
  if (UNREACHABLE.includes(code)) {
    return {
      message: `no connection (${code}): ${message}. Is the node running? See "hive status"`,
      exitCode: ExitCode.NotReachable,
    };
  }
  if (TLS_FAULT.test(code)) {
    return {
      message: `no TLS connection (${code}): ${message}. See --tls-ca and --tls-certificate: the host must be in the venue's certificate, and the venue may ask for yours`,
      exitCode: ExitCode.NotReachable,
    };
  }
  if (code === 'EADDRINUSE') {
    return {
      message: `${message}. Another program has the port: choose another one (--ouch-port, --market-data-port, --snapshot-port, --http-port, --fix-port, --operations-port; 0 takes any free one)`,
      exitCode: ExitCode.Failure,
    };
  }
  if (code === 'EADDRNOTAVAIL') {
    return {
      message: `${message}. This machine does not have that address: correct the host of the listener (--ouch-host, --market-data-host, --http-host, --fix-host, or operations.host of the configuration)`,
      exitCode: ExitCode.Failure,
    };
  }
  // What the operating system refused, about a file or an address that the user named.
  if ('syscall' in error) {
    const advice = ADVICE[code];
    return { message: advice === undefined ? message : `${message}. ${advice}`, exitCode: ExitCode.Failure };
  }
  return undefined;
}

/** Whether a file that the user named is not there, or is not for this user. */
function isWrongPath(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && WRONG_PATH.includes(String(cause.code));
}
