import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

type Labels = { readonly [name: string]: string };

/** The parts of Kubernetes' objects that rules look at. Everything may be missing: what is checked was written by people. */
export interface LabelSelector {
  readonly matchLabels?: Labels;
}

export interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly runAsUser?: number;
  readonly privileged?: boolean;
  readonly allowPrivilegeEscalation?: boolean;
  readonly readOnlyRootFilesystem?: boolean;
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  readonly seccompProfile?: { readonly type?: string };
}

export interface Probe {
  readonly httpGet?: { readonly path?: string; readonly port?: string | number };
  readonly exec?: { readonly command?: readonly string[] };
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: {
      readonly secretKeyRef?: { readonly name?: string; readonly key?: string };
      readonly configMapKeyRef?: { readonly name?: string; readonly key?: string };
    };
  }[];
  readonly envFrom?: readonly { readonly secretRef?: { readonly name?: string } }[];
  readonly ports?: readonly {
    readonly name?: string;
    readonly containerPort: number;
    readonly hostPort?: number;
  }[];
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels };
  readonly securityContext?: SecurityContext;
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
  readonly startupProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
  readonly lifecycle?: { readonly preStop?: object };
}

export interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name?: string };
  readonly secret?: { readonly secretName?: string };
  readonly persistentVolumeClaim?: { readonly claimName?: string };
  readonly [kind: string]: unknown;
}

export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly terminationGracePeriodSeconds?: number;
  readonly securityContext?: SecurityContext;
  readonly initContainers?: readonly Container[];
  readonly containers?: readonly Container[];
  readonly volumes?: readonly Volume[];
  readonly topologySpreadConstraints?: readonly {
    readonly topologyKey?: string;
    readonly whenUnsatisfiable?: string;
    readonly labelSelector?: LabelSelector;
  }[];
}

interface Peer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
}

interface Flow {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port?: string | number }[];
}

export interface Spec {
  readonly replicas?: number;
  readonly selector?: LabelSelector & Labels;
  readonly template?: { readonly metadata?: { readonly labels?: Labels }; readonly spec?: PodSpec };
  readonly jobTemplate?: { readonly spec?: { readonly template?: Spec['template'] } };
  readonly serviceName?: string;
  readonly podManagementPolicy?: string;
  readonly volumeClaimTemplates?: readonly { readonly spec?: { readonly storageClassName?: string } }[];
  readonly storageClassName?: string;
  readonly clusterIP?: string;
  readonly publishNotReadyAddresses?: boolean;
  readonly type?: string;
  readonly ports?: readonly {
    readonly name?: string;
    readonly port: number;
    readonly targetPort?: string | number;
  }[];
  readonly podSelector?: LabelSelector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly Flow[];
  readonly egress?: readonly Flow[];
  readonly maxUnavailable?: number | string;
  readonly minAvailable?: number | string;
  readonly unhealthyPodEvictionPolicy?: string;
  readonly scaleTargetRef?: { readonly kind?: string; readonly name?: string };
  readonly targetRef?: { readonly kind?: string; readonly name?: string };
  readonly updatePolicy?: { readonly updateMode?: string };
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly metrics?: readonly { readonly type?: string }[];
  readonly behavior?: {
    readonly scaleUp?: { readonly stabilizationWindowSeconds?: number };
    readonly scaleDown?: { readonly stabilizationWindowSeconds?: number };
  };
  readonly target?: { readonly name?: string };
}

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Labels;
    readonly ownerReferences?: readonly object[];
  };
  readonly spec?: Spec;
  readonly data?: Labels;
  readonly stringData?: Labels;
  readonly parameters?: Labels;
  readonly mountOptions?: readonly string[];
  readonly reclaimPolicy?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly rules?: readonly {
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
    readonly verbs?: readonly string[];
  }[];
  readonly roleRef?: { readonly kind?: string; readonly name?: string };
}

/** What runs pods, and what its pods are like. */
export interface Workload {
  readonly resource: Resource;
  readonly namespace: string;
  readonly labels: Labels;
  readonly pod: PodSpec;
  readonly replicas: number;
}

/** Neither a file nor kubectl gave manifests. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
  readonly code = 'NO_MANIFESTS';
}

/** Kinds that are read from a namespace that lives. Secrets are not: nobody who scans needs to see them. */
const LIVE_KINDS = [
  'deployments.apps,statefulsets.apps,daemonsets.apps,pods,services,serviceaccounts,configmaps,persistentvolumeclaims',
  'networkpolicies.networking.k8s.io,poddisruptionbudgets.policy,horizontalpodautoscalers.autoscaling',
  'roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io,resourcequotas,limitranges',
];
/** Where these are not installed, or may not be read, what depends on them is not judged. */
const OPTIONAL_KINDS = ['verticalpodautoscalers.autoscaling.k8s.io', 'externalsecrets.external-secrets.io'];
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

