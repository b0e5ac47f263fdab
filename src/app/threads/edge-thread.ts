import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { FollowingSink } from '#domain/ports.ts';
import { ArchiveClient } from './archive-client.ts';
import { Edge, type EdgeDoor } from './edge.ts';
import { EdgeState } from './edge-state.ts';
import { FixDoor } from './fix-door.ts';
import { HttpDoor } from './http-door.ts';
import type { EdgeThreadData, ToThread } from './messages.ts';
import { startWorkerVitals } from './thread-vitals.ts';

/** The edge thread with the doors of the platform. */
if (!isMainThread) {
  startWorkerVitals();
  const data = workerData as EdgeThreadData;
  const archive = new ArchiveClient(data.peer);
  await new Edge(data, (services) => {
    const { board, commands } = services;
    const state = new EdgeState(data, commands, board, archive);
    const doors: EdgeDoor[] = [];
    const sinks: FollowingSink[] = [state];
    if (data.http !== undefined) {
      const http = new HttpDoor(data, data.http, state, archive, services);
      doors.push(http);
      sinks.push(http.webSocket.accounts, http.webSocket.orders, ...http.sinks);
      parentPort?.on('message', (message: ToThread) => {
        if (message.kind === 'components') http.status.take(message.components);
      });
    }
    if (data.fix !== undefined) {
      const fix = new FixDoor(data, data.fix, state, archive, services);
      doors.push(fix);
      sinks.push(fix);
    }
    return { doors, sinks };
  }).run();
}
