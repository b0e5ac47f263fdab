import { Asker, type OrderRecord } from '#domain/history.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { DeskUser } from '../../orders/desk-user.ts';

type AskingUser = Pick<DeskUser, 'userId' | 'sequence'>;

/** Which orders that may come for the second time are known to history: also those that were refused. */
export class RepeatedOrders {
  declare private readonly user: AskingUser;
  declare private readonly archive: ArchiveQueries;
  declare private readonly onAnswer: () => void;
  /** Entry of the log of the user's newest report when the session began: what earlier connections did is at or before it. */
  declare private readonly begunAt: number;
  /** The order that was asked for last; messages come one at a time. */
  declare private clOrdId: string;
  /** What history said of it; undefined: nothing yet. */
  declare private answer: { readonly order: OrderRecord | undefined } | undefined;

  /** @param onAnswer what was to come later may come again */
  constructor(user: AskingUser, archive: ArchiveQueries, onAnswer: () => void) {
    this.user = user;
    this.archive = archive;
    this.onAnswer = onAnswer;
    this.begunAt = user.sequence;
    this.clOrdId = '';
    this.answer = undefined;
  }

  /**
   * The order with the ClOrdID; undefined: there was none. 'later': history is being asked.
   * @param ofThisConnection whether it may have been sent on this connection before. If not, history need not follow what this
   * connection enters, and answers a long resend at once.
   */
  find(clOrdId: string, ofThisConnection: boolean): OrderRecord | undefined | 'later' {
    if (this.clOrdId !== clOrdId) {
      this.clOrdId = clOrdId;
      this.#ask(clOrdId, ofThisConnection);
      return 'later';
    }
    if (this.answer === undefined) return 'later';
    this.clOrdId = '';
    return this.answer.order;
  }

  #ask(clOrdId: string, ofThisConnection: boolean): void {
    this.answer = undefined;
    const { userId, sequence } = this.user;
    const query = { type: 'orderByClient', userId, clientTag: clOrdId } as const;
    const asked = ofThisConnection
      ? this.archive.ask(query, sequence)
      : this.archive.ask(query, this.begunAt, Asker.Node, true);
    asked.then(
      ({ result }) => {
        if (this.clOrdId !== clOrdId) return;
        this.answer = { order: result };
        this.onAnswer();
      },
      () => {
        // The message comes again until history answers, or the session gives up.
        if (this.clOrdId === clOrdId) this.clOrdId = '';
      },
    );
  }
}
