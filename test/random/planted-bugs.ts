import type { CommandInput, Event } from '#codec/log/record-types.ts';
import { Execution } from '#core/execution.ts';
import { Ledger } from '#core/ledger/ledger.ts';
import { InstrumentTable } from '#core/registry/instruments.ts';
import { CoreState } from '#core/state.ts';
import { CommandFlag, Role } from '#domain/commands.ts';
import { CancelReason } from '#domain/events.ts';
import { FastEngine } from '../oracle/fast-engine.ts';
import { NaiveCore } from '../oracle/naive-core.ts';
import type { Instrument, Order, Venue } from '../oracle/venue.ts';
import type { Engine } from '../scenarios/engine.ts';
import type { CandidateFactory } from './differential.ts';

/** Makes something wrong in a naive core before or after it applies a command. */
type Sabotage = (core: NaiveCore, command: CommandInput, apply: () => Event[]) => Event[];

function sabotaged(sabotage: Sabotage): CandidateFactory {
  return (options): Engine => {
    const core = new NaiveCore(options);
    return {
      apply: (command, seconds, nanos = 0) =>
        sabotage(core, command, () => core.apply(command, seconds, nanos)),
    };
  };
}

type SettleArguments = Parameters<Ledger['settle']>;

/** A fast core whose ledger does something more after each trade, of which no event tells. */
function afterSettlement(more: (ledger: Ledger, trade: SettleArguments) => void): CandidateFactory {
  const { settle } = Ledger.prototype;
  return withMethod(Ledger.prototype, 'settle', function (this: Ledger, ...trade: SettleArguments): void {
    settle.apply(this, trade);
    more(this, trade);
  });
}

/** A fast core with another method in the place of one of its own while it applies a command. */
function withMethod<Owner extends object, Name extends keyof Owner>(
  owner: Owner,
  name: Name,
  method: Owner[Name],
): CandidateFactory {
  const original = owner[name];
  return (options): Engine => {
    const engine = new FastEngine(options);
    return {
      apply: (command, seconds, nanos = 0) => {
        owner[name] = method;
        try {
          return engine.apply(command, seconds, nanos);
        } finally {
          owner[name] = original;
        }
      },
      describeAccount: (accountId) => engine.describeAccount(accountId),
    };
  };
}

const { cancel } = Execution.prototype;

/** As the fast core cancels an order, but for the hold of one whose partner traded. */
function cancelKeepingHold(this: Execution, slot: number, reason: CancelReason): void {
  const { rehold } = this;
  if (reason === CancelReason.OneCancelsOther) this.rehold = () => {};
  cancel.call(this, slot, reason);
  this.rehold = rehold;
}

/** Runs `apply` with one field of every instrument's terms changed. */
function withTerms(core: NaiveCore, change: Partial<Instrument['terms']>, apply: () => Event[]): Event[] {
  const before = core.venue.instruments.map((instrument) => instrument.terms);
  for (const instrument of core.venue.instruments) {
    Object.assign(instrument, { terms: { ...instrument.terms, ...change } });
  }
  const events = apply();
  for (const [index, terms] of before.entries()) Object.assign(core.venue.instruments[index], { terms });
  return events;
}

/** Runs `apply` while the venue has one more admin with a password. */
function withAnotherAdmin(venue: Venue, apply: () => Event[]): Event[] {
  const [user] = venue.users;
  if (user === undefined) return apply();
  venue.users.push({ ...user, userId: 0, role: Role.Admin, enabled: true, hasPassword: true });
  const events = apply();
  venue.users.pop();
  return events;
}

/** Two orders at one price that both rest. */
function twins(orders: readonly Order[]): [Order, Order] | undefined {
  for (const [index, a] of orders.entries()) {
    const b = orders.slice(index + 1).find((other) => isTwin(a, other));
    if (b !== undefined) return [a, b];
  }
  return undefined;
}

function isTwin(a: Order, b: Order): boolean {
  const isSamePlace = a.instrument === b.instrument && a.side === b.side && a.priceTicks === b.priceTicks;
  return isSamePlace && a.state === 'resting' && b.state === 'resting';
}

const { renewHoldFee } = InstrumentTable.prototype;

