import { ServerResponse } from 'node:http';
import { assert } from '#lib/assert.ts';

/** Header fields as Node is given them: by their names in lower case. */
type Fields = Readonly<Record<string, unknown>>;

/** What Node calls once an answer, to write its head. Not documented: docs/adr/0027-prepared-header-lines.md. */
const storeHead = (
  ServerResponse.prototype as unknown as { _storeHeader(firstLine: string, fields?: Fields): void }
)._storeHeader;
assert(
  typeof storeHead === 'function',
  'Condition: this Node writes heads by _storeHeader. Use the Node of package.json',
);

/** Header fields of many answers, as text once and for all. */
export class PreparedFields {
  /** In lower case. */
  declare private readonly names: readonly string[];
  /** Each with its end. */
  declare private readonly lines: readonly string[];
  declare private readonly text: string;

  /** @param fields by names in lower case; trusted: nothing looks at them again */
  constructor(fields: Readonly<Record<string, string>>) {
    this.names = Object.keys(fields);
    this.lines = this.names.map((name) => `${name}: ${fields[name]}\r\n`);
    this.text = this.lines.join('');
  }

  /** The lines of those fields that `others` does not have. */
  besides(others: Fields | undefined): string {
    const { names, lines } = this;
    if (others === undefined || !names.some((name) => others[name] !== undefined)) return this.text;
    return lines.filter((_line, index) => others[names[index]] === undefined).join('');
  }
}

/**
 * An answer whose fields that are the same every time, or that its server makes of numbers and checked texts, are lines
 * already: Node looks at each field by itself, name and value, which was a tenth of an order over REST (bench/rest.ts).
 * A field that is set in the usual way stands for the prepared one.
 */
export class PreparedResponse extends ServerResponse {
  declare prepared: PreparedFields | undefined;
  /** More lines of this answer, each with its end. Nothing looks at them again. */
  declare lines: string | undefined;

  /** Called by Node. */
  _storeHeader(firstLine: string, fields?: Fields): void {
    const { prepared, lines = '' } = this;
    storeHead.call(this, firstLine + (prepared?.besides(fields) ?? '') + lines, fields);
  }
}
