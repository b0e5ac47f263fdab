import { KillScope } from '#domain/commands.ts';
import { EventType, KillSwitchSet } from '#domain/events.ts';
import type { EventWriter } from './event-writer.ts';
import { writeIndicative, writePhaseChanged } from './phase/phase-events.ts';
import type { CoreState } from './state.ts';

/**
 * Writes what an image says of trading status beyond the phases in InstrumentAdded: kill switches that are engaged, and per
 * instrument the end of a phase that ends by itself (as PhaseChanged from and to the phase that is) and the last published indicative.
 */
export function describeStatus(state: CoreState, writer: EventWriter): void {
  const { instruments, accounts, users, phases, risk } = state;
  if (risk.venueKilled[0] !== 0) writeKillSwitch(writer, KillScope.Venue, 0);
  for (let row = 0; row < instruments.count; row++) {
    const instrumentId = instruments.instrumentId(row);
    const phase = phases.phase[row];
    const endSeconds = phases.endSeconds[row];
    const qtyLots = phases.indicativeQtyLots[row];
    if (instruments.killed(row) !== 0) writeKillSwitch(writer, KillScope.Instrument, instrumentId);
    if (endSeconds !== 0) {
      writePhaseChanged(writer, instrumentId, phase, phase, phases.nextPhase[row], endSeconds);
    }
    if (qtyLots !== 0) {
      const surplusLots = phases.indicativeSurplusLots[row];
      writeIndicative(writer, instrumentId, phase, phases.indicativePriceTicks[row], qtyLots, surplusLots);
    }
  }
  for (let row = 0; row < accounts.count; row++) {
    if (accounts.isKilled(row)) writeKillSwitch(writer, KillScope.Account, accounts.accountId(row));
  }
  for (let row = 0; row < users.count; row++) {
    if (users.isKilled(row)) writeKillSwitch(writer, KillScope.User, users.userId(row));
  }
}

function writeKillSwitch(writer: EventWriter, scope: number, scopeId: number): void {
  const at = writer.begin(EventType.KillSwitchSet, KillSwitchSet.words, 0, 0, 0);
  const { i32 } = writer.words;
  i32[at + KillSwitchSet.at.scope] = scope | (1 << 8);
  i32[at + KillSwitchSet.at.scopeId] = scopeId;
}
