import { type Static, Type } from 'typebox';
import { Count, Id, named, ref, Sequence } from '#codec/json/schemas.ts';
import { type ArchiveRefusal, ArchiveRefusedError } from '#domain/history.ts';
import { LogCorruptError } from '#domain/ports.ts';
import { HttpStatusOfReject, type RejectName, Rejects } from '#domain/rejects.ts';
import { type AccessCode, AccessRefusals } from '../identity/access-refusal.ts';

interface ProblemRow {
  readonly httpStatus: number;
  readonly meaning: string;
  /** Whether the same request can succeed later. */
  readonly transient: boolean;
}

const row = (httpStatus: number, meaning: string, transient = false): ProblemRow => ({
  httpStatus,
  meaning,
  transient,
});

/** What the door itself says. */
const DOOR_PROBLEMS = {
  'malformed-http': row(400, 'the bytes are no HTTP/1.1 request'),
  'malformed-url': row(400, 'the path has an escape that is none'),
  'malformed-json': row(400, 'the body is no JSON text'),
  'invalid-request': row(400, 'a field is missing, unknown or outside what is allowed'),
  'not-found': row(404, 'there is no such resource'),
  'unknown-operation': row(404, 'the WebSocket has no such operation'),
  'unknown-channel': row(404, 'the WebSocket has no such channel'),
  'not-subscribed': row(404, 'the connection does not follow this channel'),
  'method-not-allowed': row(405, 'the resource does not have this method'),
  'request-timeout': row(408, 'the request did not come to its end in time', true),
  'already-subscribed': row(409, 'the connection follows this channel already'),
  'other-user': row(409, 'the connection belongs to another user'),
  'replay-off': row(404, 'the node is not configured to replay recordings'),
  'replay-running': row(409, 'a replay is under way'),
  'no-replay': row(409, 'no replay is under way'),
  'replay-unprepared': row(409, 'the venue has no participants for replays'),
  'log-truncated': row(410, 'the entry was removed from the log behind a snapshot'),
  'body-too-large': row(413, 'the body is larger than is read'),
  'unsupported-media-type': row(415, 'the body must be application/json'),
  'headers-too-large': row(431, 'the request line and headers are larger or more than are read'),
  'too-many-subscriptions': row(429, 'more channels than one connection may follow'),
  internal: row(500, 'the door failed: this is a bug, its log has the request id'),
  starting: row(503, 'the node does not know the state of the market yet', true),
  'too-many-connections': row(503, 'more connections than the door takes', true),
  'too-many-requests-at-once': row(503, 'more requests at once than one connection may have', true),
  late: row(503, 'the node has not come to the sequence that was asked for', true),
  busy: row(503, 'too many questions wait for an answer', true),
  verifying: row(503, 'it is still being verified: ask again for what was found', true),
  'backup-unavailable': row(503, 'the target of the backups cannot be read', true),
  'recordings-unreadable': row(503, 'the directory of recordings cannot be read', true),
  'history-behind': row(503, 'history is being rebuilt or cannot be written', true),
  closing: row(503, 'the node stops', true),
  'log-damaged': row(503, "this node's copy of the log is damaged there"),
  'cut-off': row(503, 'the node is cut off from the log of the venue', true),
  'outcome-unknown': row(504, 'the command was sent and its answer did not come in time'),
} as const satisfies Record<string, ProblemRow>;

export type DoorProblem = keyof typeof DOOR_PROBLEMS;

