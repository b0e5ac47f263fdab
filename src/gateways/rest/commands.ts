import { FieldFault } from '#codec/json/order-request-json.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import type { MarketViews } from '#domain/market-views.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { RejectName } from '#domain/rejects.ts';
import type { AccessControl } from '../identity/access-control.ts';
import { AccessRefusal } from '../identity/access-refusal.ts';
import { passwordFault } from '../identity/password-rules.ts';
import type { UserDirectory } from '../identity/user-directory.ts';
import type { Administration, UnsentCommand } from '../orders/administration.ts';
import { FreeIds } from './free-ids.ts';
import { answerOf, COMMAND_PROBLEMS, problemOfOutcome } from './outcomes.ts';
import { invalidField, Problem, type ProblemCode } from './problems.ts';
import { problemOfAccess } from './request-problems.ts';

/** What the routes of commands need of the edge. */
export interface CommandSources {
  readonly views: MarketViews;
  readonly archive: ArchiveQueries;
  readonly directory: UserDirectory;
  readonly administration: Pick<Administration, 'send'>;
  readonly access: Pick<AccessControl, 'changePassword' | 'passwordFor' | 'firstPassword' | 'secrets'>;
  isAccount(accountId: number): boolean;
  /** Newest version of the core's rules that this build has. */
  readonly coreVersionMax: number;
}

/** What a route needs to say of a command of administration. */
export const ADMIN_PROBLEMS: readonly ProblemCode[] = [
  ...COMMAND_PROBLEMS,
  'malformed-json',
  'unsupported-media-type',
  'body-too-large',
  ...(['MALFORMED_COMMAND', 'UNKNOWN_USER', 'USER_DISABLED', 'NOT_ALLOWED'] satisfies RejectName[]),
];
export const PASSWORD_PROBLEMS: readonly ProblemCode[] = ['unsuitable-password', 'too-many-logins'];

const FIND_OUT =
  'look for the command among your actions in the log (/api/v1/admin/actions) before you send it again';
/** Numbers that are tried for something new whose number the request leaves open. */
const TRIES_MAX = 4;

/** A command that has taken effect. */
interface Done {
  readonly sequence: number;
  readonly canceledOrders: number;
}

/** Sends commands of administration for users of the HTTP door. */
export class Commands {
  declare readonly sources: CommandSources;
  declare readonly accountIds: FreeIds;
  declare readonly userIds: FreeIds;
  declare readonly assetIds: FreeIds;
  declare readonly instrumentIds: FreeIds;
  declare readonly keyIds: FreeIds;

  constructor(sources: CommandSources) {
    const { views, directory } = sources;
    this.sources = sources;
    this.accountIds = new FreeIds((id) => sources.isAccount(id));
    this.userIds = new FreeIds((id) => directory.user(id) !== undefined);
    this.assetIds = new FreeIds((id) => views.asset(id) !== undefined);
    this.instrumentIds = new FreeIds((id) => views.instrument(id) !== undefined);
    this.keyIds = new FreeIds((id) => directory.apiKey(id) !== undefined);
  }

  /** Sends a command and gives its receipt once it has taken effect. @throws Problem */
  async send(
    sender: { readonly userId: number },
    command: UnsentCommand,
  ): Promise<{ readonly sequence: number }> {
    const { sequence } = await this.#send(sender, command);
    return { sequence };
  }

  /** Cancels orders of others and says how many. @throws Problem */
  cancelOrders(
    sender: { readonly userId: number },
    terms: Omit<CommandInput<'CancelOrdersOfOthers'>, 'type' | 'userId' | 'clientOrderId'>,
  ): Promise<Done> {
    return this.#send(sender, { type: 'CancelOrdersOfOthers', ...terms });
  }

  #send({ userId }: { readonly userId: number }, command: UnsentCommand): Promise<Done> {
    return answerOf(
      (done) => this.sources.administration.send(userId, command, done),
      (outcome) => {
        if (outcome.kind === 'done')
          return { sequence: outcome.sequence, canceledOrders: outcome.canceledOrders };
        if (outcome.kind === 'repeat') throw new Error('a command of administration has no repeat');
        throw problemOfOutcome(outcome, FIND_OUT);
      },
    );
  }

  /**
   * Adds something under the number that the request gives, or else under one that is free.
   * @param add sends the command, with the number
   * @throws Problem
   */
  async add<Answer>(
    given: number | undefined,
    free: FreeIds,
    add: (id: number) => Promise<Answer>,
  ): Promise<{ readonly id: number; readonly answer: Answer }> {
    for (let left = TRIES_MAX; ; left--) {
      const id = given ?? free.next();
      try {
        return { id, answer: await add(id) };
      } catch (error) {
        // Somebody else may have taken the free number meanwhile.
        const isTaken = error instanceof Problem && error.code === 'ALREADY_EXISTS' && free.isTaken(id);
        if (given !== undefined || left === 1 || !isTaken) throw error;
      }
    }
  }
}

/** What was read, unless it is a fault. @throws Problem */
export function readOf<Value>(value: Value | FieldFault): Value {
  if (value instanceof FieldFault) throw invalidField(value.field, value.allowed);
  return value;
}

/**
 * What became of a password. @throws Problem
 * @param password the one that was to be set
 */
export function passwordOf<Value>(value: Value | AccessRefusal, password: string, name: string): Value {
  if (!(value instanceof AccessRefusal)) return value;
  if (value.code !== 'UNSUITABLE_PASSWORD') throw problemOfAccess(value);
  const fault = passwordFault(password, name) ?? 'it must differ from the one before';
  throw new Problem('unsuitable-password', `the new password is not taken: ${fault}`);
}