/** Resources that are checked together: references are looked for among them. */
export class Manifests {
  declare readonly resources: readonly Resource[];

  constructor(resources: readonly Resource[]) {
    this.resources = resources;
  }

  of(...kinds: readonly string[]): Resource[] {
    return this.resources.filter(({ kind }) => kinds.includes(kind));
  }

  /** Everything that runs pods; a pod that something else made is that one's. */
  workloads(): Workload[] {
    return this.resources.flatMap((resource) => {
      const { kind, spec, metadata } = resource;
      const template = kind === 'CronJob' ? spec?.jobTemplate?.spec?.template : spec?.template;
      const isPod = kind === 'Pod' && (metadata.ownerReferences ?? []).length === 0;
      const pod = isPod ? (spec as PodSpec) : template?.spec;
      if (pod === undefined || kind === 'ReplicaSet') return [];
      return [
        {
          resource,
          namespace: namespaceOf(resource),
          labels: (isPod ? metadata.labels : template?.metadata?.labels) ?? {},
          pod,
          replicas: ['Deployment', 'StatefulSet'].includes(kind) ? (spec?.replicas ?? 1) : 1,
        },
      ];
    });
  }
}

export function namespaceOf({ metadata }: Resource): string {
  return metadata.namespace ?? 'default';
}

/** As messages name it. */
export function nameOf({ kind, metadata }: Resource): string {
  return `${kind}/${metadata.name}`;
}

export function containersOf(pod: PodSpec): readonly Container[] {
  return [...(pod.initContainers ?? []), ...(pod.containers ?? [])];
}

/** Whether labels are what a selector wants. One that wants nothing takes all. */
export function selects(wanted: Labels | undefined, labels: Labels): boolean {
  return Object.entries(wanted ?? {}).every(([name, value]) => labels[name] === value);
}

/** Reads manifests from files and folders; `-` is standard input. Kustomizations are passed over. @throws ManifestError */
export function readManifests(paths: readonly string[]): Manifests {
  const resources = paths.flatMap((path) => filesOf(path).flatMap((file) => readFile(file)));
  if (resources.length === 0) throw new ManifestError(`there are no manifests in ${paths.join(', ')}`);
  return new Manifests(resources);
}

/** Asks kubectl for what is in a namespace. @throws ManifestError with what kubectl says */
export function liveManifests(namespace: string, context: string | undefined): Manifests {
  const place = context === undefined ? [] : ['--context', context];
  const ask = (...args: string[]): Resource[] => {
    const text = execFileSync('kubectl', [...place, ...args, '--output', 'json'], {
      encoding: 'utf8',
      maxBuffer: OUTPUT_BYTES_MAX,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return flat(JSON.parse(text));
  };
  try {
    const resources = [
      ...ask('get', 'namespace', namespace),
      ...LIVE_KINDS.flatMap((kinds) => ask('get', kinds, '--namespace', namespace)),
    ];
    for (const kind of OPTIONAL_KINDS) {
      try {
        resources.push(...ask('get', kind, '--namespace', namespace));
      } catch {
        // Not installed here, or not to be read by this user.
      }
    }
    return new Manifests(resources);
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? (error as Error).message).trim();
    throw new ManifestError(
      `kubectl does not show namespace ${namespace}: ${said}. Check the context, or name manifest files`,
      { cause: error },
    );
  }
}

function filesOf(path: string): string[] {
  if (path === '-') return ['/dev/stdin'];
  try {
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((name) => /\.(ya?ml|json)$/.test(name) && !/^kustomization\./.test(name))
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw new ManifestError(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function readFile(file: string): Resource[] {
  return parseAllDocuments(readFileSync(file, 'utf8')).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw new ManifestError(`${file} is no YAML: ${error.message}`);
    return flat(document.toJS());
  });
}

/** A list is what is in it. */
function flat(value: unknown): Resource[] {
  const resource = value as (Resource & { items?: readonly Resource[] }) | null;
  if (resource === null) return [];
  if (resource.kind?.endsWith('List')) return (resource.items ?? []).flatMap(flat);
  return resource.kind === undefined || resource.metadata === undefined ? [] : [resource];
}
