import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { SHARED_ID_MIN } from '#app/cluster/node-number.ts';
import { isListening, whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/test-cluster.ts';
import { find, ownManifests, ROOT, whyNo } from './support.ts';

const NATS = join(ROOT, '.cache/nats/usr/sbin/nats-server');
const PORT = 10_000 + Math.floor(Math.random() * 14_000);

/** Text with each of these changed; each must be there. */
function changed(text: string, changes: readonly (readonly [string | RegExp, string])[]): string {
  return changes.reduce((before, [from, to]) => {
    const after = before.replace(from, () => to);
    assert.notEqual(after, before, String(from));
    return after;
  }, text);
}

test('the configurations of Kubernetes run: a node starts by TLS, password and permissions, and has a number', {
  skip: whyNoNats() ?? whyNo('openssl', 'version') ?? false,
}, async (t) => {
  const directory = temporaryDirectory('kubernetes');
  const secrets = join(directory, 'run/secrets/nats');
  for (const path of [secrets, join(directory, 'etc/nats')]) mkdirSync(path, { recursive: true });
  const [certificate, key] = [join(secrets, 'tls.crt'), join(secrets, 'tls.key')];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', ...kind, ...names, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  writeFileSync(join(secrets, 'ca.crt'), readFileSync(certificate));
  writeFileSync(
    join(secrets, 'passwords.conf'),
    'HIVE_NATS_PASSWORD: "secret"\nHIVE_REGION_PASSWORD: "other"\n',
  );
  writeFileSync(join(secrets, 'password'), 'secret\n');

  const own = ownManifests();
  const natsFile = join(directory, 'etc/nats/nats.conf');
  writeFileSync(
    natsFile,
    changed(find(own, 'ConfigMap', 'nats-config').data?.['nats.conf'] ?? '', [
      // One server is enough to see that a node may do what it must.
      [/^cluster \{[\s\S]*?^\}\n/m, ''],
      [/\/run\/secrets\/nats\/tls/g, `${secrets}/tls`],
      [/\/run\/secrets\/nats\/ca/g, `${secrets}/ca`],
      ['store_dir: /data', `store_dir: ${directory}/store`],
      ['0.0.0.0:4222', `127.0.0.1:${PORT}`],
      ['0.0.0.0:8222', `127.0.0.1:${PORT + 1}`],
      ['0.0.0.0:7422', `127.0.0.1:${PORT + 2}`],
      ['/var/run/nats/nats.pid', join(directory, 'nats.pid')],
    ]),
  );
  const configFile = join(directory, 'hive.yaml');
  writeFileSync(
    configFile,
    changed(find(own, 'ConfigMap', 'hive-mind-config-blue').data?.['hive.yaml'] ?? '', [
      ['/var/lib/hive-mind', join(directory, 'node')],
      [/servers:\n(?:\s+- .*\n)+/, `servers: [tls://localhost:${PORT}]\n  replicas: "1"\n`],
      [/\/run\/secrets\/hive-mind\/(tls|nats)/g, secrets],
      [/ort: 260\d\d/g, 'ort: 0'],
      [/0\.0\.0\.0/g, '127.0.0.1'],
      ['64GiB', '1GiB'],
    ]),
  );

  const server = spawn('setpriv', ['--pdeathsig', 'KILL', NATS, '-c', natsFile], {
    stdio: 'ignore',
    env: { ...process.env, POD_NAME: 'nats-0' },
  });
  t.after(() => server.kill('SIGKILL'));
  await until(() => isListening(PORT));
  const args = [join(ROOT, 'bin/hive.js'), '--json', 'start', '--config', configFile, '--no-observe'];
  const node = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => node.kill('SIGKILL'));
  const logged: string[] = [];
  createInterface({ input: node.stderr }).on('line', (line) => logged.push(line));
  const events: { event: string; nodeId?: number; operations?: { port: number } }[] = [];
  const lines = createInterface({ input: node.stdout });
  lines.on('line', (line) => events.push(JSON.parse(line)));
  const exit = once(node, 'exit');
  await Promise.race([
    until(() => events.some(({ event }) => event === 'ready')),
    exit.then(() => assert.fail(logged.join('\n'))),
  ]);
  const ready = events.find(({ event }) => event === 'ready');
  assert.equal(ready?.nodeId, SHARED_ID_MIN);
  for (const path of ['/startupz', '/readyz', '/healthz']) {
    const response = await fetch(`http://127.0.0.1:${ready?.operations?.port}${path}`);
    assert.equal(response.status, 200, path);
  }
  node.kill('SIGTERM');
  assert.deepEqual((await exit)[0], 0);
  // How long a start takes is the machine's.
  const warnings = logged
    .map((line) => JSON.parse(line) as { level: number; msg: string })
    .filter(({ level, msg }) => level > 30 && !msg.startsWith('the start waits for '));
  assert.deepEqual(warnings, []);
});
