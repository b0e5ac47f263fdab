import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { TestContext } from 'node:test';

/** A server that takes connections and says nothing, as one that is frozen. */
export async function startSilentServer(
  t: TestContext,
): Promise<{ readonly silent: Server; readonly port: number }> {
  const silent = createServer().listen(0, '127.0.0.1');
  t.after(() => silent.close());
  await once(silent, 'listening');
  return { silent, port: (silent.address() as AddressInfo).port };
}
