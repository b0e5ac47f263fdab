import { randomInt } from 'node:crypto';
import { Type } from 'typebox';
import {
  componentBits,
  IncidentPage,
  IncidentTold,
  IncidentUpdate,
  incidentJson,
  NewIncident,
} from '#codec/json/incident-json.ts';
import { IncidentSeverityName, IncidentStateName } from '#codec/json/names.ts';
import { GivenId, pageQuery } from '#codec/json/schemas.ts';
import { IncidentState } from '#domain/commands.ts';
import type { IncidentRecord } from '#domain/history.ts';
import { Limits } from '#domain/limits.ts';
import type { MarketViews } from '#domain/market-views.ts';
import { Action } from '#domain/permissions.ts';
import type { ArchiveQueries } from '#domain/ports.ts';
import { ADMIN_PROBLEMS, type Commands } from './commands.ts';
import { ARCHIVE_PROBLEMS } from './history-routes.ts';
import { Problem } from './problems.ts';
import { type Route, route } from './routes.ts';

/** What the routes of incidents need of the edge. */
export interface IncidentSources {
  readonly archive: ArchiveQueries;
  readonly views: Pick<MarketViews, 'sequence'>;
}

/** What operations tell the public. */
export function incidentRoutes(commands: Commands, { archive, views }: IncidentSources): Route[] {
  const common = {
    tag: 'administration',
    weight: 1,
    action: Action.ManageIncidents,
    answer: IncidentTold,
  } as const;
  /** As of everything that this door has seen. */
  const incidentOf = async (incidentId: number): Promise<IncidentRecord | undefined> => {
    const { result } = await archive.ask({ type: 'incidents', incidentId }, views.sequence);
    return result.rows[0];
  };
  return [
    route({
      method: 'GET',
      path: '/admin/incidents',
      weight: 5,
      action: Action.ViewNodes,
      tag: 'administration',
      operationId: 'listIncidents',
      summary: 'Incidents that the public was told of, those that were opened last first',
      query: {
        limit: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: Limits.INCIDENTS_PER_QUERY_MAX,
            default: 50,
            description: 'incidents at most',
          }),
        ),
        cursor: pageQuery.cursor,
      },
      answer: IncidentPage,
      problems: ARCHIVE_PROBLEMS,
      handle: async ({ query: { limit, cursor } }) => {
        const page = { limit: limit as number, ...(cursor === undefined ? {} : { cursor }) };
        const { sequence, result } = await archive.ask({ type: 'incidents', ...page }, views.sequence);
        return {
          sequence,
          items: result.rows.map(incidentJson),
          ...(result.cursor === undefined ? {} : { cursor: result.cursor }),
        };
      },
    }),
    route({
      ...common,
      method: 'POST',
      path: '/admin/incidents',
      operationId: 'openIncident',
      summary: 'Tell the public about an incident',
      body: NewIncident,
      problems: [...ADMIN_PROBLEMS, ...ARCHIVE_PROBLEMS, 'ALREADY_EXISTS'],
      handle: async ({ principal, body }) => {
        // Nodes choose numbers without asking each other: among 2^31 two do not choose the same.
        const incidentId = body.incidentId ?? randomInt(1, Limits.ID_MAX);
        if ((await incidentOf(incidentId)) !== undefined)
          throw new Problem('ALREADY_EXISTS', `there is an incident ${incidentId}: PUT tells more about it`);
        const { sequence } = await commands.send(principal, {
          type: 'PostIncident',
          incidentId,
          severity: IncidentSeverityName.numberOf(body.severity) as number,
          state: IncidentStateName.numberOf(body.state ?? '') ?? IncidentState.Investigating,
          components: componentBits(body.components),
          title: body.title,
          text: body.text,
          reason: body.reason,
        });
        return { sequence, incidentId };
      },
    }),
    route({
      ...common,
      method: 'PUT',
      path: '/admin/incidents/:incidentId',
      operationId: 'updateIncident',
      summary: 'Tell the public more about an incident: what is left out stays as it is',
      params: { incidentId: GivenId('the incident') },
      body: IncidentUpdate,
      problems: [...ADMIN_PROBLEMS, ...ARCHIVE_PROBLEMS, 'not-found'],
      handle: async ({ principal, params: { incidentId }, body }) => {
        const newest = (await incidentOf(incidentId))?.posts[0];
        if (newest === undefined) throw new Problem('not-found', `there is no incident ${incidentId}`);
        const { severity, state, components, title = newest.title, text, reason } = body;
        const { sequence } = await commands.send(principal, {
          type: 'PostIncident',
          incidentId,
          severity: IncidentSeverityName.numberOf(severity ?? '') ?? newest.severity,
          state: IncidentStateName.numberOf(state) as number,
          components: components === undefined ? newest.components : componentBits(components),
          title,
          text,
          reason,
        });
        return { sequence, incidentId };
      },
    }),
  ];
}