/** The name by which a refusal of access goes here: `NOT_PERMITTED` is "not-permitted". */
type AccessProblem = KebabCode<AccessCode>;
type KebabCode<Code extends string> = Code extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}-${KebabCode<Tail>}`
  : Lowercase<Code>;

/** What a problem is called: small letters for the doors' own, capitals for rejects of the core. */
export type ProblemCode = DoorProblem | AccessProblem | RejectName;

/** The one table of problems: the door's, those of access, and the rejects. */
export const PROBLEMS: ReadonlyMap<string, ProblemRow> = new Map<string, ProblemRow>([
  ...Object.entries(DOOR_PROBLEMS),
  ...(Object.keys(AccessRefusals) as AccessCode[]).map(
    (code) => [accessProblem(code), AccessRefusals[code]] as const,
  ),
  ...(Object.keys(Rejects) as RejectName[]).map((name) => {
    const { meaning, transient } = Rejects[name];
    return [name, { httpStatus: HttpStatusOfReject[name], meaning, transient }] as const;
  }),
]);

/** The name of a refusal of access as a problem. */
export function accessProblem(code: AccessCode): AccessProblem {
  return code.toLowerCase().replaceAll('_', '-') as AccessProblem;
}

/** Where the meaning of problems can be read, below the root of the server. */
export const ERRORS_PATH = '/errors';

export const FieldError = named('FieldError', 'A field that is wrong, and what is allowed.', {
  field: Type.String(),
  allowed: Type.String(),
});

export const ProblemDetails = named('Problem', 'Why a request was not answered (RFC 9457).', {
  type: Type.String({ description: 'path at which the problem is explained' }),
  title: Type.String({ description: 'what it means; always the same for a code' }),
  status: Type.Integer({ description: 'the HTTP status' }),
  detail: Type.String({ description: 'what was wrong with this request, and what to do' }),
  instance: Type.Optional(Type.String({ description: 'id of the request, as in the header X-Request-Id' })),
  code: Type.String({ description: 'name of the problem' }),
  rejectCode: Type.Optional(Id('number in the table of rejects')),
  retry: Type.Boolean({ description: 'whether the same request can succeed later' }),
  sequence: Type.Optional(Sequence),
  appliedSequence: Type.Optional(Count('of a repeat: entry of the log that applied the first request')),
  errors: Type.Optional(Type.Array(ref(FieldError))),
});

/** A request that gets a problem for an answer. Thrown by handlers. */
export class Problem extends Error {
  override readonly name = 'Problem';
  declare readonly code: ProblemCode;
  declare readonly errors: readonly Static<typeof FieldError>[];
  /** Headers of the answer beside the usual ones. */
  declare readonly headers: Readonly<Record<string, string>>;
  /** Entry of the log that has the command that was refused; undefined: no command was sent. */
  declare readonly sequence: number | undefined;
  /** Entry of the log that applied the request of which this one is a repeat, where that is known. */
  declare readonly appliedSequence: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options: {
      readonly errors?: readonly Static<typeof FieldError>[];
      readonly headers?: Readonly<Record<string, string>>;
      readonly sequence?: number | undefined;
      readonly appliedSequence?: number | undefined;
    } = {},
  ) {
    super(detail);
    this.code = code;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
    this.sequence = options.sequence;
    this.appliedSequence = options.appliedSequence;
  }

  get status(): number {
    return rowOf(this.code).httpStatus;
  }

  /** The body of the answer. */
  details(requestId: string | undefined): Static<typeof ProblemDetails> {
    const { code, message, errors, sequence, appliedSequence } = this;
    const { httpStatus, meaning, transient } = rowOf(code);
    return {
      type: `${ERRORS_PATH}/${code}`,
      title: meaning,
      status: httpStatus,
      detail: message,
      ...(requestId === undefined ? {} : { instance: requestId }),
      code,
      ...(code in Rejects ? { rejectCode: Rejects[code as RejectName].code } : {}),
      retry: transient,
      ...(sequence === undefined ? {} : { sequence }),
      ...(appliedSequence === undefined ? {} : { appliedSequence }),
      ...(errors.length === 0 ? {} : { errors: [...errors] }),
    };
  }
}

/** One field is wrong. */
export function invalidField(field: string, allowed: string): Problem {
  return new Problem('invalid-request', `${field} ${allowed}`, { errors: [{ field, allowed }] });
}

const ARCHIVE_PROBLEMS: Readonly<Record<Exclude<ArchiveRefusal, 'BAD_QUERY'>, DoorProblem>> = {
  LATE: 'late',
  BUSY: 'busy',
  HISTORY_BEHIND: 'history-behind',
  CLOSED: 'closing',
};
/** Seconds after which a question that the archive could not answer is worth another try. */
const ARCHIVE_RETRY_SECONDS = '1';

/** Where it is damaged only the node's log says: paths are nothing for clients. */
const LOG_DAMAGED = `ask another node; who runs this one finds file and offset in its log, and what to do in docs/log-format.md, "Damage"`;

/** What a client is told of an error that is no problem; undefined: nothing but that it was one. */
export function problemOfRefusal(error: unknown): Problem | undefined {
  if (error instanceof LogCorruptError) return new Problem('log-damaged', LOG_DAMAGED);
  if (!(error instanceof ArchiveRefusedError)) return undefined;
  if (error.code === 'BAD_QUERY') return new Problem('invalid-request', error.message);
  return new Problem(ARCHIVE_PROBLEMS[error.code], error.message, {
    headers: { 'retry-after': ARCHIVE_RETRY_SECONDS },
  });
}

function rowOf(code: ProblemCode): ProblemRow {
  return PROBLEMS.get(code) as ProblemRow;
}
