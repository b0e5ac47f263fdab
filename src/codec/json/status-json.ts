import { type Static, Type } from 'typebox';
import { VenueComponent } from '#domain/commands.ts';
import {
  ComponentState,
  type ComponentStatus,
  MEASURE_SECONDS,
  UPTIME_DAYS,
} from '#domain/component-status.ts';
import type { IncidentRecord, UptimeDay, UptimeRecord } from '#domain/history.ts';
import { Incident, incidentJson } from './incident-json.ts';
import { ComponentStateName, VenueComponentName } from './names.ts';
import { Count, Id, named, oneOf, ref, secondText, Time } from './schemas.ts';

/** The public status page, for machines. docs/status.md. */

/** Raised when a field changes its meaning or goes; new fields may come. */
const VERSION = 1;
const PERCENT_DECIMALS = 3;
/** Where one of these is out, the venue is. */
const VITAL: readonly string[] = [
  VenueComponentName.of(VenueComponent.OrderEntry),
  VenueComponentName.of(VenueComponent.Matching),
  VenueComponentName.of(VenueComponent.Log),
];

const DayUptime = named('DayUptime', 'Minutes of a UTC day that were measured, by their worst state.', {
  day: Type.String({ description: 'as 2026-01-02' }),
  operationalMinutes: Count('in which it did what it should'),
  degradedMinutes: Count('in which it worked worse'),
  outageMinutes: Count('in which it was out at some time'),
});

const Component = named('Component', 'One part of the venue, as this node sees it.', {
  name: Type.String({ description: `${VenueComponentName.all.join(', ')}, or node-N in a cluster` }),
  state: oneOf(ComponentStateName),
  reason: Type.Optional(Type.String({ description: 'why it is not operational' })),
  measuredMinutes: Count('of the days below, together'),
  uptimePercent: Type.Optional(
    Type.String({
      description: `share of the measured minutes without outage, rounded down to ${PERCENT_DECIMALS} decimals; absent: none was measured`,
    }),
  ),
  days: Type.Array(ref(DayUptime), {
    description: 'oldest first; days in which nothing was measured are left out',
  }),
});

export const StatusDocument = named('StatusDocument', 'How the venue is, for the public.', {
  version: Type.Integer({ description: `${VERSION}: grows when a field changes its meaning or goes` }),
  state: oneOf(
    ComponentStateName,
    `outage: one of ${VITAL.join(', ')} is out; degraded: any part is not operational`,
  ),
  time: Time,
  node: Id('which node measured and says this'),
  everySeconds: Count('between two measurements'),
  daysMax: Count('days of measurements that are kept'),
  components: Type.Array(ref(Component)),
  incidents: Type.Array(ref(Incident), {
    description: 'those that are not resolved or had a word within the days that are kept, the newest first',
  }),
  lacking: Type.Array(
    Type.Unsafe<'uptime' | 'incidents'>({ type: 'string', enum: ['uptime', 'incidents'] }),
    { description: 'what the node could not read now' },
  ),
});
export type StatusJson = Static<typeof StatusDocument>;

/** What the document is made of; undefined: it cannot be read now. */
export interface StatusParts {
  readonly nodeId: number;
  readonly components: readonly ComponentStatus[];
  readonly uptime: UptimeRecord | undefined;
  readonly incidents: readonly IncidentRecord[] | undefined;
  readonly wallSeconds: number;
}

export function statusJson({ nodeId, components, uptime, incidents, wallSeconds }: StatusParts): StatusJson {
  const daysOf = new Map(uptime?.parts.map(({ name, days }) => [name, days]));
  return {
    version: VERSION,
    state: ComponentStateName.of(overallState(components)),
    time: secondText(wallSeconds),
    node: nodeId,
    everySeconds: MEASURE_SECONDS,
    daysMax: UPTIME_DAYS,
    components: components.map(({ name, state, reason }) => ({
      name,
      state: ComponentStateName.of(state),
      ...(reason === '' ? {} : { reason }),
      ...uptimeJson(daysOf.get(name) ?? []),
    })),
    incidents: (incidents ?? []).map(incidentJson),
    lacking: [
      ...(uptime === undefined ? (['uptime'] as const) : []),
      ...(incidents === undefined ? (['incidents'] as const) : []),
    ],
  };
}

/** The state of the whole. */
export function overallState(components: readonly Pick<ComponentStatus, 'name' | 'state'>[]): ComponentState {
  const { Operational, Degraded, Outage } = ComponentState;
  if (components.some(({ name, state }) => state === Outage && VITAL.includes(name))) return Outage;
  return components.every(({ state }) => state === Operational) ? Operational : Degraded;
}

function uptimeJson(days: readonly UptimeDay[]) {
  let up = 0;
  let measuredMinutes = 0;
  for (const { operationalMinutes, degradedMinutes, outageMinutes } of days) {
    up += operationalMinutes + degradedMinutes;
    measuredMinutes += operationalMinutes + degradedMinutes + outageMinutes;
  }
  const scale = 10 ** PERCENT_DECIMALS;
  const percent = Math.floor((up * 100 * scale) / measuredMinutes) / scale;
  return {
    measuredMinutes,
    ...(measuredMinutes === 0 ? {} : { uptimePercent: percent.toFixed(PERCENT_DECIMALS) }),
    days: days.map(({ daySeconds, ...minutes }) => ({
      day: secondText(daySeconds).slice(0, 'YYYY-MM-DD'.length),
      ...minutes,
    })),
  };
}
