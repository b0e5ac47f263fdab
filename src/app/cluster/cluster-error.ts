/**
 * `NO_SERVER`: none could be reached. `NO_ANSWER`: they do not answer, or not in time. `REFUSED`: they do not do what was asked.
 * `NO_SNAPSHOT`: the cluster has nothing from which this node could begin. `OVERTAKEN`: each time that it began, the stream was truncated beyond that.
 * `IN_THE_WAY`: something in the data directory has the name under which this node would put its log aside. `EXISTS`: it has a log already.
 * `OTHER_HISTORY`: its store has a snapshot that does not lead to this log.
 * `ORIGIN_ANSWERS`: the log that it mirrors is not gone. `NO_NUMBER`: no node number is free. `NUMBER_LOST`: another node has this one's by now.
 */
export type ClusterErrorCode =
  | 'NO_SERVER'
  | 'NO_ANSWER'
  | 'REFUSED'
  | 'NO_SNAPSHOT'
  | 'OVERTAKEN'
  | 'IN_THE_WAY'
  | 'EXISTS'
  | 'OTHER_HISTORY'
  | 'ORIGIN_ANSWERS'
  | 'NO_NUMBER'
  | 'NUMBER_LOST';

/** A node cannot begin, or go on, in its cluster. The message says what to do. */
export class ClusterError extends Error {
  override readonly name = 'ClusterError';
  declare readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The cluster's store has a snapshot of the log from behind its end.
 * @param stream of the log @param sequence that the snapshot stands after @param lastSequence of the log
 */
export function otherHistory(stream: string, sequence: number, lastSequence: number): ClusterError {
  return new ClusterError(
    'OTHER_HISTORY',
    `the store ${stream}_SNAPSHOTS has a snapshot after entry ${sequence}, and the log ends with entry ${lastSequence}: it is of another history of the log, to which nothing leads from here, or the log lost its end. Where that is known and meant, remove the store ("nats stream rm OBJ_${stream}_SNAPSHOTS"; what it holds is no part of this log) and try again`,
  );
}

/** What the NATS client says, by the names of its errors: those of other threads have lost their classes. */
const CODE_OF_CLIENT: { readonly [name: string]: 'NO_ANSWER' | 'REFUSED' } = {
  TimeoutError: 'NO_ANSWER',
  RequestError: 'NO_ANSWER',
  NoResponders: 'NO_ANSWER',
  ConnectionError: 'NO_ANSWER',
  ClosedConnectionError: 'NO_ANSWER',
  DrainingConnectionError: 'NO_ANSWER',
  ProtocolError: 'NO_ANSWER',
  JetStreamNotEnabled: 'REFUSED',
  JetStreamError: 'REFUSED',
  JetStreamStatusError: 'REFUSED',
  JetStreamApiError: 'REFUSED',
  StreamNotFoundError: 'REFUSED',
  ConsumerNotFoundError: 'REFUSED',
  PermissionViolationError: 'REFUSED',
  AuthorizationError: 'REFUSED',
  UserAuthenticationExpiredError: 'REFUSED',
};

/** Of an answer of JetStream without a leader, or with too few servers. */
const STATUS_UNAVAILABLE = 503;

const ADVICE = {
  NO_ANSWER: 'see that a majority of them runs, with JetStream, and try again when they do',
  REFUSED:
    'see what their logs say, and that the user of the nodes may do what docs/cluster.md lists under "Permissions"',
} as const;

/** What was thrown, as a ClusterError NO_ANSWER or REFUSED where it is an error of the NATS client. */
export function clusterErrorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message } = error;
  const known = CODE_OF_CLIENT[name];
  if (known === undefined) return error;
  const code = 'status' in error && error.status === STATUS_UNAVAILABLE ? 'NO_ANSWER' : known;
  const what = code === 'NO_ANSWER' ? 'do not answer' : 'refuse what was asked';
  return new ClusterError(code, `the nats-servers ${what} (${message || name}): ${ADVICE[code]}`, {
    cause: error,
  });
}
