import type { ClusterSettings } from '#app/cluster/cluster-settings.ts';
import { ACCESS, accessSettingsOf } from '#app/config/access-section.ts';
import { defaultConfiguration } from '#app/config/configuration.ts';
import { defaultsOf } from '#app/config/fields.ts';
import type { NodeConfig } from '#app/node.ts';

/** Settings of a node for tests: every door on any free port of loopback, small segments, frequent snapshots. */
export function nodeConfig(dataDirectory: string, different: Partial<NodeConfig> = {}): NodeConfig {
  return {
    dataDirectory,
    nodeId: 1,
    ouch: { host: '127.0.0.1', port: 0, cancelOnDisconnect: false, tls: undefined },
    marketData: { host: '127.0.0.1', port: 0, snapshotPort: 0, tls: undefined },
    http: { host: '127.0.0.1', port: 0, connectionsMax: 1_024, tls: undefined },
    webSocket: defaultConfiguration().webSocket,
    fix: {
      host: '127.0.0.1',
      port: 0,
      connectionsMax: 1_024,
      tls: undefined,
      compId: 'HIVE',
      cancelOnDisconnect: false,
      sessions: [],
    },
    operations: undefined,
    cluster: undefined,
    access: accessSettingsOf(defaultsOf(ACCESS)),
    connectionsPerAddressMax: 1_024,
    snapshots: { everyEntries: 20, keep: 2 },
    disk: { keepLogBytes: undefined, warnFreeBelowBytes: 0 },
    segmentBytes: 8 * 1024 * 1024,
    backup: undefined,
    replayDirectory: undefined,
    attestEvery: 0,
    ...different,
  };
}

/** A cluster on plain servers, whose log has three copies in stream HIVE. */
export function clusterSettings(
  servers: readonly string[],
  different: Partial<ClusterSettings> = {},
): ClusterSettings {
  return {
    servers,
    stream: 'HIVE',
    replicas: 3,
    maxBytes: 2 ** 30,
    credentialsFile: undefined,
    user: undefined,
    passwordFile: undefined,
    tls: undefined,
    observe: false,
    mirrorOf: undefined,
    ...different,
  };
}
