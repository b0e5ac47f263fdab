import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import {
  type Configuration,
  defaultConfiguration,
  nodeConfigOf,
  parseConfiguration,
} from '#app/config/configuration.ts';
import type { Container, Manifests, Resource } from '#app/kubernetes/manifests.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { find, makeCertificate, overlayManifests, ownManifests, ROOT, whyNo } from './support.ts';

const NATS = join(ROOT, '.cache/nats/usr/sbin/nats-server');
/** What Dockerfile, manifests and runtime rules must agree in. */
const SURFACE = {
  user: 65_532,
  program: '/usr/local/bin/node',
  data: '/var/lib/hive-mind',
  configuration: '/etc/hive-mind',
  secrets: '/run/secrets/hive-mind',
} as const;

function containerOf(resource: Resource): Container {
  const container = resource.spec?.template?.spec?.containers?.[0];
  assert.ok(container !== undefined);
  return container;
}

function configurationOf(manifests: Manifests, name: string): Configuration {
  return parseConfiguration(name, find(manifests, 'ConfigMap', name).data?.['hive.yaml'] ?? '');
}

test('ports of nodes are those of the configuration, which are the defaults', () => {
  const own = ownManifests();
  const defaults = defaultConfiguration();
  const ports = (configuration: Configuration) => ({
    ouch: configuration.ouch.port,
    'market-data': configuration.marketData.port,
    snapshots: configuration.marketData.snapshotPort,
    fix: configuration.fix.port,
    http: configuration.http.port,
    operations: configuration.operations.port,
  });
  const configured = configurationOf(own, 'hive-mind-config-blue');
  const inPod = (containerOf(find(own, 'Deployment', 'hive-mind-blue')).ports ?? []).map(
    ({ name, containerPort }) => [name, containerPort],
  );
  assert.deepEqual(Object.fromEntries(inPod), ports(defaults));
  assert.deepEqual(ports(configured), ports(defaults));
  assert.equal(configurationOf(own, 'hive-mind-archive-config').operations.port, defaults.operations.port);
  const exposed = /^EXPOSE (.*)$/m
    .exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1]
    .split(' ')
    .map(Number);
  assert.deepEqual(exposed, Object.values(ports(defaults)));
});

test('probes ask what the operations server answers', () => {
  const server = readFileSync(join(ROOT, 'src/app/operations/operations-server.ts'), 'utf8');
  const own = ownManifests();
  for (const [kind, name] of [
    ['Deployment', 'hive-mind-blue'],
    ['StatefulSet', 'hive-mind-archive'],
  ]) {
    const { startupProbe, readinessProbe, livenessProbe } = containerOf(find(own, kind, name));
    for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
      assert.ok(server.includes(`'${probe?.httpGet?.path}'`), `${name}: ${probe?.httpGet?.path}`);
    }
    assert.equal(livenessProbe?.httpGet?.path, '/healthz');
  }
  const path = /healthcheck-path: (\S+)/.exec(
    readFileSync(join(ROOT, 'deployment/kubernetes/service.yaml'), 'utf8'),
  )?.[1];
  assert.equal(path, '/readyz');
});

