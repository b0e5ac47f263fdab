import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Manifests, Resource } from '#app/kubernetes/manifests.ts';
import { overlayFiles } from '../../scripts/kubernetes/overlays.ts';
import {
  documentsOf,
  KUBERNETES,
  overlayManifests,
  ownManifests,
  ROOT,
  whyNo,
  yamlFilesOf,
} from './support.ts';

/** What issue and architecture name. */
const FILES = [
  'configmap.yaml',
  'deployment.yaml',
  'hpa.yaml',
  'kustomization.yaml',
  'namespace.yaml',
  'nats.yaml',
  'network-policy.yaml',
  'pdb.yaml',
  'pvc.yaml',
  'rbac.yaml',
  'runtime-security.yaml',
  'secrets.yaml',
  'service.yaml',
  'vpa.yaml',
];
const OVERLAYS = ['shared', 'blue', 'green', 'disaster-recovery'];
/** Kinds of which there are no models: their interface is below. */
const BY_HAND = ['autoscaling.k8s.io/v1'];
const VERTICAL_POD_AUTOSCALER = `
interface VerticalPodAutoscaler {
  apiVersion: 'autoscaling.k8s.io/v1';
  kind: 'VerticalPodAutoscaler';
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: {
    targetRef: { apiVersion: string; kind: string; name: string };
    updatePolicy: { updateMode: 'Off' | 'Initial' | 'Recreate' | 'Auto' };
    resourcePolicy: {
      containerPolicies: {
        containerName: string;
        controlledResources: ('cpu' | 'memory')[];
        minAllowed: { cpu: string; memory: string };
        maxAllowed: { cpu: string; memory: string };
      }[];
    };
  };
}
`;

function moduleOf(apiVersion: string): string {
  return apiVersion.startsWith('external-secrets.io')
    ? `@kubernetes-models/external-secrets/${apiVersion}`
    : `kubernetes-models/${apiVersion.replace(/^rbac\.authorization/, 'rbac.authorization')}`;
}

/** What kubernetes-models says is wrong: types, required fields, values of enumerations. */
async function modelFaults(resources: readonly Resource[]): Promise<string[]> {
  const faults: string[] = [];
  for (const resource of resources) {
    if (BY_HAND.includes(resource.apiVersion)) continue;
    const models = (await import(moduleOf(resource.apiVersion))) as Record<
      string,
      new (
        data: Resource,
      ) => { validate(): void }
    >;
    try {
      new models[resource.kind](resource).validate();
    } catch (error) {
      faults.push(`${resource.kind}/${resource.metadata.name}: ${(error as Error).message}`);
    }
  }
  return faults;
}

