import type { OrderRecord } from '#domain/history.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import type { DeskUser } from '../../orders/desk-user.ts';

/** Which orders that may come for the second time are known to history: also those that were refused. */
export class RepeatedOrders {
  declare private readonly user: DeskUser;
  declare private readonly archive: ArchiveQueries;
  /** The order that was asked for last; messages come one at a time. */
  declare private clOrdId: string;
  /** What history said of it; undefined: nothing yet. */
  declare private answer: { readonly order: OrderRecord | undefined } | undefined;

  constructor(user: DeskUser, archive: ArchiveQueries) {
    this.user = user;
    this.archive = archive;
    this.clOrdId = '';
    this.answer = undefined;
  }

  /** The order with the ClOrdID; undefined: there was none. 'later': history is being asked. */
  find(clOrdId: string): OrderRecord | undefined | 'later' {
    if (this.clOrdId !== clOrdId) {
      this.clOrdId = clOrdId;
      this.#ask(clOrdId);
      return 'later';
    }
    if (this.answer === undefined) return 'later';
    this.clOrdId = '';
    return this.answer.order;
  }

  #ask(clOrdId: string): void {
    this.answer = undefined;
    const { userId, sequence } = this.user;
    this.archive.ask({ type: 'orderByClient', userId, clientTag: clOrdId }, sequence).then(
      ({ result }) => {
        if (this.clOrdId === clOrdId) this.answer = { order: result };
      },
      () => {
        // The message comes again until history answers, or the session gives up.
        if (this.clOrdId === clOrdId) this.clOrdId = '';
      },
    );
  }
}
