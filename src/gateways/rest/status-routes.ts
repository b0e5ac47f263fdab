import { StatusDocument } from '#codec/json/status-json.ts';
import type { StatusPage } from '../status/status-page.ts';
import { Problem } from './problems.ts';
import { publicRoute, type Route } from './routes.ts';

/** Seconds for which whoever is in between may keep the document: fewer than pass between two measurements. */
const KEPT_SECONDS = 5;

/** How the venue is, for anybody: at the root, where people share it. */
export function statusRoutes(status: Pick<StatusPage, 'isReady' | 'read'>): Route[] {
  const terms = publicRoute({
    path: '',
    weight: 1,
    tag: 'system',
    operationId: 'getStatusDocument',
    summary: 'How each part of the venue is and was, and incidents: the status page for machines',
    answer: StatusDocument,
    problems: ['starting'],
    handle: () => {
      if (status.isReady) return status.read();
      throw new Problem('starting', 'the node has just started: ask again', {
        headers: { 'retry-after': '1' },
      });
    },
  });
  return [{ ...terms, path: '/status.json', keptSeconds: KEPT_SECONDS }];
}
