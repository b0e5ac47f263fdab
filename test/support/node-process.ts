/**
 * A node in a process of its own, to be killed: `node-process.ts DIRECTORY`. On an empty directory it sets up a small
 * market with users U1…U4 (password "secret"). Prints one line of JSON with its ports when it serves.
 */
import { startNode } from '#app/node.ts';
import { hashPassword } from '#gateways/soupbin/password.ts';
import { marketSetup, send } from './random-flow.ts';

const USERS = 4;
const quiet = {
  info: () => {},
  warn: () => {},
  error: (fields: object, message: string) => console.error(message, fields),
};

const node = await startNode(
  {
    dataDirectory: process.argv[2],
    nodeId: 1,
    ouch: { host: '127.0.0.1', port: 0, cancelOnDisconnect: false },
    marketData: { host: '127.0.0.1', port: 0, snapshotPort: 0 },
    // Small, so that a short test rolls segments and starts from snapshots.
    snapshots: { everyEntries: 300, keep: 2 },
    segmentBytes: 8 * 1024 * 1024,
    attestEvery: 100,
  },
  quiet,
);
if (node.status().sequence === 0) {
  const salt = new Uint8Array(16).fill(7);
  const passwordHash = new Uint8Array(await hashPassword('secret', salt));
  for (const command of marketSetup(USERS)) {
    send(node.outbox, command.type === 'AddUser' ? { ...command, salt, passwordHash } : command);
  }
}
await new Promise<void>((resolve) => {
  const look = (): void => {
    if (node.status().sequence > 0) resolve();
    else setTimeout(look, 5);
  };
  look();
});
console.log(
  JSON.stringify({
    ouchPort: node.ouchPort,
    marketDataPort: node.marketDataPort,
    snapshotPort: node.snapshotPort,
  }),
);
process.on('SIGTERM', () => void node.close().then(() => process.exit(0)));
process.on('message', () => process.send?.(node.status()));
