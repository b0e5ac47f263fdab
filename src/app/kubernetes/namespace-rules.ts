import { type Manifests, namespaceOf, type Resource, selects } from './manifests.ts';
import type { Rule } from './rule.ts';

/** A key, or a password that is not the name of a variable or a file. */
const WRITTEN_SECRET =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(password|secret|token|api_?key)\s*[:=]\s*["']?(?![$/{\s"'])[^\s"']{4,}/i;
/** Of StorageClass parameters, among drivers. */
const ENCRYPTED =
  /^(encrypted|encryption|encryptintransit|disk-encryption-kms-key|diskencryptionsetid|kmskeyid)$/i;

/** One thing about each namespace that has pods, with a workload as its witness. */
function* eachNamespace(manifests: Manifests): Generator<readonly [namespace: string, witness: Resource]> {
  const seen = new Map(manifests.workloads().map(({ namespace, resource }) => [namespace, resource]));
  yield* seen;
}

/** What surrounds pods: namespace, rights, network, secrets, storage. */
export const NAMESPACE_RULES: readonly Rule[] = [
  {
    id: 'pod-security',
    severity: 'high',
    title: 'the namespace enforces, audits and warns by Kubernetes’ restricted pod security',
    fix: 'labels pod-security.kubernetes.io/enforce, /audit and /warn: restricted',
    *check(manifests) {
      for (const namespace of manifests.of('Namespace')) {
        for (const mode of ['enforce', 'audit', 'warn']) {
          const value = namespace.metadata.labels?.[`pod-security.kubernetes.io/${mode}`];
          if (value !== 'restricted') yield [namespace, `${mode} is ${value ?? 'missing'}`];
        }
      }
    },
  },
  {
    id: 'quota',
    severity: 'medium',
    title: 'the namespace has a ResourceQuota and a LimitRange',
    fix: 'a ResourceQuota with limits.cpu and limits.memory, and a LimitRange with defaults',
    *check(manifests) {
      for (const namespace of manifests.of('Namespace')) {
        for (const kind of ['ResourceQuota', 'LimitRange']) {
          const has = manifests
            .of(kind)
            .some((resource) => namespaceOf(resource) === namespace.metadata.name);
          if (!has) yield [namespace, `no ${kind}`];
        }
      }
    },
  },
  {
    id: 'rbac',
    severity: 'high',
    title: 'roles name what they allow, and nobody reads Secrets or becomes somebody else',
    fix: 'list apiGroups, resources and verbs; no "*", no secrets, no escalate, bind or impersonate, no cluster-admin',
    *check(manifests) {
      for (const role of manifests.of('Role', 'ClusterRole')) {
        for (const { apiGroups = [], resources = [], verbs = [] } of role.rules ?? []) {
          const all = [...apiGroups, ...resources, ...verbs];
          if (all.includes('*')) yield [role, `a wildcard: ${resources.join(', ')}: ${verbs.join(', ')}`];
          if (resources.includes('secrets')) yield [role, `secrets: ${verbs.join(', ')}`];
          const power = verbs.find((verb) => ['escalate', 'bind', 'impersonate'].includes(verb));
          if (power !== undefined) yield [role, `the verb ${power}`];
        }
      }
      for (const binding of manifests.of('RoleBinding', 'ClusterRoleBinding')) {
        const name = binding.roleRef?.name ?? '';
        if (['cluster-admin', 'admin', 'edit'].includes(name)) yield [binding, `binds ${name}`];
      }
    },
  },
  {
    id: 'default-deny',
    severity: 'high',
    title: 'a namespace’s pods reach nobody and are reached by nobody unless a policy says so',
    fix: 'a NetworkPolicy with podSelector: {} and policyTypes: [Ingress, Egress] and nothing else, and one that allows DNS',
    *check(manifests) {
      for (const [namespace, witness] of eachNamespace(manifests)) {
        const policies = manifests.of('NetworkPolicy').filter((policy) => namespaceOf(policy) === namespace);
        const deny = (type: string): boolean =>
          policies.some(
            ({ spec = {} }) =>
              Object.keys(spec.podSelector?.matchLabels ?? {}).length === 0 &&
              (spec.policyTypes ?? []).includes(type) &&
              (type === 'Ingress' ? spec.ingress : spec.egress) === undefined,
          );
        for (const type of ['Ingress', 'Egress']) {
          if (!deny(type)) yield [witness, `namespace ${namespace} has no default deny for ${type}`];
        }
        const hasDns = policies.some(({ spec }) =>
          (spec?.egress ?? []).some(({ ports = [] }) => ports.some(({ port }) => port === 53)),
        );
        if (!hasDns) yield [witness, `namespace ${namespace} does not allow DNS`];
      }
    },
  },
  {
    id: 'open-flow',
    severity: 'high',
    title: 'a policy that allows a flow names its ports and its peer',
    fix: 'from or to with a podSelector, namespaceSelector or ipBlock, and ports',
    *check(manifests) {
      for (const policy of manifests.of('NetworkPolicy')) {
        const { ingress = [], egress = [] } = policy.spec ?? {};
        for (const { from = [], ports = [] } of ingress) {
          if (from.length === 0 || ports.length === 0)
            yield [policy, 'an ingress rule without from or without ports'];
        }
        for (const { to = [], ports = [] } of egress) {
          if (to.length === 0 || ports.length === 0)
            yield [policy, 'an egress rule without to or without ports'];
        }
      }
    },
  },
  {
    id: 'no-policy',
    severity: 'medium',
    title: 'every workload is the subject of a policy of its own',
    fix: 'a NetworkPolicy whose podSelector takes the pod’s labels',
    *check(manifests) {
      const workloads = manifests.workloads();
      for (const { resource, namespace, labels } of workloads) {
        const has = manifests.of('NetworkPolicy').some((policy) => {
          const wanted = policy.spec?.podSelector?.matchLabels ?? {};
          // One that takes everything here says nothing about this one.
          const isForAll = workloads.length > 1 && workloads.every((other) => selects(wanted, other.labels));
          return namespaceOf(policy) === namespace && !isForAll && selects(wanted, labels);
        });
        if (!has) yield [resource, 'no NetworkPolicy takes its pods by their labels'];
      }
    },
  },
  {
    id: 'plaintext-secret',
    severity: 'critical',
    title: 'no secret is written in a manifest',
    fix: 'an ExternalSecret (external-secrets.io/v1) that brings it from a store; replace the secret that was written',
    *check(manifests) {
      for (const secret of manifests.of('Secret')) {
        const keys = Object.keys({ ...secret.data, ...secret.stringData });
        if (keys.length > 0) yield [secret, `holds ${keys.join(', ')}`];
      }
      for (const map of manifests.of('ConfigMap')) {
        for (const [key, text] of Object.entries(map.data ?? {})) {
          const found = WRITTEN_SECRET.exec(text);
          if (found !== null) yield [map, `${key} has a ${found[1] ?? 'private key'} in it`];
        }
      }
      for (const external of manifests.of('ExternalSecret')) {
        if (external.apiVersion !== 'external-secrets.io/v1')
          yield [external, `apiVersion ${external.apiVersion} is not served any more`];
      }
    },
  },
  {
    id: 'encrypted-volumes',
    severity: 'high',
    title: 'volumes are encrypted',
    fix: 'a StorageClass whose parameters say so: encrypted: "true" for AWS, or what your driver calls it',
    *check(manifests) {
      const classes = manifests.of('StorageClass');
      for (const one of classes) {
        const says = Object.entries(one.parameters ?? {}).some(
          ([key, value]) => ENCRYPTED.test(key) && value !== 'false',
        );
        if (!says) yield [one, 'no parameter says that it encrypts'];
      }
      if (classes.length === 0) return;
      for (const claim of manifests.of('PersistentVolumeClaim')) {
        const name = claim.spec?.storageClassName;
        if (!classes.some(({ metadata }) => metadata.name === name))
          yield [claim, `storageClassName ${name ?? 'missing'} is none of these`];
      }
    },
  },
];
