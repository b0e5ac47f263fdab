import { NewReplay, Recordings, ReplayControl, ReplayState } from '#codec/json/replay-json.ts';
import { Action } from '#domain/permissions.ts';
import { reasonQuery } from './credential-routes.ts';
import type { ProblemCode } from './problems.ts';
import { type Route, route } from './routes.ts';
import type { Replays } from './sources.ts';

const BODY_PROBLEMS: readonly ProblemCode[] = ['malformed-json', 'unsupported-media-type', 'body-too-large'];
/** Of the commands that close the instruments of a replay. */
const STOP_PROBLEMS: readonly ProblemCode[] = ['replay-off', 'replay-running', 'busy', 'outcome-unknown'];

/** What recordings there are and how the replay is; begins, steers and ends it. */
export function replayRoutes(replays: Replays): Route[] {
  const control = {
    path: '/admin/replay',
    weight: 1,
    action: Action.ControlReplay,
    tag: 'replay',
    answer: ReplayState,
  } as const;
  return [
    route({
      method: 'GET',
      path: '/replay/files',
      weight: 5,
      action: Action.ViewNodes,
      tag: 'replay',
      operationId: 'listRecordings',
      summary: 'Recorded markets that this node can replay, by name',
      answer: Recordings,
      problems: ['replay-off', 'recordings-unreadable'],
      handle: () => replays.files(),
    }),
    route({
      method: 'GET',
      path: '/replay',
      weight: 1,
      action: Action.ViewMarket,
      tag: 'replay',
      operationId: 'getReplay',
      summary: 'The replay of this node, or the last one',
      answer: ReplayState,
      handle: () => replays.state(),
    }),
    route({
      ...control,
      method: 'POST',
      weight: 20,
      operationId: 'startReplay',
      summary: 'Replay a recorded market in this venue, by participants that replay alone uses',
      body: NewReplay,
      problems: [
        ...BODY_PROBLEMS,
        ...STOP_PROBLEMS,
        'recordings-unreadable',
        'not-found',
        'replay-unprepared',
        'starting',
      ],
      handle: ({ principal, body }) => replays.start(principal, body),
    }),
    route({
      ...control,
      method: 'PUT',
      operationId: 'controlReplay',
      summary:
        'Pause the replay, let it go on, or by some messages, or at another speed. Answers when it stands still',
      body: ReplayControl,
      problems: [...BODY_PROBLEMS, 'replay-off', 'no-replay'],
      handle: ({ body }) => replays.control(body),
    }),
    route({
      ...control,
      method: 'DELETE',
      operationId: 'stopReplay',
      summary: 'Stop the replay, or clear away one that has ended: its orders leave, its instruments close',
      query: reasonQuery,
      problems: [...STOP_PROBLEMS, 'no-replay'],
      handle: ({ principal, query: { reason } }) => replays.stop(principal, reason),
    }),
  ];
}
