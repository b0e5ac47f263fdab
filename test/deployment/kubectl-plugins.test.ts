import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AVAILABILITY_RULES } from '#app/kubernetes/availability-rules.ts';
import { Manifests, type Resource } from '#app/kubernetes/manifests.ts';
import { findings } from '#app/kubernetes/rule.ts';
import { judge, SECURITY_RULES, STANDARDS } from '#app/kubernetes/standards.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { KUBERNETES, overlayManifests, ownManifests, ROOT, whyNo } from './support.ts';

const CONTROLS = STANDARDS['financial-grade'];
const ALL_RULES = CONTROLS.flatMap(({ rules }) => rules);

type Tree = { [key: string]: Tree } & { [index: number]: Tree };

/** Sets one value of a resource, by the path to it; undefined removes it. */
function set(name: string, path: string, value: unknown): (resources: Resource[]) => void {
  return (resources) => {
    const [kind, resourceName] = name.split('/');
    const resource = resources.find((one) => one.kind === kind && one.metadata.name === resourceName);
    assert.ok(resource !== undefined, name);
    // A dot in a key is written as a comma.
    const keys = path.split('.').map((key) => key.replaceAll(',', '.'));
    const last = keys.pop() as string;
    const at = keys.reduce((object, key) => object[key], resource as unknown as Tree);
    if (value === undefined) delete at[last];
    else Object.assign(at, { [last]: value });
  };
}

const remove = (kind: string, name: string) => (resources: Resource[]) => {
  resources.splice(
    resources.findIndex((one) => one.kind === kind && one.metadata.name === name),
    1,
  );
};

const NODE = 'Deployment/hive-mind-blue';
const POD = 'spec.template.spec';
const BOX = `${POD}.containers.0`;
const conf = (from: string, to: string) => (resources: Resource[]) => {
  const map = resources.find(({ metadata }) => metadata.name === 'nats-config');
  const text = map?.data?.['nats.conf'] ?? '';
  assert.ok(text.includes(from));
  Object.assign(map?.data ?? {}, { 'nats.conf': text.replace(from, to) });
};

