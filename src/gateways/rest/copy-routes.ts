import { Type } from 'typebox';
import { Backups, Snapshots, Verification } from '#codec/json/operate-json.ts';
import { Action } from '#domain/permissions.ts';
import { type Route, route } from './routes.ts';
import type { RestSources } from './sources.ts';

const BACKUP_ID_CHARS_MAX = 64;

const common = { action: Action.ViewNodes, tag: 'nodes' } as const;

/** What the venue could be restored from. */
export function copyRoutes({ copies }: Pick<RestSources, 'copies'>): Route[] {
  return [
    route({
      ...common,
      method: 'GET',
      path: '/admin/snapshots',
      weight: 5,
      operationId: 'listSnapshots',
      summary: 'Snapshots in the data directory of this node, newest first',
      answer: Snapshots,
      problems: ['busy'],
      handle: () => copies.snapshots(),
    }),
    route({
      ...common,
      method: 'GET',
      path: '/admin/backups',
      weight: 20,
      operationId: 'listBackups',
      summary: 'Backups of the log in the target that the node is configured with, newest first',
      answer: Backups,
      problems: ['busy', 'backup-unavailable'],
      handle: () => copies.backups(),
    }),
  ];
}

/** Whether it is whole. */
export function verificationRoutes({ copies }: Pick<RestSources, 'copies'>): Route[] {
  const verify = {
    ...common,
    method: 'POST',
    weight: 50,
    answer: Verification,
    problems: ['not-found', 'busy', 'verifying'],
  } as const;
  return [
    route({
      ...verify,
      path: '/admin/snapshots/:sequence/verify',
      operationId: 'verifySnapshot',
      summary: 'Check every byte of a snapshot and restore it beside the node. Answers when that is done',
      params: {
        sequence: Type.Integer({
          minimum: 1,
          maximum: Number.MAX_SAFE_INTEGER,
          description: 'the entry after which it stands',
        }),
      },
      handle: ({ params: { sequence } }) => copies.verifySnapshot(sequence),
    }),
    route({
      ...verify,
      path: '/admin/backups/:backupId/verify',
      operationId: 'verifyBackup',
      summary:
        'Read a whole backup, apply its log to its snapshot, and compare the state. Answers when that is done',
      params: {
        backupId: Type.String({
          minLength: 1,
          maxLength: BACKUP_ID_CHARS_MAX,
          pattern: '^[A-Za-z0-9-]+$',
          description: 'its id',
        }),
      },
      problems: [...verify.problems, 'backup-unavailable'],
      handle: ({ params: { backupId } }) => copies.verifyBackup(backupId),
    }),
  ];
}
