import { InvalidArgumentError, Option } from 'commander';
import { secondText } from '#codec/json/schemas.ts';
import { SERVER_URL } from '../config/cluster-section.ts';
import type { LogTime } from '../log-time.ts';

/** Reads an integer option. For commander, which turns the error into a usage message. */
export function integerOption(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be an integer from ${min} to ${max}.`);
  };
}

/** The data directory of commands that are given none. */
export const DATA_DIRECTORY = 'data';

/** `--data-dir` of commands that look at a node or its files. */
export function dataDirOption(): Option {
  return new Option('--data-dir <directory>', 'data directory of the node')
    .argParser(directoryOption)
    .default(DATA_DIRECTORY);
}

/** A directory's path. None would be the current directory: what a shell makes of a variable that is not set. For commander. */
export function directoryOption(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It must be the path of a directory; that of the current one is a dot.');
}

/** An instrument's symbol, as the binary doors carry it. For commander. */
export function symbolArgument(text: string): string {
  if (/^[\x21-\x7e]{1,8}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be 1 to 8 printable ASCII characters without spaces.');
}

/** A sequence number of the log. */
export const sequenceOption = integerOption(1, Number.MAX_SAFE_INTEGER);
/** A log time in UTC (RFC 3339, to nanoseconds). For commander. */
export function timeOption(text: string): LogTime {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  const seconds = match === null ? Number.NaN : Date.parse(`${match[1]}Z`) / 1_000;
  // February 29 of other years can be parsed, too: as March 1.
  if (match === null || Number.isNaN(seconds) || secondText(seconds) !== `${match[1]}Z`) {
    throw new InvalidArgumentError(
      'It must be a time in UTC such as 2030-01-31T16:00:00Z or …:00.123456789Z.',
    );
  }
  return { seconds, nanos: Number((match[2] ?? '').padEnd(9, '0')) };
}

export const portOption = integerOption(0, 65_535);

/** A node's number, or that it is to be given one. */
export function nodeIdOption(value: string): number | 'auto' {
  return value === 'auto' ? value : integerOption(1, 65_535)(value);
}

/** Addresses of nats-servers, with commas between. */
export function serversOption(value: string): readonly string[] {
  const servers = value.split(',');
  const wrong = servers.find((server) => !SERVER_URL.test(server));
  if (wrong !== undefined) {
    throw new InvalidArgumentError(
      `"${wrong}" is no address of a nats-server, such as nats://10.0.0.1:4222.`,
    );
  }
  return servers;
}