/** Every rule, with mistakes that it must find: what is changed, and what the evidence says. */
const PLANTED: readonly (readonly [
  rule: string,
  change: (resources: Resource[]) => void,
  evidence: RegExp,
])[] = [
  ['run-as-non-root', set(NODE, `${POD}.securityContext.runAsUser`, 0), /runAsUser is 0/],
  ['run-as-non-root', set(NODE, `${BOX}.securityContext.runAsNonRoot`, false), /runAsNonRoot is not true/],
  ['no-privileges', set(NODE, `${BOX}.securityContext.privileged`, true), /privileged: true/],
  [
    'no-privileges',
    set(NODE, `${BOX}.securityContext.allowPrivilegeEscalation`, undefined),
    /allowPrivilegeEscalation/,
  ],
  [
    'no-privileges',
    set(NODE, `${BOX}.securityContext.capabilities`, { drop: ['ALL'], add: ['SYS_ADMIN'] }),
    /adds SYS_ADMIN/,
  ],
  ['no-privileges', set(NODE, `${BOX}.securityContext.capabilities.drop`, ['NET_RAW']), /lacks ALL/],
  ['seccomp', set(NODE, `${POD}.securityContext.seccompProfile.type`, 'Unconfined'), /Unconfined/],
  ['no-host', set(NODE, `${POD}.hostNetwork`, true), /hostNetwork/],
  [
    'no-host',
    set(NODE, `${POD}.volumes.0`, { name: 'config', hostPath: { path: '/' } }),
    /config is of kind hostPath/,
  ],
  ['no-host', set(NODE, `${BOX}.ports.0.hostPort`, 26_001), /hostPort: 26001/],
  [
    'read-only-root',
    set(NODE, `${BOX}.securityContext.readOnlyRootFilesystem`, false),
    /readOnlyRootFilesystem/,
  ],
  ['own-account', set(NODE, `${POD}.automountServiceAccountToken`, true), /automountServiceAccountToken/],
  ['own-account', set(NODE, `${POD}.serviceAccountName`, undefined), /account default/],
  ['resources', set(NODE, `${BOX}.resources.limits.memory`, undefined), /no limit for memory/],
  ['image-digest', set(NODE, `${BOX}.image`, 'ghcr.io/hive-mind/hive-mind:latest'), /:latest/],
  [
    'secrets-as-files',
    set(NODE, `${BOX}.env.0`, { name: 'P', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }),
    /env P comes from a Secret/,
  ],
  [
    'secrets-as-files',
    set(NODE, `${BOX}.env.0`, { name: 'DB_PASSWORD', value: 'x' }),
    /DB_PASSWORD is written out/,
  ],
  ['secrets-as-files', set(NODE, `${BOX}.envFrom`, [{ secretRef: { name: 's' } }]), /all of Secret s/],
  [
    'pod-security',
    set('Namespace/hive-mind', 'metadata.labels.pod-security,kubernetes,io/enforce', 'baseline'),
    /enforce is baseline/,
  ],
  ['quota', remove('LimitRange', 'hive-mind'), /no LimitRange/],
  ['rbac', set('Role/hive-mind-deployer', 'rules.0.verbs', ['*']), /a wildcard/],
  ['rbac', set('Role/hive-mind-auditor', 'rules.0.resources', ['secrets']), /secrets: get, list/],
  [
    'rbac',
    set('RoleBinding/hive-mind-auditor', 'roleRef', { kind: 'ClusterRole', name: 'cluster-admin' }),
    /binds cluster-admin/,
  ],
  [
    'default-deny',
    set('NetworkPolicy/default-deny', 'spec.policyTypes', ['Ingress']),
    /no default deny for Egress/,
  ],
  ['default-deny', remove('NetworkPolicy', 'allow-dns'), /does not allow DNS/],
  ['open-flow', set('NetworkPolicy/nats', 'spec.ingress.0.from', undefined), /ingress rule without from/],
  ['no-policy', remove('NetworkPolicy', 'nats'), /no NetworkPolicy takes its pods/],
  [
    'plaintext-secret',
    (resources) =>
      void resources.push({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 's' },
        stringData: { password: 'x' },
      }),
    /holds password/,
  ],
  [
    'plaintext-secret',
    conf('password: $HIVE_NATS_PASSWORD', 'password: correct-horse'),
    /nats\.conf has a password/,
  ],
  [
    'plaintext-secret',
    set('ExternalSecret/nats-server', 'apiVersion', 'external-secrets.io/v1beta1'),
    /v1beta1/,
  ],
  ['encrypted-volumes', set('StorageClass/hive-mind-log', 'parameters.encrypted', 'false'), /no parameter/],
  [
    'encrypted-volumes',
    set('PersistentVolumeClaim/hive-mind-archive', 'spec.storageClassName', 'standard'),
    /standard is none/,
  ],
  ['sync-always', conf('sync_interval: always', 'sync_interval: 2m'), /not always/],
  ['stateful', set('StatefulSet/nats', 'spec.podManagementPolicy', 'OrderedReady'), /Parallel/],
  ['stateful', set('Service/nats-headless', 'spec.publishNotReadyAddresses', false), /hides servers/],
  [
    'nats-resources',
    set('StatefulSet/nats', `${BOX}.resources.requests.cpu`, '1'),
    /request and limit for cpu differ/,
  ],
  ['nats-resources', set('StatefulSet/nats', `${BOX}.env.1.value`, '1024MiB'), /GOMEMLIMIT/],
  ['three-nodes', set(NODE, 'spec.replicas', 2), /replicas: 2/],
  ['three-nodes', set('StatefulSet/nats', 'spec.replicas', 4), /4 servers/],
  [
    'spread',
    set(NODE, `${POD}.topologySpreadConstraints.0.whenUnsatisfiable`, 'ScheduleAnyway'),
    /on one host/,
  ],
  [
    'spread',
    set(NODE, `${POD}.topologySpreadConstraints.1.labelSelector.matchLabels`, { app: 'other' }),
    /in one zone/,
  ],
  ['disruption-budget', set('PodDisruptionBudget/nats', 'spec.maxUnavailable', 2), /maxUnavailable is 2/],
  ['disruption-budget', remove('PodDisruptionBudget', 'hive-mind-blue'), /0 PodDisruptionBudgets/],
  ['probes', set(NODE, `${BOX}.startupProbe`, undefined), /no startupProbe/],
  ['probes', set(NODE, `${BOX}.livenessProbe.httpGet.path`, '/readyz'), /liveness depends on the log/],
  ['drain', set(NODE, `${BOX}.lifecycle`, undefined), /no preStop/],
  ['drain', set(NODE, `${POD}.terminationGracePeriodSeconds`, 20), /drain and stop take 30/],
  ['drain', conf('lame_duck_duration: 30s', 'lame_duck_duration: 60s'), /drain and stop take 90/],
  ['autoscaler', set('HorizontalPodAutoscaler/hive-mind-blue', 'spec.minReplicas', 1), /minReplicas is 1/],
  [
    'autoscaler',
    set('HorizontalPodAutoscaler/hive-mind-blue', 'spec.behavior.scaleUp.stabilizationWindowSeconds', 60),
    /waits/,
  ],
  [
    'autoscaler',
    set('VerticalPodAutoscaler/hive-mind-blue', 'spec.updatePolicy.updateMode', 'Auto'),
    /works against/,
  ],
  ['audit-record', set('StorageClass/hive-mind-log', 'reclaimPolicy', 'Delete'), /no node keeps/],
  ['dangling-selector', set('Service/hive-mind', 'spec.selector.hive-mind/colour', 'red'), /selects no pods/],
  ['dangling-selector', set('Service/hive-mind', 'spec.ports.0.targetPort', 'ouhc'), /has no port ouhc/],
  ['dangling-selector', set(NODE, 'spec.selector.matchLabels.hive-mind/colour', 'green'), /its own template/],
  [
    'dangling-name',
    set(NODE, `${POD}.volumes.1.secret.secretName`, 'hive-mind-tsl'),
    /no Secret hive-mind-tsl/,
  ],
  ['dangling-name', set(NODE, `${BOX}.env.0.valueFrom.configMapKeyRef.key`, 'moed'), /no key moed/],
  [
    'dangling-name',
    set(NODE, `${BOX}.readinessProbe.httpGet.port`, 'operation'),
    /no port operation of a probe/,
  ],
  [
    'dangling-name',
    set('HorizontalPodAutoscaler/hive-mind-blue', 'spec.scaleTargetRef.name', 'hive-mind'),
    /no Deployment hive-mind/,
  ],
];

