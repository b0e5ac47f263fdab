import { once } from 'node:events';
import { endProcess } from '#lib/end-process.ts';
import { ExitCode } from './exit-codes.ts';

/** Ends the process when its output is not taken: quietly when whoever read it has seen enough, as with `hive log dump | head`. */
export function endWithOutput({ code, message }: NodeJS.ErrnoException): never {
  if (code === 'EPIPE') endProcess(ExitCode.Ok);
  process.stderr.write(`hive: standard output cannot be written: ${message}\n`);
  endProcess(ExitCode.Failure);
}

/** Standard output of a command: text for people, or with `--json` one JSON object for each line. */
export class Output {
  declare readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** Prints one result: `value` as JSON, or the text. */
  result(value: object, text: string | (() => string)): void {
    const line = this.json ? JSON.stringify(value) : typeof text === 'string' ? text : text();
    process.stdout.write(`${line}\n`);
  }

  /** From now on the process goes on when nobody takes what it prints. */
  outlive(onLost: (error: Error) => void): void {
    process.stdout.off('error', endWithOutput).on('error', onLost);
  }

  /** Resolves when what was printed has been taken: call it now and then in long outputs. */
  async drained(): Promise<void> {
    if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
  }
}

/** Entries of a log: `entries 3 to 7`, or `no entries` of one that has none. */
export function entriesText(firstSequence: number, lastSequence: number): string {
  const isEmpty = lastSequence === 0 || lastSequence < firstSequence;
  return isEmpty ? 'no entries' : `entries ${firstSequence} to ${lastSequence}`;
}

/** Pads the cells of each column to one width; numbers go to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => String(line[column]).length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) =>
          typeof cell === 'number' ? String(cell).padStart(widths[column]) : cell.padEnd(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
