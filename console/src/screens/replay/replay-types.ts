import type { Static } from 'typebox';
import type * as replay from '#codec/json/replay-json.ts';

/** What the API says of replays, as its schemas have it. */
export type ReplayView = Static<typeof replay.ReplayState>;
export type ReplayMessage = Static<typeof replay.ReplayMessage>;
export type RecordingView = Static<typeof replay.Recording>;
export type RecordingsView = Static<typeof replay.Recordings>;
export type ReplayAction = Static<typeof replay.ReplayControl>;

/** Whether it goes on, or could. */
export function isUnderWay({ state }: ReplayView): boolean {
  return state === 'running' || state === 'paused';
}
