import type { Static } from 'typebox';
import type { Instrument, TradingStatus } from '#codec/json/market-json.ts';
import type { AdminActionPage } from '#codec/json/people-json.ts';
import type { PhaseMessage as PhaseMessageSchema } from '#codec/json/stream-json.ts';

export type InstrumentView = Static<typeof Instrument>;
export type PhaseView = Static<typeof TradingStatus>;
export type Phase = PhaseView['phase'];
export type PhaseMessage = Static<typeof PhaseMessageSchema>;
export type ActionsView = Static<typeof AdminActionPage>;

/** The phases in the order of a day. */
export const PHASES = [
  'closed',
  'pre-open',
  'opening-auction',
  'continuous',
  'volatility-auction',
  'halted',
  'closing-auction',
] as const satisfies readonly Phase[];
