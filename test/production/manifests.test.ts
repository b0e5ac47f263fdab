import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { ROOT } from './support.ts';

const FOLDER = join(ROOT, 'deployment/kubernetes');
const skip = existsSync(join(FOLDER, 'kustomization.yaml')) ? false : 'deployment/kubernetes is not there';

interface Labels {
  readonly [name: string]: string;
}
// biome-ignore lint/suspicious/noExplicitAny: manifests of many kinds; what is missing fails the test.
type Manifest = any;

function read(pattern: string): Manifest[] {
  return globSync(pattern, { cwd: FOLDER }).flatMap((file) =>
    parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => document.toJS()),
  );
}

function one(manifests: readonly Manifest[], kind: string, name: string): Manifest {
  const found = manifests.filter((one) => one?.kind === kind && one.metadata.name === name);
  assert.equal(found.length, 1, `${kind} ${name}`);
  return found[0];
}

test('what the scripts name is in the manifests: namespace, service, deployments, container, labels, start mode', {
  skip,
}, () => {
  const base = read('*.yaml');
  one(base, 'Namespace', 'hive-mind');
  const service = one(base, 'Service', 'hive-mind');
  assert.equal(service.metadata.namespace, 'hive-mind');
  assert.deepEqual(Object.keys(service.spec.selector).sort(), ['app.kubernetes.io/name', 'hive-mind/colour']);
  for (const colour of ['blue', 'green']) {
    const own = read(`overlays/${colour}/*.yaml`);
    const { spec } = one(own, 'Deployment', `hive-mind-${colour}`);
    const labels: Labels = spec.template.metadata.labels;
    assert.deepEqual([labels['app.kubernetes.io/name'], labels['hive-mind/colour']], ['hive-mind', colour]);
    const [container] = spec.template.spec.containers.filter(({ name }: Manifest) => name === 'hive-mind');
    assert.match(
      container.image,
      /\/hive-mind@sha256:0{64}$/,
      'deploy.sh puts the digest of a release there',
    );
    assert.ok(
      container.volumeMounts.some(({ mountPath }: Manifest) => mountPath === '/var/lib/hive-mind'),
      'the data directory that the scripts name',
    );
    const mode = one(own, 'ConfigMap', `hive-mind-start-${colour}`).data.mode;
    assert.equal(mode, '--observe', 'a colour that is deployed observes');
    const ports = container.ports.map(({ containerPort }: Manifest) => containerPort);
    assert.ok(ports.includes(26_080), 'rotate-secrets.sh forwards this port');
  }
});

test('network-isolate.sh: no policy but the one that denies everything selects an isolated pod', {
  skip,
}, () => {
  const { labels } = one(read('overlays/blue/*.yaml'), 'Deployment', 'hive-mind-blue').spec.template.metadata;
  const selecting = (own: Labels): string[] =>
    read('network-policy.yaml')
      .filter(({ spec }) => {
        const wanted: Labels = spec.podSelector.matchLabels ?? {};
        return Object.entries(wanted).every(([name, value]) => own[name] === value);
      })
      .map(({ metadata }) => metadata.name);
  assert.ok(selecting(labels).length > 1);
  const { 'app.kubernetes.io/part-of': _, ...others } = labels as Labels;
  assert.deepEqual(selecting({ ...others, 'app.kubernetes.io/name': 'hive-mind-isolated' }), [
    'default-deny',
  ]);
});

