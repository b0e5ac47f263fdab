import { Type } from 'typebox';
import { Reason } from './admin-request-json.ts';
import { Count, named, ref, SymbolText, Time } from './schemas.ts';

/** Replays of recorded markets in the venue: resources of REST, and the channel `replay`. docs/replay.md. */

const FILE_CHARS_MAX = 255;
/** Messages that one request steps over. */
const STEP_MESSAGES_MAX = 10_000;

const among = <Name extends string>(description: string, ...all: Name[]) =>
  Type.Unsafe<Name>({ type: 'string', enum: all, description });

const FileName = Type.String({
  minLength: 1,
  maxLength: FILE_CHARS_MAX,
  pattern: '^[^/\\\\]+$',
  description: 'name of a file in the directory of recordings, without a path',
});
const Speed = Type.String({
  maxLength: 16,
  pattern: '^(max|[0-9]{1,6}(\\.[0-9]{1,3})?)$',
  description: 'multiple of the recorded pace, such as 1 or 10; max: as fast as the venue takes it',
});
const Format = among('what reads it', 'lobster', 'itch', 'bitstamp');

export const Recording = named('Recording', 'A recorded market that the node can replay.', {
  name: FileName,
  bytes: Count('its size'),
  format: Format,
});
export const Recordings = named(
  'Recordings',
  'The recorded markets in the directory of recordings, by name.',
  {
    items: Type.Array(ref(Recording)),
  },
);

const ReplayRejects = Type.Array(
  Type.Object(
    { code: Type.String({ description: 'name of the reject' }), count: Count('commands') },
    { additionalProperties: false },
  ),
  { description: 'commands of the replay that the venue refused' },
);

export const ReplayState = named(
  'ReplayState',
  'The replay of this node, or the last one. A replay that has finished or failed leaves its orders until it is stopped or another one begins.',
  {
    state: among(
      'off: the node is not configured to replay; none: there was no replay since the node started; stopped: somebody stopped it; failed: see fault',
      'off',
      'none',
      'running',
      'paused',
      'finished',
      'stopped',
      'failed',
    ),
    file: Type.Optional(FileName),
    format: Type.Optional(Format),
    symbols: Type.Array(SymbolText, { description: 'its instruments in this venue' }),
    speed: Type.Optional(Speed),
    startedBy: Type.Optional(Type.String({ description: 'login name of who began it' })),
    startedTime: Type.Optional(Time),
    reason: Type.Optional(Type.String({ description: 'why' })),
    recordedTime: Type.Optional(Time),
    messages: Count('messages of the recording that were replayed'),
    bytesRead: Count('bytes of the file that were read; reading is ahead of replaying'),
    bytesTotal: Count('bytes of the file'),
    orders: Count('commands of its participants that were sent'),
    rejects: ReplayRejects,
    fault: Type.Optional(Type.String({ description: 'why it failed' })),
  },
);

export const NewReplay = Type.Object(
  {
    file: FileName,
    symbol: Type.Optional(
      Type.String({
        ...SymbolText,
        description: 'the recorded instrument, where the recording has several; default: all, at most 16',
      }),
    ),
    speed: Type.Optional(Speed),
    reason: Reason,
  },
  { additionalProperties: false },
);

export const ReplayControl = Type.Object(
  {
    action: among('what it does next', 'pause', 'resume', 'step', 'speed'),
    messages: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: STEP_MESSAGES_MAX,
        description: 'of step: messages that it goes on by; default 1',
      }),
    ),
    speed: Type.Optional(Speed),
  },
  { additionalProperties: false },
);

export const ReplayMessage = named(
  'ReplayMessage',
  'The replay of this node: at once, and when it is another, at most four times a second.',
  {
    channel: Type.Unsafe<'replay'>({ type: 'string', enum: ['replay'] }),
    type: Type.Unsafe<'replay'>({ type: 'string', enum: ['replay'] }),
    replay: ref(ReplayState),
  },
);
