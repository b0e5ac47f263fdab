import { resolve } from 'node:path';
import type { ClusterSettings } from '../cluster/cluster-settings.ts';
import {
  byteSize,
  choice,
  defaultsOf,
  flag,
  list,
  object,
  optional,
  required,
  text,
  type ValuesOf,
  withDefault,
} from './fields.ts';

const GIB = 1024 ** 3;
const file = text('the path of a file', /./);

/** A nats-server's address, as `servers` and `--cluster` take it. */
export const SERVER_URL = /^(nats|tls):\/\/[^\s/@,]+$/;

/** The keys of `cluster`. */
export const CLUSTER = {
  servers: required(
    list(text('an address such as nats://10.0.0.1:4222', SERVER_URL)),
    'nats-servers of the cluster; one that answers is enough',
  ),
  stream: withDefault(
    text('1 to 32 of A-Z, a-z, 0-9, - and _', /^[A-Za-z0-9_-]{1,32}$/),
    'HIVE',
    'name of the log on these servers',
  ),
  replicas: withDefault(
    choice({ '1': 1, '3': 3, '5': 5 } as const),
    3,
    'servers that hold a copy of the log; 1 survives nothing and is for tests',
  ),
  maxBytes: withDefault(
    byteSize(),
    16 * GIB,
    'what the log may take on each server, when it is made: a full one takes no orders',
  ),
  mirrorOf: optional(
    text('the name of a JetStream domain', /^[A-Za-z0-9_-]{1,32}$/),
    'domain of the cluster of another region whose log this one mirrors; its nodes observe until one takes over',
  ),
  credentialsFile: optional(
    file,
    'NATS credentials (.creds), read at each connection; relative to the configuration file',
  ),
  user: optional(
    text('the name of a user of the servers', /^\S+$/),
    'with which the node logs in; goes with passwordFile',
  ),
  passwordFile: optional(
    file,
    'file whose first line is the password, read at each connection; relative to the configuration file',
  ),
  tls: optional(
    object({
      ca: required(file, 'certificates that may sign those of the servers'),
      certificate: optional(file, "the node's own certificate; goes with key"),
      key: optional(file, 'its key'),
    }),
    'TLS to the servers; paths are relative to the configuration file',
  ),
  observe: withDefault(
    flag(),
    false,
    'whether the node begins as an observer: it applies the log, serves nobody and appends nothing until it is promoted',
  ),
};

/** What holds where only the servers are named. */
export function clusterDefaults(): Omit<ClusterSettings, 'servers'> {
  const { servers: _, ...others } = defaultsOf(CLUSTER);
  return { ...others, tls: undefined };
}

/** What the section says to the node. @param directory that of the configuration file */
export function clusterSettings(cluster: ValuesOf<typeof CLUSTER>, directory: string): ClusterSettings {
  const { credentialsFile, passwordFile, tls } = cluster;
  const path = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : resolve(directory, name);
  return {
    ...cluster,
    credentialsFile: path(credentialsFile),
    passwordFile: path(passwordFile),
    tls:
      tls === undefined
        ? undefined
        : { ca: resolve(directory, tls.ca), certificate: path(tls.certificate), key: path(tls.key) },
  };
}
