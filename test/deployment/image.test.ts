import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseConfiguration } from '#app/config/configuration.ts';
import { ROOT } from './support.ts';

interface Linter {
  run(directory: string, content: string): { title: string; line: string; category: string }[];
}

const linter = createRequire(import.meta.url)('dockerfilelint') as Linter;
const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

/** What is wrong with a Dockerfile: by the linter, and by our rules. */
function faults(text: string): string[] {
  // The linter knows neither FROM with an ARG nor --start-period, which are younger than it.
  const images = new Map([...text.matchAll(/^ARG (\w+)=(\S+)/gm)].map(([, name, value]) => [name, value]));
  const plain = text
    .replace(/^FROM \$\{(\w+)\}/gm, (_, name: string) => `FROM ${images.get(name)}`)
    .replace(/ --start-period=\S+/, '');
  const found = linter.run(ROOT, plain).map(({ title, line }) => `linter: ${title} (${line})`);
  const rule = (holds: boolean, what: string): void => void (holds || found.push(what));
  const joined = text.replace(/\\\n/g, ' ');
  const stages = joined.split(/^FROM /m).slice(1);
  const last = stages.at(-1) ?? '';
  const bases = [...joined.matchAll(/^ARG \w+_IMAGE=(\S+)/gm)].map(([, image]) => image);
  rule(stages.length >= 2, 'one stage: build tools stay in the image');
  rule(
    bases.length >= 2 && bases.every((image) => /:[\w.-]+@sha256:[0-9a-f]{64}$/.test(image)),
    'a base image without a digest',
  );
  rule(
    stages.every((stage) => /^\$\{\w+_IMAGE\}/.test(stage)),
    'a base image that is not an ARG',
  );
  rule(!/^RUN /m.test(last), 'the final stage runs something: it has no shell');
  rule(/^USER [1-9]\d*:[1-9]\d*$/m.test(last), 'the user is not a number above zero');
  rule(/^HEALTHCHECK [^\n]*CMD \[/m.test(last), 'no HEALTHCHECK without a shell');
  rule(/^STOPSIGNAL SIGTERM$/m.test(last), 'no STOPSIGNAL');
  rule(/^ENTRYPOINT \["\//m.test(last), 'ENTRYPOINT is no absolute path in exec form');
  for (const label of ['title', 'description', 'licenses', 'source', 'version', 'revision', 'created']) {
    rule(last.includes(`org.opencontainers.image.${label}=`), `no label org.opencontainers.image.${label}`);
  }
  rule(!/^COPY (--\S+ )*\. /m.test(joined), 'COPY of the whole context');
  rule(
    /^RUN npm ci --omit=dev .*--ignore-scripts/m.test(joined),
    'dependencies are not those of the lock file, or bring scripts',
  );
  return found;
}

test('Dockerfile: the linter and our rules find nothing', () => {
  assert.deepEqual(faults(DOCKERFILE), []);
});

for (const [what, from, to] of [
  ['a base image without a digest', /@sha256:[0-9a-f]{64}/, ''],
  ['the user is not a number above zero', /(FROM \$\{BASE_IMAGE\}[\s\S]*)USER 65532:65532/, '$1USER node'],
  ['no STOPSIGNAL', 'STOPSIGNAL SIGTERM\n', ''],
  ['no HEALTHCHECK without a shell', /HEALTHCHECK[^\n]*\n[^\n]*\n/, ''],
  ['the final stage runs something: it has no shell', 'STOPSIGNAL', 'RUN rm -rf /tmp/x\nSTOPSIGNAL'],
  ['no label org.opencontainers.image.revision', /org\.opencontainers\.image\.revision/, 'revision'],
  ['COPY of the whole context', 'COPY src src', 'COPY . .'],
  ['a base image that is not an ARG', /FROM \$\{BASE_IMAGE\}/, 'FROM debian:bookworm'],
] as const) {
  test(`Dockerfile: found is ${what}`, () => {
    const changed = DOCKERFILE.replace(from, to);
    assert.notEqual(changed, DOCKERFILE);
    assert.ok(faults(changed).includes(what), faults(changed).join('\n'));
  });
}

test('Dockerfile: the linter finds what it knows', () => {
  assert.ok(
    faults(`${DOCKERFILE}\nRUN sudo apt-get install curl\n`).some((fault) => fault.startsWith('linter: ')),
  );
});

test('.dockerignore lets in what the Dockerfile copies, and nothing else', () => {
  const allowed = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const copied = [...DOCKERFILE.matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, files]) => files.split(' '));
  assert.deepEqual([allowed.shift(), allowed.pop()], ['*', '**/node_modules']);
  const within = copied.map((file) => `!${file.replace(/^console\/.*/, 'console')}`);
  assert.deepEqual(allowed.sort(), [...new Set(within)].sort());
});

const script = join(ROOT, 'scripts/dev/build-image.sh');

test('scripts/dev/build-image.sh: help, an unknown argument', () => {
  const help = spawnSync(script, ['--help'], { encoding: 'utf8' });
  assert.deepEqual([help.status, /^Usage: scripts\/dev\/build-image\.sh/.test(help.stdout)], [0, true]);
  assert.equal(spawnSync(script, ['--wrong']).status, 2);
});

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly depends_on?: object;
  readonly stop_grace_period?: string;
}

