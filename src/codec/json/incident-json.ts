import { type Static, Type } from 'typebox';
import { formatTime } from '#codec/log/describe.ts';
import { VenueComponent } from '#domain/commands.ts';
import type { IncidentRecord } from '#domain/history.ts';
import { closed, newId } from './admin-request-json.ts';
import { IncidentSeverityName, IncidentStateName, VenueComponentName } from './names.ts';
import { Id, named, oneOf, pageOf, ref, Sequence, Time } from './schemas.ts';

/** What the public is told about incidents. */

const TITLE_CHARS_MAX = 64;
const TEXT_CHARS_MAX = 256;

const printable = (what: string, max: number) =>
  Type.String({
    minLength: 1,
    maxLength: max,
    pattern: '^[ -~]+$',
    description: `${what}: 1 to ${max} printable ASCII characters`,
  });
const Title = printable('what it is about', TITLE_CHARS_MAX);
const Text = printable('what the public is told', TEXT_CHARS_MAX);
const Severity = oneOf(
  IncidentSeverityName,
  'minor: works worse; major: some cannot use it; critical: nobody can',
);
const State = oneOf(IncidentStateName);
const Components = Type.Array(oneOf(VenueComponentName), {
  minItems: 1,
  maxItems: VenueComponentName.all.length,
  uniqueItems: true,
  description: `what is affected: some of ${VenueComponentName.all.join(', ')}`,
});

export const IncidentPost = named('IncidentPost', 'One word on an incident.', {
  time: Time,
  state: State,
  severity: Severity,
  text: Type.String(),
  sequence: Sequence,
});
export const Incident = named(
  'Incident',
  'An incident as its newest word has it, and all words, the newest first.',
  {
    incidentId: Id('the incident'),
    state: State,
    severity: Severity,
    components: Components,
    title: Type.String(),
    openedTime: Time,
    updatedTime: Time,
    posts: Type.Array(ref(IncidentPost)),
  },
);
export const IncidentPage = pageOf('IncidentPage', Incident);

export function incidentJson({ incidentId, posts }: IncidentRecord): Static<typeof Incident> {
  const [newest] = posts;
  const first = posts[posts.length - 1];
  return {
    incidentId,
    state: IncidentStateName.of(newest.state),
    severity: IncidentSeverityName.of(newest.severity),
    components: componentNames(newest.components),
    title: newest.title,
    openedTime: formatTime(first.timeSeconds, first.timeNanos),
    updatedTime: formatTime(newest.timeSeconds, newest.timeNanos),
    posts: posts.map((post) => ({
      time: formatTime(post.timeSeconds, post.timeNanos),
      state: IncidentStateName.of(post.state),
      severity: IncidentSeverityName.of(post.severity),
      text: post.text,
      sequence: post.sequence,
    })),
  };
}

/** An incident that begins. */
export const NewIncident = closed({
  incidentId: newId('incident'),
  severity: Severity,
  state: Type.Optional(oneOf(IncidentStateName, 'default: investigating')),
  components: Components,
  title: Title,
  text: Text,
});

/** The next word on an incident: what is left out stays as it is. */
export const IncidentUpdate = closed({
  severity: Type.Optional(Severity),
  state: State,
  components: Type.Optional(Components),
  title: Type.Optional(Title),
  text: Text,
});

export const IncidentTold = named('IncidentTold', 'The public is told.', {
  sequence: Sequence,
  incidentId: Type.Integer({ minimum: 1, description: 'number of the incident' }),
});

/** The bits of components, as the domain has them. */
export function componentBits(names: Static<typeof Components>): number {
  return names.reduce((bits, name) => bits | (VenueComponentName.numberOf(name) ?? 0), 0);
}

function componentNames(bits: number): Static<typeof Components> {
  return Object.values(VenueComponent)
    .filter((bit) => (bits & bit) !== 0)
    .map((bit) => VenueComponentName.of(bit));
}
