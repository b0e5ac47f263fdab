import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { encodeItch } from '#codec/itch/itch-encoder.ts';
import { ItchMessage, packAlpha4 } from '#codec/itch/itch-messages.ts';
import { type ReplayFormat, replayFile } from '#replay/replay-file.ts';
import type { ReplayReport } from '#replay/replay-report.ts';
import type { ReplayTarget } from '#replay/replay-target.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

/** Folder of recorded markets: HIVE_DATA, or `shared/data` beside the repository. */
export const RECORDED_DATA =
  process.env['HIVE_DATA'] ?? resolve(import.meta.dirname, '..', '..', 'shared', 'data');

/** For a test's `skip`: false when the recorded file is there, else what to do. */
export function missing(file: string): string | false {
  const path = join(RECORDED_DATA, file);
  return existsSync(path) ? false : `no ${path}: set HIVE_DATA to the folder that has it`;
}

/** Replays files given by name and content. */
export async function replayContents(
  format: ReplayFormat,
  contents: Readonly<Record<string, string | Uint8Array>>,
  target: ReplayTarget,
): Promise<ReplayReport> {
  const folder = temporaryDirectory('replay');
  const files = Object.entries(contents).map(([name, content]) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  });
  return await replayFile({ format, files, target });
}

/** What a report says beyond zeros and empty counts, without the figures that depend on the machine or the hash. */
export function findings(report: ReplayReport): Record<string, unknown> {
  const {
    executions,
    bookRows,
    liveOrders,
    reasons,
    reconciliations,
    unexpectedTrades,
    timesGoneBack,
    rejects,
  } = report;
  const found: Record<string, unknown> = {
    executions: Object.values(executions).join(' '),
    bookRows: Object.values(bookRows).join(' '),
    liveOrders,
  };
  for (const [name, counts] of Object.entries(reasons)) {
    if (Object.keys(counts).length > 0) found[name] = counts;
  }
  if (reconciliations.enteringWindow + reconciliations.insideWindow > 0) {
    found['reconciliations'] = Object.values(reconciliations).join(' ');
  }
  if (unexpectedTrades > 0) found['unexpectedTrades'] = unexpectedTrades;
  if (timesGoneBack > 0) found['timesGoneBack'] = timesGoneBack;
  if (Object.keys(rejects).length > 0) found['rejects'] = rejects;
  return found;
}

/** A framed ITCH stream of these messages, each with the time of the one before unless it has its own; `stock` is at most 8 characters. */
export function itchStream(messages: readonly (Partial<ItchMessage> & { stock?: string })[]): Uint8Array {
  let timeNs = 34_200_000_000_000;
  const frames = messages.map(({ stock = 'TEST', ...fields }) => {
    timeNs = fields.timeNs ?? timeNs;
    const message = Object.assign(new ItchMessage(), {
      stockLocate: 1,
      timeNs,
      stockHigh: packAlpha4(stock.slice(0, 4)),
      stockLow: packAlpha4(stock.slice(4)),
      ...fields,
    });
    const frame = new Uint8Array(64);
    const length = encodeItch(message, frame, 2);
    frame[1] = length;
    return frame.subarray(0, length + 2);
  });
  return Buffer.concat(frames);
}