test('configurations are whole: paths lead to what is mounted, the start mode is an option, and nothing but the operations port listens in clear', () => {
  const own = ownManifests();
  for (const [kind, name, map] of [
    ['Deployment', 'hive-mind-blue', 'hive-mind-config-blue'],
    ['StatefulSet', 'hive-mind-archive', 'hive-mind-archive-config'],
  ]) {
    const resource = find(own, kind, name);
    const { mounts, args } = {
      mounts: (
        containerOf(resource) as unknown as {
          volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
        }
      ).volumeMounts,
      args: containerOf(resource).args ?? [],
    };
    const mountOf = (path: string) =>
      mounts.find(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`));
    const configuration = configurationOf(own, map);
    const { tls, cluster, backup, dataDirectory } = configuration;
    const { ouch, marketData, http, fix } = configuration;
    for (const door of [ouch, marketData, http, fix])
      assert.deepEqual([door.tls, door.allowPlaintext], [undefined, false], 'TLS, or loopback');
    // A kubelet has no certificate to show: a probe asks as the port answers.
    assert.equal(nodeConfigOf(configuration).operations?.tls, undefined);
    assert.notEqual(mountOf(dataDirectory), undefined, 'the data directory is a volume');
    assert.notEqual(mountOf(dataDirectory)?.readOnly, true);
    if (backup !== undefined) assert.notEqual(mountOf(backup.to), undefined, 'backups go to a volume');
    const paths = [tls?.certificate, tls?.key, cluster?.passwordFile, cluster?.tls?.ca].filter(
      (path) => path !== undefined,
    );
    assert.ok(paths.length >= 2);
    for (const path of paths) {
      const mount = mountOf(path);
      const volume = resource.spec?.template?.spec?.volumes?.find((one) => one.name === mount?.name);
      const secret = find(own, 'ExternalSecret', volume?.secret?.secretName ?? '') as unknown as {
        spec: { data: { secretKey: string }[] };
      };
      const key = path.slice((mount?.mountPath.length ?? 0) + 1);
      assert.ok(
        secret.spec.data.some(({ secretKey }) => secretKey === key),
        `${path} is a key of ${volume?.secret?.secretName}`,
      );
    }
    assert.ok(args.includes('/etc/hive-mind/hive.yaml') && mountOf('/etc/hive-mind/hive.yaml') !== undefined);
  }
  const help = spawnSync(process.execPath, [join(ROOT, 'bin/hive.js'), 'start', '--help'], {
    encoding: 'utf8',
  }).stdout;
  for (const name of ['blue', 'green']) {
    const mode =
      find(overlayManifests(name), 'ConfigMap', `hive-mind-start-${name}`).data?.['mode'] ?? 'missing';
    assert.equal(mode, '--observe');
    assert.ok(help.includes(mode));
  }
  assert.equal(find(own, 'ConfigMap', 'hive-mind-start-blue').data?.['mode'], '--no-observe');
  assert.equal(configurationOf(own, 'hive-mind-config-blue').nodeId, 'auto');
});

test('nodes name the nats-servers as their StatefulSet makes them', () => {
  for (const manifests of [ownManifests(), overlayManifests('disaster-recovery')]) {
    const nats = find(manifests, 'StatefulSet', 'nats');
    const { replicas = 0, serviceName } = nats.spec ?? {};
    const port = containerOf(nats).ports?.find(({ name }) => name === 'client')?.containerPort;
    const servers = Array.from(
      { length: replicas },
      (_, i) => `tls://nats-${i}.${serviceName}.${nats.metadata.namespace}.svc.cluster.local:${port}`,
    );
    for (const map of ['hive-mind-config-blue', 'hive-mind-archive-config']) {
      assert.deepEqual(configurationOf(manifests, map).cluster?.servers, servers);
    }
  }
});

test('the disaster-recovery region mirrors the first, and observes', () => {
  const second = overlayManifests('disaster-recovery');
  for (const map of ['hive-mind-config-blue', 'hive-mind-archive-config']) {
    assert.equal(configurationOf(second, map).cluster?.mirrorOf, 'first');
    assert.equal(configurationOf(ownManifests(), map).cluster?.mirrorOf, undefined);
  }
  assert.match(find(second, 'ConfigMap', 'nats-config').data?.['nats.conf'] ?? '', /domain: second/);
});