test('our own manifests pass every rule, and those of the second region', () => {
  assert.deepEqual(findings(ALL_RULES, ownManifests()), []);
  assert.deepEqual(findings(ALL_RULES, overlayManifests('disaster-recovery')), []);
});

for (const [rule, change, evidence] of PLANTED) {
  test(`${rule}: finds ${evidence.source}`, () => {
    const resources = structuredClone(ownManifests().resources) as Resource[];
    change(resources);
    const found = findings(ALL_RULES, new Manifests(resources)).filter((finding) => finding.rule === rule);
    assert.ok(
      found.some((finding) => evidence.test(finding.evidence)),
      JSON.stringify(found),
    );
    assert.ok(found.every(({ fix, resource }) => fix !== '' && /^\w+\/[\w-]+$/.test(resource)));
  });
}

test('every rule is tried above, belongs to one control, and has a fix', () => {
  const names = ALL_RULES.map(({ id }) => id).sort();
  assert.deepEqual(names, [...new Set(names)]);
  assert.deepEqual(names, [...new Set(PLANTED.map(([rule]) => rule))].sort());
  for (const rule of [...SECURITY_RULES, ...AVAILABILITY_RULES]) assert.ok(ALL_RULES.includes(rule), rule.id);
});

test('a control fails with what speaks against it, and the others pass', () => {
  const resources = structuredClone(ownManifests().resources) as Resource[];
  set(NODE, `${BOX}.image`, 'hive:1')(resources);
  const failed = judge(CONTROLS, new Manifests(resources)).filter(({ passed }) => !passed);
  assert.deepEqual(
    failed.map(({ id, findings: found }) => [id, found.length]),
    [['FG-5', 1]],
  );
});