/** What the TypeScript compiler says of the manifests as literals: fields that nobody knows, too. */
function literalFaults(resources: readonly Resource[]): string {
  const types = new Map<string, Set<string>>();
  const lines = resources.map((resource, i) => {
    const { apiVersion, kind } = resource;
    const isByHand = BY_HAND.includes(apiVersion);
    if (!isByHand)
      types.set(moduleOf(apiVersion), (types.get(moduleOf(apiVersion)) ?? new Set()).add(`I${kind}`));
    return `export const r${i}: ${isByHand ? kind : `I${kind}`} = ${JSON.stringify(resource, null, 1)};`;
  });
  const imports = [...types].map(
    ([path, names]) => `import type { ${[...names].join(', ')} } from '${path}';`,
  );
  // Within the repository, so that the packages are found.
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const directory = mkdtempSync(join(ROOT, '.cache/manifests-'));
  try {
    const file = join(directory, 'manifests.ts');
    writeFileSync(file, [...imports, VERTICAL_POD_AUTOSCALER, ...lines].join('\n'));
    const options = [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--ignoreConfig',
      '--module',
      'nodenext',
      '--target',
      'esnext',
    ];
    const { stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, file],
      {
        encoding: 'utf8',
      },
    );
    return stdout.replaceAll(/^.*manifests\.ts/gm, 'manifests.ts');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A copy in which one thing is different. */
function changed(
  manifests: Manifests,
  kind: string,
  change: (resource: Record<string, never>) => void,
): Resource[] {
  const copy = structuredClone(manifests.resources) as Resource[];
  const one = copy.find((resource) => resource.kind === kind);
  assert.ok(one !== undefined);
  change(one as unknown as Record<string, never>);
  return copy;
}

test('deployment/kubernetes has every file at its name', () => {
  assert.deepEqual(yamlFilesOf(KUBERNETES).sort(), FILES);
});

test('manifests are what the models of Kubernetes and External Secrets say', async () => {
  const runtime = documentsOf(join(KUBERNETES, 'runtime-security.yaml'));
  assert.deepEqual(await modelFaults([...ownManifests().resources, ...runtime]), []);
  for (const name of OVERLAYS)
    assert.deepEqual(await modelFaults(overlayManifests(name).resources), [], name);
});

test('the models find a wrong type, a missing field and a value that there is not', async () => {
  const own = ownManifests();
  const set = (path: string[], value: unknown) => (resource: Record<string, never>) => {
    const last = path.pop() as string;
    const at = path.reduce((object, key) => object[key], resource as Record<string, never>);
    Object.assign(at, { [last]: value });
  };
  for (const change of [
    changed(own, 'Deployment', set(['spec', 'replicas'], 'three')),
    changed(own, 'Deployment', set(['spec', 'selector'], undefined)),
    changed(own, 'HorizontalPodAutoscaler', set(['spec', 'maxReplicas'], undefined)),
  ]) {
    assert.equal((await modelFaults(change)).length, 1);
  }
});

test('manifests as literals have no field that nobody knows', () => {
  assert.equal(
    literalFaults([...ownManifests().resources, ...overlayManifests('disaster-recovery').resources]),
    '',
  );
});

test('the compiler finds a field that nobody knows', () => {
  const typo = changed(ownManifests(), 'PodDisruptionBudget', (resource) => {
    Object.assign(resource['spec'], { maxUnavailabel: 1 });
  });
  assert.match(literalFaults(typo), /manifests\.ts.*TS2353.*'"maxUnavailabel"' does not exist/);
});

test('overlays are what scripts/kubernetes/overlays.ts makes of the files above them', () => {
  for (const [path, text] of overlayFiles()) {
    assert.equal(
      readFileSync(join(KUBERNETES, 'overlays', path), 'utf8'),
      text,
      `${path}: npx node scripts/kubernetes/overlays.ts`,
    );
  }
});

test('overlays of colours hold nothing but the colour, none of them the Service of clients, and green is blue by another name', () => {
  const names = (overlay: string): string[] =>
    overlayManifests(overlay).resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  assert.deepEqual(names('blue'), [
    'ConfigMap/hive-mind-config-blue',
    'ConfigMap/hive-mind-start-blue',
    'Deployment/hive-mind-blue',
    'PodDisruptionBudget/hive-mind-blue',
    'HorizontalPodAutoscaler/hive-mind-blue',
    'VerticalPodAutoscaler/hive-mind-blue',
  ]);
  assert.deepEqual(
    names('green'),
    names('blue').map((name) => name.replace('blue', 'green')),
  );
  const both = [...names('shared'), ...names('blue'), 'Service/hive-mind'].sort();
  assert.deepEqual(
    both,
    ownManifests()
      .resources.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
      .sort(),
  );
});

test('kubectl builds the base and every overlay', {
  skip: whyNo('kubectl', 'kustomize', '--help') ?? false,
}, () => {
  for (const folder of [KUBERNETES, ...OVERLAYS.map((name) => join(KUBERNETES, 'overlays', name))]) {
    const { status, stderr, stdout } = spawnSync('kubectl', ['kustomize', folder], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /kind: Deployment|kind: StatefulSet/);
  }
});