test('load balancers: the policies let their health checks in, from addresses that no pod has', {
  skip,
}, () => {
  const base = read('*.yaml');
  const policies = base.filter(({ kind }) => kind === 'NetworkPolicy');
  const selects = (wanted: Labels, own: Labels): boolean =>
    Object.entries(wanted).every(([name, value]) => own[name] === value);
  let checks = 0;
  for (const { metadata, spec } of base.filter(
    ({ kind, spec }) => kind === 'Service' && spec.type === 'LoadBalancer',
  )) {
    const port = Number(
      metadata.annotations['service.beta.kubernetes.io/aws-load-balancer-healthcheck-port'] ?? Number.NaN,
    );
    // Another one asks a door, by whose rule it gets in.
    if (Number.isNaN(port)) continue;
    checks++;
    const { template } = base.find(
      ({ spec: own }) => own?.template && selects(spec.selector, own.template.metadata.labels),
    ).spec;
    const { name } = template.spec.containers
      .flatMap(({ ports }: Manifest) => ports)
      .find(({ containerPort }: Manifest) => containerPort === port);
    const rules = policies
      .filter(({ spec: policy }) => selects(policy.podSelector.matchLabels ?? {}, template.metadata.labels))
      .flatMap(({ spec: policy }) => policy.ingress ?? []);
    const isLetIn = rules.some(
      ({ from, ports }) =>
        from.some(({ ipBlock }: Manifest) => ipBlock !== undefined) &&
        ports.some(({ port: own }: Manifest) => own === name || own === port),
    );
    assert.ok(isLetIn, `${metadata.name}: nobody outside of pods reaches port ${name}`);
  }
  assert.ok(checks > 0);
});

const CHANGE = ['get', 'patch'];
/** What the API server asks of an account for each call of kubectl in the scripts: verbs by resource. */
const CALLS: { readonly [call: string]: { readonly [resource: string]: readonly string[] } } = {
  'annotate pod': { pods: CHANGE },
  'delete deployment': { deployments: ['get', 'list', 'watch', 'delete'] },
  exec: { pods: ['get'], 'pods/exec': ['create'] },
  'get deployment': { deployments: ['get'] },
  'get pods': { pods: ['list'] },
  'get service': { services: ['get'] },
  'label pod': { pods: CHANGE },
  'patch configmap': { configmaps: CHANGE },
  'patch service': { services: CHANGE },
  'port-forward': { pods: ['get'], 'pods/portforward': ['create'] },
  'scale deployment': { deployments: ['get'], 'deployments/scale': CHANGE },
};
/** Of `deploy.sh shared`, which an administrator runs: it applies the roles themselves. */
const OF_SHARED = ['apply --filename', 'rollout status'];
/** Kinds of the overlays of colours, as roles name them. */
const RESOURCES: Labels = {
  ConfigMap: 'configmaps',
  Deployment: 'deployments',
  HorizontalPodAutoscaler: 'horizontalpodautoscalers',
  PodDisruptionBudget: 'poddisruptionbudgets',
  VerticalPodAutoscaler: 'verticalpodautoscalers',
};

test('the role of who deploys allows every call of the scripts, and to apply a colour', { skip }, () => {
  const called = globSync('scripts/production/{*.sh,lib/*.sh}', { cwd: ROOT }).flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .filter((line) => !/^#|^say | say "/.test(line))
      .flatMap((line) => [...line.matchAll(/\b(?:kube|kubectl --namespace "\$namespace") ([a-z-]+) (\S+)/g)])
      .map(([, verb, what]) => (verb === 'exec' || verb === 'port-forward' ? verb : `${verb} ${what}`)),
  );
  assert.deepEqual([...new Set(called)].sort(), [...Object.keys(CALLS), ...OF_SHARED].sort());
  const { rules } = one(read('rbac.yaml'), 'Role', 'hive-mind-deployer');
  const missing = (needs: { readonly [resource: string]: readonly string[] }): string[] =>
    Object.entries(needs).flatMap(([resource, verbs]) =>
      verbs
        .filter(
          (verb) =>
            !rules.some((rule: Manifest) => rule.resources.includes(resource) && rule.verbs.includes(verb)),
        )
        .map((verb) => `${verb} ${resource}`),
    );
  const needed: (readonly [string, string[]])[] = Object.entries(CALLS).map(([call, needs]) => [
    call,
    missing(needs),
  ]);
  for (const { kind } of [...read('overlays/blue/resources.yaml'), ...read('overlays/green/resources.yaml')])
    needed.push([`apply ${kind}`, missing({ [RESOURCES[kind] ?? kind]: ['get', 'create', 'patch'] })]);
  // Of the runbooks.
  needed.push(['describe pod', missing({ pods: ['get'], events: ['list'] })]);
  needed.push(['logs', missing({ pods: ['get', 'list'], 'pods/log': ['get'] })]);
  assert.deepEqual(
    needed.filter(([, verbs]) => verbs.length > 0),
    [],
  );
});
