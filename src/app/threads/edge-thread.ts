import { isMainThread, workerData } from 'node:worker_threads';
import { ArchiveClient } from './archive-client.ts';
import { Edge } from './edge.ts';
import { HttpDoor } from './http-door.ts';
import type { EdgeThreadData } from './messages.ts';

/** The edge thread with the doors of the platform. */
if (!isMainThread) {
  const data = workerData as EdgeThreadData;
  const archive = new ArchiveClient(data.peer);
  await new Edge(data, ({ board }) => [new HttpDoor(data, board, archive)]).run();
}
