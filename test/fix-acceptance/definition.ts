/** What separates fields. */
export const SOH = '\x01';

const HEAD = new RegExp(`^8=.*?${SOH}`);
const LENGTH = new RegExp(`${SOH}9=.*?${SOH}`);
const CHECKSUM = new RegExp(`${SOH}10=.*${SOH}$`);

/** A step of an acceptance definition: what the counterparty does (initiate) or must see (expect) on a connection. */
export interface Step {
  readonly line: number;
  readonly action: 'connect' | 'disconnect' | 'send' | 'expectDisconnect' | 'expect';
  readonly connection: number;
  /** Of `send` and `expect`: the message, times and length not filled in. */
  readonly message: string;
}

const LINE = /^([IEie])(?:(\d),)?(.*)$/;

/** Reads a definition of QuickFIX's acceptance tests. Its messages are Latin-1, fields separated by SOH. */
export function readDefinition(text: string): Step[] {
  return text.split(/\r?\n/).flatMap((content, index): Step[] => {
    if (content === '' || content.startsWith('#')) return [];
    const [, kind, connection = '1', rest = ''] = LINE.exec(content) ?? [];
    const step = { line: index + 1, connection: Number(connection), message: rest };
    if (kind === 'I') return [{ ...step, action: 'send' }];
    if (kind === 'E') return [{ ...step, action: 'expect' }];
    const action = { iCONNECT: 'connect', iDISCONNECT: 'disconnect', eDISCONNECT: 'expectDisconnect' }[
      `${kind}${rest}`
    ] as Step['action'] | undefined;
    if (action === undefined) throw new Error(`line ${index + 1} is no step: ${content}`);
    return [{ ...step, action, message: '' }];
  });
}

/**
 * The message with its times: `<TIME>`, `<TIME+seconds>`, `<TIME-seconds>`, in whole seconds. One in the future is rounded
 * up: it is to be as far away when the message is read.
 */
export function fillTimes(message: string, nowMs: number): string {
  return message.replaceAll(/<TIME([+-]\d+)?>/g, (_match, offset = '0') => {
    const seconds = Number(offset);
    const iso = new Date(nowMs + seconds * 1_000 + (seconds > 0 ? 999 : 0)).toISOString();
    return `${iso.slice(0, 10).replaceAll('-', '')}-${iso.slice(11, 19)}`;
  });
}

/**
 * The message with BodyLength and CheckSum where it has none. One that does not begin with `8=` stays as it is; a given
 * CheckSum counts as the end of the body without the separator before it, as in the tests' own runner.
 */
export function fillFrame(message: string): string {
  const head = HEAD.exec(message)?.[0];
  if (head === undefined) return message;
  const hasLength = LENGTH.test(message);
  const body = message.slice(head.length);
  const checksum = CHECKSUM.exec(body)?.[0];
  const rest = checksum === undefined ? body : body.slice(0, -checksum.length);
  const framed = `${head}${hasLength ? '' : `9=${rest.length}${SOH}`}${rest}`;
  if (checksum !== undefined) return framed + checksum;
  const sum = [...framed].reduce((total, char) => total + char.charCodeAt(0), 0) % 256;
  return `${framed}10=${String(sum).padStart(3, '0')}${SOH}`;
}

/** Fields whose values are times or depend on them: they have to have this form. */
const FORMS: Readonly<Record<string, RegExp>> = {
  10: /^\d{3}$/,
  42: /^\d{8}-\d{2}:\d{2}:\d{2}$/,
  52: /^\d{8}-\d{2}:\d{2}:\d{2}(\.\d{3})?$/,
  60: /^\d{8}-\d{2}:\d{2}:\d{2}$/,
  122: /^\d{8}-\d{2}:\d{2}:\d{2}(\.\d{3})?$/,
};

/** Where two messages differ; empty: they have the same fields in the same order, times aside. */
export function difference(expected: string, received: string): string {
  const left = expected.split(SOH);
  const right = received.split(SOH);
  for (const [index, field] of left.entries()) {
    const [tag = '', value = ''] = split(field);
    const [receivedTag = '', receivedValue = ''] = split(right[index] ?? '');
    const form = FORMS[tag];
    const same = form === undefined ? value === receivedValue : form.test(receivedValue);
    if (tag === receivedTag && same) continue;
    const show = (text: string): string => text.replaceAll(SOH, '|');
    return `field ${tag} differs\nexpected ${show(expected)}\nreceived ${show(received)}`;
  }
  return left.length === right.length ? '' : `${right.length - left.length} more fields: ${received}`;
}

function split(field: string): [string, string] {
  const equals = field.indexOf('=');
  return equals < 0 ? [field, ''] : [field.slice(0, equals), field.slice(equals + 1)];
}
