import { isMainThread, workerData } from 'node:worker_threads';
import { ArchiveClient } from './archive-client.ts';
import { Edge } from './edge.ts';
import { EdgeState } from './edge-state.ts';
import { FixDoor } from './fix-door.ts';
import { HttpDoor } from './http-door.ts';
import type { EdgeThreadData } from './messages.ts';

/** The edge thread with the doors of the platform. */
if (!isMainThread) {
  const data = workerData as EdgeThreadData;
  const archive = new ArchiveClient(data.peer);
  await new Edge(data, ({ board, commands }) => {
    const state = new EdgeState(data, commands, board, archive);
    const http = new HttpDoor(data, state, board, archive);
    const fix = new FixDoor(data, state, archive);
    return { doors: [http, fix], sinks: [state, http.webSocket.accounts, fix] };
  }).run();
}
