import {
  containersOf,
  type Manifests,
  nameOf,
  namespaceOf,
  type Resource,
  selects,
  type Workload,
} from './manifests.ts';
import type { Rule } from './rule.ts';

/** Those whose objects other programs make: they are looked for where the manifests have any of the kind. */
function missing(
  manifests: Manifests,
  kinds: readonly string[],
  name: string | undefined,
  namespace: string,
): boolean {
  const all = manifests.of(...kinds);
  if (name === undefined || all.length === 0) return false;
  return !all.some(
    (resource) =>
      namespaceOf(resource) === namespace &&
      (resource.metadata.name === name || resource.spec?.target?.name === name),
  );
}

function portNames(workload: Workload): (string | number | undefined)[] {
  return containersOf(workload.pod).flatMap(({ ports = [] }) =>
    ports.flatMap(({ name, containerPort }) => [name, containerPort]),
  );
}

/** What a workload names that is not there. */
function* namesOf(manifests: Manifests, workload: Workload): Generator<string> {
  const { pod, namespace } = workload;
  const account = pod.serviceAccountName;
  if (missing(manifests, ['ServiceAccount'], account, namespace)) yield `ServiceAccount ${account}`;
  for (const { configMap, secret, persistentVolumeClaim } of pod.volumes ?? []) {
    if (missing(manifests, ['ConfigMap'], configMap?.name, namespace)) yield `ConfigMap ${configMap?.name}`;
    if (missing(manifests, ['ExternalSecret', 'Secret'], secret?.secretName, namespace))
      yield `Secret ${secret?.secretName}`;
    const claim = persistentVolumeClaim?.claimName;
    if (missing(manifests, ['PersistentVolumeClaim'], claim, namespace))
      yield `PersistentVolumeClaim ${claim}`;
  }
  for (const { env = [], startupProbe, readinessProbe, livenessProbe } of containersOf(pod)) {
    for (const { valueFrom } of env) {
      const wanted = valueFrom?.configMapKeyRef;
      const map = manifests.of('ConfigMap').find(({ metadata }) => metadata.name === wanted?.name);
      if (missing(manifests, ['ConfigMap'], wanted?.name, namespace)) yield `ConfigMap ${wanted?.name}`;
      else if (map !== undefined && map.data?.[wanted?.key ?? ''] === undefined)
        yield `key ${wanted?.key} of ConfigMap ${wanted?.name}`;
    }
    for (const probe of [startupProbe, readinessProbe, livenessProbe]) {
      const port = probe?.httpGet?.port;
      if (port !== undefined && !portNames(workload).includes(port)) yield `port ${port} of a probe`;
    }
  }
}

function* selectorsOf(
  manifests: Manifests,
): Generator<readonly [Resource, Readonly<Record<string, string>>]> {
  for (const resource of manifests.resources) {
    const { kind, spec } = resource;
    if (kind === 'Service' && spec?.selector !== undefined) yield [resource, spec.selector];
    if (kind === 'PodDisruptionBudget') yield [resource, spec?.selector?.matchLabels ?? {}];
    if (kind === 'NetworkPolicy' && spec?.podSelector?.matchLabels !== undefined)
      yield [resource, spec.podSelector.matchLabels];
  }
}

/** Names and labels that lead nowhere: Kubernetes takes them without a word. */
export const REFERENCE_RULES: readonly Rule[] = [
  {
    id: 'dangling-selector',
    severity: 'high',
    title: 'what selects pods selects some',
    fix: 'use the labels of the pod template',
    *check(manifests) {
      const workloads = manifests.workloads();
      if (workloads.length === 0) return;
      for (const [resource, wanted] of selectorsOf(manifests)) {
        const selected = workloads.filter(
          ({ labels, namespace }) => namespace === namespaceOf(resource) && selects(wanted, labels),
        );
        if (selected.length === 0) yield [resource, `selects no pods: ${JSON.stringify(wanted)}`];
        if (resource.kind !== 'Service') continue;
        for (const { targetPort, port } of resource.spec?.ports ?? []) {
          const name = targetPort ?? port;
          const lacking = selected.find((workload) => !portNames(workload).includes(name));
          if (lacking !== undefined) yield [resource, `${nameOf(lacking.resource)} has no port ${name}`];
        }
      }
      for (const { resource, labels } of workloads) {
        const own = resource.spec?.selector?.matchLabels;
        if (own !== undefined && !selects(own, labels))
          yield [resource, 'its selector does not take its own template'];
      }
    },
  },
  {
    id: 'dangling-name',
    severity: 'high',
    title:
      'what is named is there: accounts, ConfigMaps and their keys, Secrets, claims, ports, targets of autoscalers',
    fix: 'correct the name, or add what it names',
    *check(manifests) {
      const workloads = manifests.workloads();
      for (const workload of workloads) {
        for (const what of namesOf(manifests, workload)) yield [workload.resource, `there is no ${what}`];
      }
      for (const scaler of manifests.of('HorizontalPodAutoscaler', 'VerticalPodAutoscaler')) {
        const target = scaler.spec?.scaleTargetRef ?? scaler.spec?.targetRef;
        const isThere = workloads.some(
          ({ resource, namespace }) =>
            namespace === namespaceOf(scaler) &&
            resource.kind === target?.kind &&
            resource.metadata.name === target?.name,
        );
        if (!isThere && workloads.length > 0) yield [scaler, `there is no ${target?.kind} ${target?.name}`];
      }
      for (const binding of manifests.of('RoleBinding')) {
        const { kind = '', name } = binding.roleRef ?? {};
        if (missing(manifests, [kind], name, namespaceOf(binding)))
          yield [binding, `there is no ${kind} ${name}`];
      }
    },
  },
];
