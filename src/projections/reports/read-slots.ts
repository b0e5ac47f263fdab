import { type FileHandle, open } from 'node:fs/promises';
import type { WordBuffer } from '#lib/word-buffer.ts';
import { ReportsUnavailableError } from './report-errors.ts';
import { reportFile, SLOT_BYTES, slotPosition } from './report-slot.ts';

/**
 * Reads the slots of a user's reports from number `from` on to the beginning of `slots`, `count` of them; what the file does not have is zeros, as
 * what was never written is.
 * @throws ReportsUnavailableError IO_ERROR
 */
export async function readSlots(
  directory: string,
  userId: number,
  from: number,
  count: number,
  slots: WordBuffer,
): Promise<void> {
  const length = count * SLOT_BYTES;
  let file: FileHandle | undefined;
  let at = 0;
  try {
    file = await open(reportFile(directory, userId), 'r');
    const position = slotPosition(from);
    for (let read = -1; at < length && read !== 0; at += read) {
      read = (await file.read(slots.u8, at, length - at, position + at)).bytesRead;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') {
      const what = `its file cannot be read: ${(cause as Error).message}`;
      throw new ReportsUnavailableError('IO_ERROR', userId, from, what, { cause });
    }
  } finally {
    await file?.close();
  }
  slots.u8.fill(0, at, length);
}
