import { setImmediate } from 'node:timers/promises';
import type { TradingCore } from '#core/trading-core.ts';
import type { Log } from '#domain/ports.ts';
import type { Replica } from '#replica/replica.ts';

/** How long a turn is meant to take. The log finds its place again for each, which takes half a millisecond. */
const TURN_MS = 100;
/** Entries of the first turn. */
export const FIRST_TURN_ENTRIES = 8_192;

/**
 * Has a replica apply what the log holds beyond the core's sequence, in turns of the event loop: it may take minutes, in which the node must heed a request to stop.
 * @throws as Replica.recover
 */
export async function recoverInTurns(replica: Replica, core: TradingCore, log: Log): Promise<void> {
  for (let entries = FIRST_TURN_ENTRIES; ; ) {
    const sinceMs = performance.now();
    const toSequence = Math.min(log.lastSequence, core.sequence + entries);
    replica.recover(log, toSequence);
    if (toSequence === log.lastSequence) return;
    // Entries are of one command or of a thousand.
    const isShort = performance.now() - sinceMs < TURN_MS;
    entries = isShort ? entries * 2 : Math.ceil(entries / 2);
    await setImmediate();
  }
}