/** Engines with one bug each: the comparison with the oracle must find every one of them. */
export const PLANTED_BUGS: Readonly<Record<string, CandidateFactory>> = {
  'two orders at one price change places': sabotaged(({ venue }, _command, apply) => {
    const pair = twins(venue.orders);
    if (pair !== undefined) [pair[0].place, pair[1].place] = [pair[1].place, pair[0].place];
    return apply();
  }),
  'the collar is ignored': sabotaged((core, command, apply) =>
    command.type === 'AddInstrument' ? apply() : withTerms(core, { collarPpm: 0 }, apply),
  ),
  'the taker pays no fee': sabotaged((core, command, apply) =>
    command.type === 'NewOrder' ? withTerms(core, { takerFeePpm: 0 }, apply) : apply(),
  ),
  'a replaced order loses its place even where it should keep it': sabotaged(({ venue }, _command, apply) => {
    const events = apply();
    for (const event of events) {
      if (event.type !== 'OrderReplaced' || event.keepsPriority === 0) continue;
      const order = venue.orders.find(({ orderId }) => orderId === event.orderId);
      if (order !== undefined) order.place = ++venue.lastPlace;
    }
    return events;
  }),
  'one report number is skipped after a mass cancel': sabotaged(({ venue }, command, apply) => {
    const events = apply();
    const [user] = venue.users;
    if (command.type === 'MassCancel' && user !== undefined) user.reports++;
    return events;
  }),
  'a disabled user may still cancel': sabotaged(({ venue }, command, apply) => {
    const user = venue.user(command.userId ?? 0);
    if (command.type !== 'CancelOrder' || user === undefined || user.enabled) return apply();
    user.enabled = true;
    const events = apply();
    user.enabled = false;
    return events;
  }),
  'every session that ends takes the orders along': sabotaged(({ venue }, command, apply) => {
    if (command.type !== 'CloseSession') return apply();
    const { sessions } = venue;
    const isEnding = ({ nodeId, sessionId }: (typeof sessions)[number]): boolean =>
      nodeId === command.nodeId && sessionId === command.sessionId;
    venue.sessions = sessions.filter(isEnding);
    const events = apply();
    venue.sessions.push(...sessions.filter((session) => !isEnding(session)));
    return events;
  }),
  'everybody may revoke every key': sabotaged(({ venue }, command, apply) => {
    const user = venue.user(command.userId ?? 0);
    if (command.type !== 'RevokeApiKey' || user === undefined) return apply();
    const { role } = user;
    user.role = Role.Admin;
    const events = apply();
    user.role = role;
    return events;
  }),
  'a text is used up by an order that was refused': sabotaged(({ venue }, command, apply) => {
    const events = apply();
    const isText = command.type === 'NewOrder' && command.flags === CommandFlag.UniqueTag;
    if (isText && command.clientTag !== '' && events[0]?.type === 'CommandRejected')
      venue.tags.push(`${command.userId} ${command.clientTag}`);
    return events;
  }),
  'a replace leaves its text free': sabotaged(({ venue }, command, apply) => {
    const { tags } = venue;
    const events = apply();
    if (command.type === 'ReplaceOrder') venue.tags = tags;
    return events;
  }),
  'a request that was refused has used its id up': sabotaged(({ venue }, command, apply) => {
    const events = apply();
    const isRequest = command.type === 'Deposit' || command.type === 'Withdraw';
    if (isRequest && (command.requestId ?? '') !== '' && events[0]?.type === 'CommandRejected')
      venue.requestIds.push(`${command.userId} ${command.requestId}`);
    return events;
  }),
  'a withdrawal leaves its id free': sabotaged(({ venue }, command, apply) => {
    const { requestIds } = venue;
    const events = apply();
    if (command.type === 'Withdraw') venue.requestIds = requestIds;
    return events;
  }),
  'the last admin may be disabled': sabotaged(({ venue }, command, apply) =>
    command.type === 'SetUserEnabled' ? withAnotherAdmin(venue, apply) : apply(),
  ),
  'the last admin may lose its password': sabotaged(({ venue }, command, apply) =>
    command.type === 'SetUserPassword' ? withAnotherAdmin(venue, apply) : apply(),
  ),
  'the last admin may lose its keys': sabotaged(({ venue }, command, apply) =>
    command.type === 'RevokeApiKey' ? withAnotherAdmin(venue, apply) : apply(),
  ),
  'a seller pays one unit more than its fee': afterSettlement((ledger, [, , seller]) => {
    if (ledger.sellerFeeMinor === 0) return;
    ledger.balances.post(ledger.quoteBalance(seller), -1);
    ledger.balances.post(ledger.venueBalance(seller), 1);
  }),
  "a seller's fee goes to the buyer": afterSettlement((ledger, [, buyer]) => {
    ledger.balances.post(ledger.venueBalance(buyer), -ledger.sellerFeeMinor);
    ledger.balances.post(ledger.quoteBalance(buyer), ledger.sellerFeeMinor);
  }),
  'the hold of an order whose partner traded is not given back': withMethod(
    Execution.prototype,
    'cancel',
    cancelKeepingHold,
  ),
  'the book does not hear of other bands': withMethod(CoreState.prototype, 'setBands', () => {}),
  'a replace need not say all that its instrument asks for': sabotaged(({ venue }, command, apply) => {
    if (command.type !== 'ReplaceOrder') return apply();
    const asking = venue.instruments.filter(({ asksRegulatoryFields }) => asksRegulatoryFields);
    for (const instrument of asking) instrument.asksRegulatoryFields = false;
    const events = apply();
    for (const instrument of asking) instrument.asksRegulatoryFields = true;
    return events;
  }),
  'buys hold for the highest fees that there ever were': withMethod(
    InstrumentTable.prototype,
    'renewHoldFee',
    function (this: InstrumentTable, row) {
      if (Math.max(this.makerFeePpm(row), this.takerFeePpm(row)) > this.holdFeePpm(row))
        renewHoldFee.call(this, row);
    },
  ),
  'pairs are forgotten': sabotaged(({ venue }, _command, apply) => {
    for (const order of venue.orders) order.partner = null;
    return apply();
  }),
};
