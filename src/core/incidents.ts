import { IncidentSeverity, IncidentState, PostIncident, VenueComponent } from '#domain/commands.ts';
import { IncidentPosted } from '#domain/events.ts';
import { ACCEPTED, RejectCode } from '#domain/rejects.ts';
import type { WordBuffer } from '#lib/word-buffer.ts';
import type { EventWriter } from './event-writer.ts';
import { byteAt, isId, isText } from './registry/fields.ts';

const SEVERITY = byteAt(PostIncident, 'severity');
const STATE = byteAt(PostIncident, 'state');
const TITLE = byteAt(PostIncident, 'title');
const TEXT = byteAt(PostIncident, 'text');
const TITLE_BYTES = 64;
const TEXT_BYTES = 256;
const ALL_COMPONENTS = Object.values(VenueComponent).reduce((all, bit) => all | bit, 0);

/**
 * Applies a PostIncident record: checks it and tells it, so that every node has it. Nothing of it is state.
 * Refuses: MALFORMED_COMMAND.
 */
export function postIncident(writer: EventWriter, words: WordBuffer, offset: number): number {
  const { i32, u8 } = words;
  const first = offset * 4;
  const components = i32[offset + PostIncident.at.components];
  const isWellFormed =
    isId(i32[offset + PostIncident.at.incidentId]) &&
    components !== 0 &&
    (components & ~ALL_COMPONENTS) === 0 &&
    isOneOf(u8[first + SEVERITY], IncidentSeverity.Minor, IncidentSeverity.Critical) &&
    isOneOf(u8[first + STATE], IncidentState.Investigating, IncidentState.Resolved) &&
    u8[first + TITLE] !== 0 &&
    isText(u8, first + TITLE, TITLE_BYTES) &&
    u8[first + TEXT] !== 0 &&
    isText(u8, first + TEXT, TEXT_BYTES);
  if (!isWellFormed) return RejectCode.MALFORMED_COMMAND;
  const at = writer.begin(IncidentPosted.type, IncidentPosted.words, 0, 0, 0);
  const told = writer.words;
  told.i32[at + IncidentPosted.at.incidentId] = i32[offset + PostIncident.at.incidentId];
  told.i32[at + IncidentPosted.at.components] = components;
  told.i32[at + IncidentPosted.at.severity] = u8[first + SEVERITY] | (u8[first + STATE] << 8);
  for (let word = 0; word < TITLE_BYTES / 4; word++)
    told.i32[at + IncidentPosted.at.title + word] = i32[offset + PostIncident.at.title + word];
  for (let word = 0; word < TEXT_BYTES / 4; word++)
    told.i32[at + IncidentPosted.at.text + word] = i32[offset + PostIncident.at.text + word];
  return ACCEPTED;
}

function isOneOf(value: number, first: number, last: number): boolean {
  return value >= first && value <= last;
}
