import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ClusterSettings } from '#app/cluster/cluster-settings.ts';
import { NatsServers } from './nats-cluster.ts';
import { clusterSettings } from './node-config.ts';
import { until } from './test-cluster.ts';

/** A nats-server that takes one password, which can be changed while it runs. */
export interface LoginServer {
  /** Of its one user; the password that it begins with. */
  readonly cluster: ClusterSettings;
  /** From now on it takes this password only, and closes connections that came with another. */
  takes(password: string): void;
  /** Resolves when it has refused a password so often since it began. */
  untilRefused(times: number): Promise<void>;
  /** Has the server refuse the password until `clients` connections were closed for good by that, and take it again. */
  refuseForAWhile(clients: number): Promise<void>;
}

const PASSWORD = 'first';

/** @param directory for all that the server has */
export async function startLoginServer(t: TestContext, directory: string): Promise<LoginServer> {
  const passwordFile = join(directory, 'password');
  const configure = (password: string): void =>
    writeFileSync(join(directory, 'password.conf'), `PASSWORD: "${password}"\n`);
  writeFileSync(passwordFile, `${PASSWORD}\n`);
  configure(PASSWORD);
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
  const takes = (password: string): void => {
    configure(password);
    process.kill(server, 'SIGHUP');
  };
  const untilRefused = (times: number): Promise<void> =>
    until(() => readFileSync(log, 'utf8').split('authentication error').length > times);
  return {
    cluster: clusterSettings(servers.urls, { replicas: 1, user: 'hive', passwordFile }),
    takes,
    untilRefused,
    refuseForAWhile: async (clients) => {
      takes('second');
      // Each is told twice: when the password changes, and when it logs in again.
      await untilRefused(2 * clients);
      takes(PASSWORD);
    },
  };
}
