import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ClusterSettings } from '#app/cluster/cluster-settings.ts';
import { NatsServers } from './nats-cluster.ts';
import { clusterSettings } from './node-config.ts';
import { until } from './test-cluster.ts';

/** A nats-server that takes one password, and how to be refused by it. */
export interface LoginServer {
  /** Of its one user. */
  readonly cluster: ClusterSettings;
  /** Has the server refuse the password until `clients` connections were closed for good by that, and take it again. */
  refuseForAWhile(clients: number): Promise<void>;
}

/** @param directory for all that the server has */
export async function startLoginServer(t: TestContext, directory: string): Promise<LoginServer> {
  const passwordFile = join(directory, 'password');
  const serverTakes = (password: string): void =>
    writeFileSync(join(directory, 'password.conf'), `PASSWORD: "${password}"\n`);
  writeFileSync(passwordFile, 'first\n');
  serverTakes('first');
  const servers = await NatsServers.start({
    count: 1,
    directory,
    configuration: [
      'include ../password.conf',
      'authorization { users: [ { user: hive, password: $PASSWORD } ] }',
    ],
  });
  t.after(() => servers.close());
  const [server] = servers.pids;
  const log = join(directory, 'n1', 'server.log');
  const refusals = (): number => readFileSync(log, 'utf8').split('authentication error').length - 1;
  return {
    cluster: clusterSettings(servers.urls, { replicas: 1, user: 'hive', passwordFile }),
    refuseForAWhile: async (clients) => {
      serverTakes('second');
      process.kill(server, 'SIGHUP');
      // Each is told twice: when the password changes, and when it logs in again.
      await until(() => refusals() >= 2 * clients);
      serverTakes('first');
      process.kill(server, 'SIGHUP');
    },
  };
}
