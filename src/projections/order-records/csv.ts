/** A line of a CSV file (RFC 4180), its end included. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A row of a CSV file that somebody wrote, and the line that it begins in. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Members' files are not the operator's: what a message repeats of them must not reach a terminal as a command. */
const CONTROL_CHARACTER = /\p{Cc}/gu;

/** A CSV file is not as it must be: what is wrong, and in which line. */
export class CsvError extends Error {
  override readonly name = 'CsvError';
  declare readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message.replaceAll(CONTROL_CHARACTER, '?')}`);
    this.line = line;
  }
}

/** Splits a text where a cell, a row or a quoted cell ends. */
const TOKEN = /"(?:[^"]|"")*"|[^",\r\n]+|,|\r?\n|"|\r/g;

/** The rows of a CSV text (RFC 4180; lines may end with a line feed alone). Empty lines are passed over. @throws CsvError */
export function parseCsv(text: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let line = 1;
  let begin = 1;
  let cells: string[] = [];
  let cell: string | undefined;
  const endRow = (): void => {
    if (cells.length > 0 || cell !== undefined) rows.push({ line: begin, cells: [...cells, cell ?? ''] });
    cells = [];
    cell = undefined;
  };
  for (const [token] of text.replace(/^\ufeff/, '').matchAll(TOKEN)) {
    if (token === ',') {
      cells.push(cell ?? '');
      cell = undefined;
    } else if (token === '\n' || token === '\r\n') {
      endRow();
      line++;
      begin = line;
    } else {
      if (token === '"' || token === '\r' || cell !== undefined)
        throw new CsvError(line, 'a quote or a carriage return stands where none may');
      cell = token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
      line += token.split('\n').length - 1;
    }
  }
  endRow();
  return rows;
}

/**
 * The rows of a CSV text by the names of its first line.
 * @param required names that must be there
 * @param optional names that may be
 * @throws CsvError
 */
export function parseTable<Name extends string>(
  text: string,
  required: readonly Name[],
  optional: readonly Name[] = [],
): { readonly line: number; readonly values: { readonly [Key in Name]: string } }[] {
  const [head, ...rows] = parseCsv(text);
  const names = head?.cells.map((name) => name.trim()) ?? [];
  const known = [...required, ...optional];
  const missing = required.filter((name) => !names.includes(name));
  const unknown = names.find((name) => !known.includes(name as Name));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const expected = `the first line must be ${required.join(',')}`;
  if (missing.length > 0) throw new CsvError(1, `${expected}: it lacks ${missing.join(', ')}`);
  if (unknown !== undefined) {
    const also = optional.length === 0 ? '' : `, and may have ${optional.join(', ')}`;
    throw new CsvError(1, `${expected}${also}: it has "${unknown}"`);
  }
  if (twice !== undefined) throw new CsvError(1, `it has "${twice}" twice`);
  return rows.map(({ line, cells }) => {
    if (cells.length !== names.length)
      throw new CsvError(line, `it has ${cells.length} cells, the first line has ${names.length}`);
    const values = Object.fromEntries(known.map((name) => [name, cells[names.indexOf(name)]?.trim() ?? '']));
    return { line, values: values as { readonly [Key in Name]: string } };
  });
}
