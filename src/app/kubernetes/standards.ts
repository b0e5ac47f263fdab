import { AVAILABILITY_RULES } from './availability-rules.ts';
import { type Manifests, namespaceOf, type Workload } from './manifests.ts';
import { NAMESPACE_RULES } from './namespace-rules.ts';
import { POD_RULES } from './pod-rules.ts';
import { REFERENCE_RULES } from './reference-rules.ts';
import { type Finding, findings, type Rule } from './rule.ts';

/** Who could get in, and how far. */
export const SECURITY_RULES: readonly Rule[] = [...POD_RULES, ...NAMESPACE_RULES, ...REFERENCE_RULES];

/** What a venue needs beyond what any namespace does. */
const VENUE_RULES: readonly Rule[] = [
  {
    id: 'three-nodes',
    severity: 'high',
    title: 'three nodes at least, and three nats-servers',
    fix: 'replicas: 3 in the Deployment of nodes and in the StatefulSet of nats-servers',
    *check(manifests) {
      for (const { resource, labels, replicas } of manifests.workloads()) {
        const name = labels['app.kubernetes.io/name'] ?? '';
        if (['hive-mind', 'nats'].includes(name) && replicas < 3) yield [resource, `replicas: ${replicas}`];
        if (name === 'nats' && replicas % 2 === 0)
          yield [resource, `${replicas} servers survive no more than ${replicas - 1}`];
      }
    },
  },
  {
    id: 'audit-record',
    severity: 'high',
    title: 'the whole log is kept on a volume that outlives its pod, and backed up continuously',
    fix: 'a node with backup and without disk.keepLog, whose data is on a PersistentVolumeClaim of a StorageClass with reclaimPolicy: Retain',
    *check(manifests) {
      const workloads = manifests
        .workloads()
        .filter(({ pod }) => (pod.containers ?? []).some(({ image = '' }) => image.includes('hive-mind')));
      const kept = workloads.some((workload) => keepsLog(workload, manifests));
      if (!kept && workloads[0] !== undefined)
        yield [workloads[0].resource, 'no node keeps and backs up the whole log'];
    },
  },
];

function keepsLog({ namespace, pod }: Workload, manifests: Manifests): boolean {
  const volumes = pod.volumes ?? [];
  const text = manifests
    .of('ConfigMap')
    .filter(
      (map) =>
        namespaceOf(map) === namespace &&
        volumes.some(({ configMap }) => configMap?.name === map.metadata.name),
    )
    .map(({ data }) => data?.['hive.yaml'] ?? '')
    .join('\n');
  if (!/^backup:/m.test(text) || /keepLog:/.test(text)) return false;
  const directory = /^dataDirectory: (\S+)/m.exec(text)?.[1] ?? '';
  const mount = (pod.containers ?? [])
    .flatMap(({ volumeMounts = [] }) => volumeMounts)
    .find(({ mountPath }) => `${directory}/`.startsWith(`${mountPath}/`));
  const volume = volumes.find(({ name }) => name === mount?.name);
  const claim = manifests
    .of('PersistentVolumeClaim')
    .find(({ metadata }) => metadata.name === volume?.persistentVolumeClaim?.claimName);
  const storage = manifests
    .of('StorageClass')
    .find(({ metadata }) => metadata.name === claim?.spec?.storageClassName);
  // A live namespace shows no StorageClasses: the claim is what can be seen of it.
  return claim !== undefined && (storage === undefined || storage.reclaimPolicy === 'Retain');
}

/** What a standard asks for, and by which rules it is judged. */
export interface Control {
  readonly id: string;
  readonly title: string;
  readonly rules: readonly Rule[];
}

const ALL: readonly Rule[] = [...SECURITY_RULES, ...AVAILABILITY_RULES, ...VENUE_RULES];

function control(id: string, title: string, ...rules: readonly string[]): Control {
  return { id, title, rules: rules.map((name) => ALL.find((rule) => rule.id === name) as Rule) };
}

/** Standards by name. Every rule belongs to one control of each. */
export const STANDARDS: { readonly [name: string]: readonly Control[] } = {
  'financial-grade': [
    control(
      'FG-1',
      'Least privilege of programs',
      'run-as-non-root',
      'no-privileges',
      'seccomp',
      'no-host',
      'read-only-root',
      'own-account',
      'pod-security',
    ),
    control('FG-2', 'Least privilege and separation of duties of people', 'rbac'),
    control(
      'FG-3',
      'Secrets are kept, delivered and rotated outside of code',
      'plaintext-secret',
      'secrets-as-files',
    ),
    control('FG-4', 'Segmented networks', 'default-deny', 'open-flow', 'no-policy'),
    control('FG-5', 'What runs is what was released', 'image-digest'),
    control('FG-6', 'Data at rest is encrypted', 'encrypted-volumes'),
    control('FG-7', 'Acknowledged orders are durable', 'sync-always', 'stateful', 'nats-resources'),
    control(
      'FG-8',
      'Any machine may fail, and any zone',
      'three-nodes',
      'spread',
      'disruption-budget',
      'probes',
    ),
    control('FG-9', 'Changes and maintenance lose no session', 'drain', 'autoscaler'),
    control('FG-10', 'Capacity is bounded and reserved', 'resources', 'quota'),
    control('FG-11', 'The audit record is complete and recoverable', 'audit-record'),
    control('FG-12', 'The configuration is consistent', 'dangling-selector', 'dangling-name'),
  ],
};

/** A control with what speaks against it. */
export interface ControlResult {
  readonly id: string;
  readonly title: string;
  readonly passed: boolean;
  readonly findings: readonly Finding[];
}

/** Judges manifests by the controls of a standard. */
export function judge(controls: readonly Control[], manifests: Manifests): ControlResult[] {
  return controls.map(({ id, title, rules }) => {
    const found = findings(rules, manifests);
    return { id, title, passed: found.length === 0, findings: found };
  });
}