/** The plugins as the package installs them, on a PATH with whatever else is given. */
function onPath(): {
  directory: string;
  run(program: string, ...args: string[]): ReturnType<typeof spawnSync>;
} {
  const directory = temporaryDirectory('kubectl');
  const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  for (const [name, file] of Object.entries(bin)) symlinkSync(join(ROOT, file), join(directory, name));
  const env = { ...process.env, PATH: `${directory}:${process.env['PATH']}` };
  return { directory, run: (program, ...args) => spawnSync(program, args, { encoding: 'utf8', env }) };
}

test('kubectl finds the plugins: help, text, JSON, exit status by severity', {
  skip: whyNo('kubectl', 'version', '--client') ?? false,
}, () => {
  const { directory, run } = onPath();
  const scan = run('kubectl', 'security-scan', KUBERNETES);
  assert.deepEqual([scan.status, scan.stdout], [0, '0 findings by 19 rules\n'], String(scan.stderr));
  const check = run('kubectl', 'compliance-check', '--standard', 'financial-grade', '--json', KUBERNETES);
  assert.equal(check.status, 0);
  assert.equal((JSON.parse(String(check.stdout)) as { passed: number }).passed, CONTROLS.length);
  assert.match(
    String(run('kubectl', 'security-scan', '--help').stdout),
    /--namespace[\s\S]*Exit status by the worst finding/,
  );
  const bad = join(directory, 'bad.yaml');
  writeFileSync(
    bad,
    readFileSync(join(KUBERNETES, 'pvc.yaml'), 'utf8').replaceAll('encrypted: "true", ', ''),
  );
  const found = run('kubectl', 'security-scan', '--json', bad);
  assert.equal(found.status, 13);
  const [first] = (JSON.parse(String(found.stdout)) as { findings: object[] }).findings;
  assert.deepEqual(Object.keys(first), ['rule', 'severity', 'resource', 'evidence', 'fix']);
  assert.equal(run('kubectl', 'security-scan').status, 2);
  assert.equal(run('kubectl', 'compliance-check', '--standard', 'none', bad).status, 2);
  const missing = run('kubectl', 'security-scan', join(directory, 'missing'));
  assert.deepEqual([missing.status, /cannot be read/.test(String(missing.stderr))], [1, true]);
});

test('a namespace that lives is asked for with kubectl, without its Secrets', () => {
  const { directory, run } = onPath();
  const list = join(directory, 'all.json');
  const resources = structuredClone(ownManifests().resources) as Resource[];
  set(NODE, `${BOX}.securityContext.privileged`, true)(resources);
  writeFileSync(list, JSON.stringify(resources));
  // Answers as the API server would, through kubectl get: by kind, in a list.
  writeFileSync(
    join(directory, 'kubectl'),
    `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs');
const [verb, kinds] = process.argv.slice(2);
appendFileSync(${JSON.stringify(join(directory, 'asked'))}, process.argv.slice(2).join(' ') + '\\n');
if (verb !== 'get') process.exit(1);
const wanted = kinds.split(',').map((kind) => kind.split('.')[0].replace(/ies$/, 'y').replace(/s$/, ''));
const items = JSON.parse(readFileSync(${JSON.stringify(list)})).filter(({ kind }) => wanted.includes(kind.toLowerCase()));
console.log(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
`,
  );
  chmodSync(join(directory, 'kubectl'), 0o755);
  const { status, stdout } = run('kubectl-security_scan', '--namespace', 'hive-mind', '--json');
  const { findings: found } = JSON.parse(String(stdout)) as {
    findings: { rule: string; resource: string }[];
  };
  assert.equal(status, 14);
  assert.deepEqual(
    found.map(({ rule, resource }) => [rule, resource]),
    [['no-privileges', NODE]],
  );
  const asked = readFileSync(join(directory, 'asked'), 'utf8');
  assert.match(asked, /--namespace hive-mind/);
  assert.doesNotMatch(asked, /[ ,]secrets[ ,.]/);
});