test('compose.yaml: three nodes, three servers, and what watches them, all without privileges and on loopback', () => {
  const { services, volumes } = parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'), { merge: true }) as {
    services: Record<string, Service>;
    volumes: object;
  };
  assert.deepEqual(Object.keys(services), [
    ...['nats-1', 'nats-2', 'nats-3', 'hive-1', 'hive-2', 'hive-3'],
    ...['prometheus', 'alertmanager', 'grafana'],
  ]);
  const configuration = parseConfiguration(
    'hive.yaml',
    readFileSync(join(ROOT, 'deployment/compose/hive.yaml'), 'utf8'),
  );
  const { ouch, marketData, fix, http, operations, cluster, dataDirectory } = configuration;
  const inside = [ouch.port, marketData.port, marketData.snapshotPort, fix.port, http.port, operations.port];
  assert.deepEqual(cluster?.servers, ['nats://nats-1:4222', 'nats://nats-2:4222', 'nats://nats-3:4222']);
  const published = new Set<string>();
  for (const [name, service] of Object.entries(services)) {
    assert.ok(
      service.build !== undefined || /@sha256:[0-9a-f]{64}$/.test(service.image),
      `${name}: image by digest`,
    );
    assert.deepEqual([service.cap_drop, service.security_opt], [['ALL'], ['no-new-privileges:true']], name);
    for (const port of service.ports ?? []) {
      assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name);
      assert.ok(!published.has(port.split(':')[1]), `${port} once`);
      published.add(port.split(':')[1]);
    }
    for (const mount of service.volumes ?? []) {
      const [from] = mount.split(':');
      assert.ok(from.startsWith('./') || from in volumes, `${name}: volume ${from}`);
    }
    if (!name.startsWith('hive-')) continue;
    assert.deepEqual(
      (service.ports ?? []).map((port) => Number(port.split(':')[2])),
      inside,
      `${name}: the ports of the configuration`,
    );
    assert.equal(service.stop_grace_period, '60s', `${name}: as docs/operations/deployment.md asks for`);
    assert.deepEqual(service.command?.slice(3, 5), ['--node-id', name.slice(-1)]);
    assert.deepEqual(Object.keys(service.depends_on ?? {}), ['nats-1', 'nats-2', 'nats-3']);
    const data = service.volumes?.find((mount) => mount.startsWith(`${name}:`))?.split(':')[1] ?? 'missing';
    assert.ok(dataDirectory.startsWith(`${data}/`));
  }
});
