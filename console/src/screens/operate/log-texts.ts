import { grouped } from '../../lib/format.ts';
import { strings } from '../../strings.ts';
import type { CommandView, EventView, RegulatoryView, Values } from './log-views.ts';

const texts = strings.operateLog;
const { line } = texts;
/** Fields of a record that is told by its fields. */
const OTHERS_MAX = 4;

/** Who did it. */
export function whoText({ userId, userName }: { userId?: number; userName?: string }): string {
  return userName ?? (userId === undefined ? texts.operator : texts.user(userId));
}

/** A command in a line, without its sender: "buy 0.5000 BTCUSD at 600.00, limit". */
export function commandText({ command, values }: CommandView): string {
  switch (command) {
    case 'NewOrder':
      return orderText(values);
    case 'ReplaceOrder':
      return replaceText(
        number(values, 'originalClientOrderNumber'),
        number(values, 'clientOrderNumber'),
        values,
      );
    case 'CancelOrder':
      return join([
        number(values, 'clientOrderNumber'),
        part(values, 'totalQuantity', (total) => (/^[0.]*$/.test(total) ? '' : line.downTo(total))),
      ]);
    case 'Deposit':
    case 'Withdraw':
      return join([
        part(values, 'amount', grouped),
        part(values, 'asset'),
        values['accountId'] === undefined ? line.venueAccount : part(values, 'accountId', line.account),
        reason(values),
      ]);
    default:
      return othersText(values);
  }
}

/** What a command says for the authority, in a line: "DEAL, client 4711, execution decision 9 (algorithm)". */
export function regulatoryText(said: RegulatoryView): string {
  const names = texts.regulatory;
  const { capacity, client, investmentDecision: investment, executionDecision: execution } = said;
  const parts = [
    capacity,
    said.directElectronicAccess === true ? names.directElectronicAccess : undefined,
    said.liquidityProvision === true ? names.liquidityProvision : undefined,
    client === undefined ? undefined : names.client(String(client)),
    investment === undefined ? undefined : names.investment(String(investment.code), investment.by),
    execution === undefined ? undefined : names.execution(String(execution.code), execution.by),
    said.nonExecutingBroker === undefined ? undefined : names.broker(String(said.nonExecutingBroker)),
  ];
  return parts.filter((each) => each !== undefined).join(', ');
}

/** An event in a line, behind its name. */
export function eventText({ event, values }: EventView): string {
  switch (event) {
    case 'OrderAccepted':
      return orderText(values);
    case 'OrderReplaced':
      return replaceText(part(values, 'originalOrderId'), part(values, 'orderId'), values);
    case 'OrderRested':
      return join([
        part(values, 'side'),
        part(values, 'displayQuantity', grouped),
        part(values, 'price', at),
      ]);
    case 'Trade':
    case 'TradeCanceled':
    case 'FillCanceled':
      return join([part(values, 'quantity', grouped), part(values, 'symbol'), part(values, 'price', at)]);
    case 'OrderCanceled':
      return join([part(values, 'canceledQuantity', grouped), part(values, 'cancelReason', line.because)]);
    case 'CommandRejected':
      return join([part(values, 'command'), part(values, 'rejectCode')]);
    case 'LedgerPosted':
      return join([part(values, 'kind'), part(values, 'amount', grouped), part(values, 'asset')]);
    case 'CommandAccepted':
      return part(values, 'command');
    case 'PositionChanged':
      return join([
        part(values, 'accountId', line.account),
        part(values, 'position', grouped),
        part(values, 'symbol'),
      ]);
    case 'PhaseChanged':
      return join([part(values, 'symbol'), part(values, 'previousPhase'), '→', part(values, 'phase')]);
    default:
      return othersText(values);
  }
}

/** The name of an event as people say it. */
export function eventName(event: string): string {
  return texts.events[event] ?? event.replace(/(?!^)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** What kind of thing an event is, for its mark. */
export function eventLook(event: string): 'bad' | 'good' | 'plain' {
  if (
    event === 'CommandRejected' ||
    event === 'OrderCanceled' ||
    event === 'TradeCanceled' ||
    event === 'SessionEnded'
  )
    return 'bad';
  return event === 'Trade' ? 'good' : 'plain';
}

/** A field's name as words: "clientOrderNumber" is "client order number". */
export function fieldText(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function replaceText(former: string, latter: string, values: Values): string {
  const shown = terms(values);
  return shown === '' ? line.replaces(former, latter) : `${line.replaces(former, latter)}: ${shown}`;
}

function orderText(values: Values): string {
  return join([part(values, 'side'), terms(values), part(values, 'type'), part(values, 'timeInForce')]);
}

function terms(values: Values): string {
  return join([
    part(values, 'quantity', grouped),
    part(values, 'symbol'),
    part(values, 'price', at),
    part(values, 'stopPrice', (price) => line.stop(grouped(price))),
    part(values, 'displayQuantity', (shown) => line.showing(grouped(shown))),
  ]);
}

function at(price: string): string {
  return line.at(grouped(price));
}

function reason(values: Values): string {
  return part(values, 'reason', line.quoted);
}

function number(values: Values, name: string): string {
  return part(values, name, line.number);
}

function othersText(values: Values): string {
  const shown = Object.entries(values)
    .filter(([name]) => name !== 'reason' && name !== 'clientOrderNumber')
    .slice(0, OTHERS_MAX)
    .map(([name, value]) =>
      value === true ? fieldText(name) : value === false ? '' : `${fieldText(name)} ${value}`,
    );
  return join([shown.filter((text) => text !== '').join(', '), reason(values)]);
}

function part(values: Values, name: string, write: (text: string) => string = (text) => text): string {
  const value = values[name];
  return value === undefined ? '' : write(String(value));
}

function join(parts: readonly string[]): string {
  return parts.filter((text) => text !== '').join(' ');
}
