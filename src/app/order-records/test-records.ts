import { encodeEntry } from '#codec/log/entries.ts';
import type { CommandInput } from '#codec/log/record-types.ts';
import { WORD_BYTES, WordBuffer } from '#lib/word-buffer.ts';
import { CodeTable } from '#projections/order-records/code-table.ts';
import type { Column, OrderRow } from '#projections/order-records/columns.ts';
import { parseInstruments } from '#projections/order-records/instrument-table.ts';
import { OrderRowWriter } from '#projections/order-records/order-row-writer.ts';
import { MARKET_SECONDS, type MarketOptions, market } from '../../../test/scenarios/market.ts';
import { parseLine } from '../../../test/scenarios/parse.ts';
import { RecordsCore } from './records-core.ts';

export interface PlayedRecords {
  readonly rows: readonly OrderRow[];
  readonly records: RecordsCore;
  readonly writer: OrderRowWriter;
}

/**
 * For tests: the rows of a scenario's lines, or commands, each an entry of its own; those of the market that it begins with are not
 * counted: the first line is entry 1,001. Lines of one array are one entry.
 */
export function playRecords(
  script: string | readonly (string | CommandInput | readonly (string | CommandInput)[])[],
  {
    codes = '',
    codeColumns = 'kind,code,identification',
    instruments = '',
    ...options
  }: MarketOptions & { codes?: string; codeColumns?: string; instruments?: string } = {},
): PlayedRecords {
  const writer = new OrderRowWriter(
    codes === '' ? CodeTable.empty : CodeTable.parse(`${codeColumns}\n${codes}`),
    instruments === '' ? new Map() : parseInstruments(instruments),
  );
  const rows: OrderRow[] = [];
  const records = new RecordsCore((record) => rows.push(writer.rowOf(record)));
  let entryNo = 0;
  let seconds = MARKET_SECONDS;
  const apply = (sequence: number, commands: readonly CommandInput[]): void => {
    const bytes = encodeEntry({ nodeId: 1, epoch: 1, entryNo: ++entryNo, commands });
    const words = WordBuffer.copyOf(bytes);
    records.applyEntry(sequence, seconds, sequence, words, 0, bytes.length / WORD_BYTES);
  };
  for (const command of market(options)) apply(entryNo + 1, [command]);
  const lines = typeof script === 'string' ? script.split('\n').map((line) => line.trim()) : script;
  let sequence = 1_000;
  for (const line of lines) {
    if (line === '') continue;
    const commands: CommandInput[] = [];
    for (const one of Array.isArray(line) ? line : [line]) {
      const parsed = typeof one === 'string' ? parseLine(one) : { command: one };
      if ('seconds' in parsed) seconds = parsed.seconds;
      else commands.push(parsed.command);
    }
    if (commands.length > 0) apply(++sequence, commands);
  }
  return { rows, records, writer };
}

/** For tests: what rows have in some columns, one text for each row. */
export function inColumns(rows: readonly OrderRow[], columns: readonly Column[]): string[] {
  return rows.map((row) => columns.map((column) => row[column] ?? '').join(' | '));
}
