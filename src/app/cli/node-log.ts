import { type Logger, pino } from 'pino';

export type LogFormat = 'text' | 'json';

/**
 * The node's log on standard error: JSON as pino writes it, or a line for people. A line that nobody takes (its file is on a full disk,
 * or who read the pipe has ended) is lost, and the node goes on.
 */
export function nodeLogger(level: string, format: LogFormat): Logger {
  process.stderr.on('error', () => {});
  if (format === 'json') return pino({ level }, { write: (line: string) => process.stderr.write(line) });
  return pino(
    { level, base: null },
    { write: (line: string) => process.stderr.write(`${readable(line)}\n`) },
  );
}

/** `12:34:56 WARN  message  key=value …` from a line of pino's. */
export function readable(line: string): string {
  const { level, time, msg, ...fields } = JSON.parse(line) as {
    level: number;
    time: number;
    msg?: string;
  } & Record<string, unknown>;
  const clock = new Date(time).toISOString().slice('YYYY-MM-DDT'.length, 'YYYY-MM-DDTHH:MM:SS'.length);
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${shown(value)}`);
  return [clock, pino.levels.labels[level].toUpperCase().padEnd(5), msg ?? '', ...rest].join(' ');
}

function shown(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  if (value !== null && typeof value === 'object' && 'message' in value) return JSON.stringify(value.message);
  return JSON.stringify(value);
}
