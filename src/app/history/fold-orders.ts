import type { OrderRecord } from '#domain/history.ts';
import { readReports } from '#gateways/orders/report.ts';
import { UserOrders } from '#gateways/orders/user-orders.ts';
import { WordBuffer } from '#lib/word-buffer.ts';
import { readSlots } from '#projections/reports/read-slots.ts';
import { eventSequence, SLOT_WORDS, SlotState, slotState } from '#projections/reports/report-slot.ts';

/** Reports that one read brings. */
const CHUNK_REPORTS = 256;

/**
 * A user's open orders after entry `lastSequence` of the log, from the user's reports.
 * @param directory of the files of reports
 * @param reportCount how many reports the user has had, then or later
 * @returns undefined when one of the reports is not there
 * @throws ReportsUnavailableError
 */
export async function foldOrders(
  directory: string,
  userId: number,
  reportCount: number,
  lastSequence: number,
): Promise<OrderRecord[] | undefined> {
  const orders = new UserOrders();
  const slots = WordBuffer.allocate(CHUNK_REPORTS * SLOT_WORDS);
  for (let from = 1; from <= reportCount; from += CHUNK_REPORTS) {
    const count = Math.min(CHUNK_REPORTS, reportCount - from + 1);
    await readSlots(directory, userId, from, count, slots);
    for (let i = 0; i < count; i++) {
      const at = i * SLOT_WORDS;
      if (slotState(slots, at, userId, from + i) !== SlotState.Report) return undefined;
      if (eventSequence(slots, at) > lastSequence) return [...orders.open()];
      readReports(slots, at, (report) => {
        // The other side of a trade is another user's report, or another one of this user.
        if (report.userId === userId && report.number === from + i) orders.apply(report);
      });
    }
  }
  return [...orders.open()];
}