test('permissions of the nodes are those of docs/cluster.md', () => {
  const subjects = (text: string): string[] => [...text.matchAll(/"[^"\s]+"/g)].map(([subject]) => subject);
  const documented =
    /permissions: \{\n([\s\S]*?)\n {6}\}/.exec(readFileSync(join(ROOT, 'docs/cluster.md'), 'utf8'))?.[1] ??
    '';
  const conf = find(ownManifests(), 'ConfigMap', 'nats-config').data?.['nats.conf'] ?? '';
  const configured = /permissions: \{\n([\s\S]*?)\n {6}\}/.exec(conf)?.[1] ?? '';
  assert.ok(subjects(documented).length > 20);
  assert.deepEqual(subjects(configured), subjects(documented));
});

/** What nats-server says of a configuration, its secrets in place. */
function natsTest(
  text: string,
  values: Readonly<Record<string, string>> = {},
): { status: number | null; stderr: string } {
  const directory = temporaryDirectory('nats-config');
  const secrets = join(directory, 'run/secrets/nats');
  mkdirSync(secrets, { recursive: true });
  mkdirSync(join(directory, 'etc/nats'), { recursive: true });
  const { certificate, key } = makeCertificate(secrets);
  writeFileSync(join(secrets, 'ca.crt'), readFileSync(certificate));
  assert.ok(existsSync(key));
  const bcrypt = '$2a$11$PWIFAL8RsWyGI3jVZtO9Nu8.6jOxzxfZo7c/W0eLk017hjgUKWrhy';
  const passwords = { HIVE_NATS_PASSWORD: bcrypt, HIVE_REGION_PASSWORD: bcrypt, ...values };
  const lines = Object.entries(passwords).map(([name, value]) => `${name}: "${value}"`);
  writeFileSync(join(secrets, 'passwords.conf'), `${lines.join('\n')}\n`);
  const file = join(directory, 'etc/nats/nats.conf');
  writeFileSync(
    file,
    text
      .replaceAll('/run/secrets/nats/tls', `${secrets}/tls`)
      .replaceAll('/run/secrets/nats/ca', `${secrets}/ca`)
      .replace('store_dir: /data', `store_dir: ${directory}/data`),
  );
  const env = { ...process.env, POD_NAME: 'nats-0', SERVER_NAME: 'nats-1' };
  const { status, stderr } = spawnSync(NATS, ['-t', '-c', file], { encoding: 'utf8', env });
  return { status, stderr };
}

test('nats-server takes its configurations, and refuses one with a mistake', {
  skip: whyNoNats() ?? whyNo('openssl', 'version') ?? false,
}, () => {
  const conf = (manifests: Manifests): string =>
    find(manifests, 'ConfigMap', 'nats-config').data?.['nats.conf'] ?? '';
  const own = natsTest(conf(ownManifests()));
  assert.equal(own.status, 0, own.stderr);
  const region = natsTest(conf(overlayManifests('disaster-recovery')), {
    HIVE_FIRST_REGION_URL: 'nats-leaf://region:x@first:7422',
  });
  assert.equal(region.status, 0, region.stderr);
  const laptop = natsTest(readFileSync(join(ROOT, 'deployment/compose/nats.conf'), 'utf8'));
  assert.equal(laptop.status, 0, laptop.stderr);
  assert.equal(
    natsTest(conf(ownManifests()).replace('lame_duck_duration: 30s', 'lame_duck_duratoin: 30s')).status,
    1,
  );
});

test('ports of nats-servers are those of their configuration', () => {
  const own = ownManifests();
  const conf = find(own, 'ConfigMap', 'nats-config').data?.['nats.conf'] ?? '';
  const listens = [...conf.matchAll(/^\s*(?:listen|http): 0\.0\.0\.0:(\d+)$/gm)]
    .map(([, port]) => Number(port))
    .sort();
  const ports = (containerOf(find(own, 'StatefulSet', 'nats')).ports ?? [])
    .map(({ containerPort }) => containerPort)
    .sort();
  assert.deepEqual(ports, listens);
});

test('runtime security knows the image: its user, its programs, its folders and its ports', () => {
  const text = readFileSync(join(ROOT, 'deployment/kubernetes/runtime-security.yaml'), 'utf8');
  const dockerfile = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');
  for (const known of [SURFACE.program, SURFACE.data, SURFACE.configuration, SURFACE.secrets])
    assert.ok(text.includes(known), known);
  assert.ok(
    dockerfile.includes(SURFACE.program) &&
      dockerfile.includes(`USER ${SURFACE.user}:`) &&
      dockerfile.includes(SURFACE.data),
  );
  const rules = find(
    { of: () => [parse(text.split(/^---$/m)[0]) as Resource] } as unknown as Manifests,
    'ConfigMap',
    'hive-mind-falco-rules',
  );
  const parsed = parse(rules.data?.['hive-mind.yaml'] ?? '') as {
    rule?: string;
    condition?: string;
    output?: string;
    priority?: string;
  }[];
  const written = parsed.filter(({ rule }) => rule !== undefined);
  assert.ok(written.length >= 6);
  for (const { condition, output, priority } of written) assert.ok(condition && output && priority);
  const defined = new Set(parsed.flatMap((item) => Object.values(item as { list?: string; macro?: string })));
  for (const name of text.match(/\bhive_mind_\w+/g) ?? []) assert.ok(defined.has(name), `${name} is defined`);
});
