import { parentPort } from 'node:worker_threads';
import type { LogLevel, LogMessage } from './messages.ts';

/** A logger for worker threads: its lines go to the main thread, which owns the log. */
export const threadLog = {
  info: (fields: object, message: string): void => post('info', fields, message),
  warn: (fields: object, message: string): void => post('warn', fields, message),
  error: (fields: object, message: string): void => post('error', fields, message),
};

function post(level: LogLevel, fields: object, message: string): void {
  parentPort?.postMessage({ kind: 'log', level, fields, message } satisfies LogMessage);
}
