import { parseByteSize } from '../byte-size.ts';
import {
  type Manifests,
  namespaceOf,
  type Probe,
  type Resource,
  selects,
  type Workload,
} from './manifests.ts';
import { podRule, type Rule } from './rule.ts';

/** Beside the pause in which load balancers look elsewhere, a node or server needs so long to bring everything to disk. */
const STOP_SECONDS = 20;
const SCALE_DOWN_SECONDS = 300;
const MEMORY_SHARE = 0.8;

const runsInTwos = ({ replicas }: Workload): boolean => replicas > 1;

function targets(workload: Workload, policies: readonly Resource[]): Resource[] {
  return policies.filter(
    (policy) =>
      namespaceOf(policy) === workload.namespace &&
      selects(policy.spec?.selector?.matchLabels, workload.labels),
  );
}

function pathOf(probe: Probe | undefined): string | undefined {
  return probe === undefined ? undefined : JSON.stringify(probe.httpGet ?? probe.exec ?? probe);
}

/** The text of each configuration of nats-servers that a workload mounts. */
function natsConfigs({ pod, namespace }: Workload, manifests: Manifests): string[] {
  const names = (pod.volumes ?? []).map(({ configMap }) => configMap?.name);
  return manifests
    .of('ConfigMap')
    .filter((map) => namespaceOf(map) === namespace && names.includes(map.metadata.name))
    .flatMap(({ data = {} }) => Object.values(data).filter((text) => /^\s*jetstream\s*\{/m.test(text)));
}

const isNats = ({ pod }: Workload): boolean =>
  (pod.containers ?? []).some(({ image = '' }) => /(^|\/)nats[:@]/.test(image));

/** What keeps a venue open while machines, zones and versions come and go. */
export const AVAILABILITY_RULES: readonly Rule[] = [
  podRule(
    {
      id: 'spread',
      severity: 'high',
      title: 'replicas are on different hosts, and in different zones where there are some',
      fix: 'topologySpreadConstraints: kubernetes.io/hostname with DoNotSchedule, and topology.kubernetes.io/zone, with the pod’s own labels',
    },
    (workload) => {
      if (!runsInTwos(workload)) return [];
      const spread = (workload.pod.topologySpreadConstraints ?? []).filter(({ labelSelector }) =>
        selects(labelSelector?.matchLabels, workload.labels),
      );
      const host = spread.find(({ topologyKey }) => topologyKey === 'kubernetes.io/hostname');
      return [
        host?.whenUnsatisfiable !== 'DoNotSchedule' && 'two of its pods may be on one host',
        !spread.some(({ topologyKey }) => topologyKey === 'topology.kubernetes.io/zone') &&
          'all of its pods may be in one zone',
      ];
    },
  ),
  podRule(
    {
      id: 'disruption-budget',
      severity: 'high',
      title: 'maintenance takes one replica at a time',
      fix: 'a PodDisruptionBudget with maxUnavailable: 1, unhealthyPodEvictionPolicy, and the pod’s labels',
    },
    (workload, manifests) => {
      if (!runsInTwos(workload)) return [];
      const budgets = targets(workload, manifests.of('PodDisruptionBudget'));
      return [
        budgets.length !== 1 && `${budgets.length} PodDisruptionBudgets take its pods`,
        ...budgets.flatMap(({ spec }) => [
          spec?.maxUnavailable !== 1 && `maxUnavailable is ${spec?.maxUnavailable ?? 'missing'}`,
          spec?.unhealthyPodEvictionPolicy === undefined && 'unhealthyPodEvictionPolicy is missing',
        ]),
      ];
    },
  ),
  podRule(
    {
      id: 'probes',
      severity: 'high',
      title:
        'startup, readiness and liveness are asked, and readiness is not liveness: an outage of the log must not restart every node',
      fix: 'startupProbe /startupz, readinessProbe /readyz, livenessProbe /healthz',
    },
    ({ pod }) =>
      (pod.containers ?? []).flatMap(({ name, startupProbe, readinessProbe, livenessProbe }) => [
        startupProbe === undefined && `container ${name} has no startupProbe`,
        readinessProbe === undefined && `container ${name} has no readinessProbe`,
        livenessProbe === undefined && `container ${name} has no livenessProbe`,
        livenessProbe !== undefined &&
          pathOf(livenessProbe) === pathOf(readinessProbe) &&
          `container ${name}: liveness and readiness ask the same`,
        livenessProbe?.httpGet?.path === '/readyz' && `container ${name}: liveness depends on the log`,
      ]),
  ),
  podRule(
    {
      id: 'drain',
      severity: 'high',
      title: 'a pod that is to go is drained, and has the time for it',
      fix: 'lifecycle.preStop (hive admin demote --drain SECONDS), and terminationGracePeriodSeconds at least 20 s longer',
    },
    (workload, manifests) => {
      const { pod } = workload;
      const grace = pod.terminationGracePeriodSeconds ?? 30;
      const stops = (pod.containers ?? []).map(({ lifecycle }) => JSON.stringify(lifecycle?.preStop ?? null));
      const pauses = [
        ...stops.map((text) => Number(/"--drain","(\d+)"/.exec(text)?.[1] ?? 0)),
        ...natsConfigs(workload, manifests).map(
          (text) =>
            Number(/lame_duck_duration:\s*"?(\d+)s/.exec(text)?.[1] ?? 120) +
            Number(/lame_duck_grace_period:\s*"?(\d+)s/.exec(text)?.[1] ?? 10),
        ),
      ];
      const needed = Math.max(...pauses, 0) + STOP_SECONDS;
      return [
        runsInTwos(workload) && stops.includes('null') && 'no preStop',
        grace < needed && `terminationGracePeriodSeconds is ${grace}, drain and stop take ${needed}`,
      ];
    },
  ),
  {
    id: 'stateful',
    severity: 'high',
    title: 'each nats-server has a name and a disk of its own, and all start at once',
    fix: 'a StatefulSet with podManagementPolicy: Parallel, volumeClaimTemplates, and a headless Service with publishNotReadyAddresses: true',
    *check(manifests) {
      for (const workload of manifests.workloads().filter(isNats)) {
        const { resource, namespace } = workload;
        const { spec = {} } = resource;
        if (resource.kind !== 'StatefulSet') yield [resource, `nats-servers in a ${resource.kind}`];
        if (spec.podManagementPolicy !== 'Parallel') yield [resource, 'podManagementPolicy is not Parallel'];
        if ((spec.volumeClaimTemplates ?? []).length === 0) yield [resource, 'no volumeClaimTemplates'];
        const service = manifests
          .of('Service')
          .find((one) => one.metadata.name === spec.serviceName && namespaceOf(one) === namespace);
        if (service?.spec?.clusterIP !== 'None')
          yield [resource, `Service ${spec.serviceName ?? ''} is not headless`];
        if (service?.spec?.publishNotReadyAddresses !== true) {
          yield [resource, `Service ${spec.serviceName ?? ''} hides servers that are not ready`];
        }
      }
    },
  },
  podRule(
    {
      id: 'nats-resources',
      severity: 'medium',
      title: 'nats-servers get what they ask for, and know how much memory that is',
      fix: 'requests equal to limits, and GOMEMLIMIT at four fifths of the memory limit',
    },
    (workload) => {
      if (!isNats(workload)) return [];
      return (workload.pod.containers ?? []).flatMap(
        ({ resources: { requests = {}, limits = {} } = {}, env = [] }) => {
          const bytes = (text = ''): number => parseByteSize(text.replace(/^(\d+)([KMGT]i)$/, '$1$2B')) ?? 0;
          const share = bytes(env.find(({ name }) => name === 'GOMEMLIMIT')?.value) / bytes(limits['memory']);
          return [
            ...['cpu', 'memory'].map(
              (name) => requests[name] !== limits[name] && `request and limit for ${name} differ`,
            ),
            !(Math.abs(share - MEMORY_SHARE) < 0.05) && 'GOMEMLIMIT is not four fifths of the memory limit',
          ];
        },
      );
    },
  ),
  podRule(
    {
      id: 'sync-always',
      severity: 'critical',
      title: 'nats-servers acknowledge only what is on the disk',
      fix: 'jetstream { sync_interval: always }',
    },
    (workload, manifests) =>
      natsConfigs(workload, manifests).map(
        (text) =>
          !/sync_interval:\s*"?always/.test(text) &&
          'sync_interval is not always: acknowledged orders can be lost',
      ),
  ),
  {
    id: 'autoscaler',
    severity: 'medium',
    title: 'the autoscaler adds at once, removes slowly, and keeps three',
    fix: 'autoscaling/v2, minReplicas: 3, behavior.scaleUp.stabilizationWindowSeconds: 0, scaleDown 300 or more, CPU and a metric of its own',
    *check(manifests) {
      for (const scaler of manifests.of('HorizontalPodAutoscaler')) {
        const { spec = {}, apiVersion } = scaler;
        const { scaleUp = {}, scaleDown = {} } = spec.behavior ?? {};
        if (apiVersion !== 'autoscaling/v2') yield [scaler, `apiVersion ${apiVersion}`];
        if ((spec.minReplicas ?? 1) < 3) yield [scaler, `minReplicas is ${spec.minReplicas ?? 1}`];
        if ((spec.maxReplicas ?? 0) <= (spec.minReplicas ?? 1)) yield [scaler, 'maxReplicas leaves no room'];
        if ((scaleUp.stabilizationWindowSeconds ?? 0) !== 0) yield [scaler, 'it waits before it adds'];
        if ((scaleDown.stabilizationWindowSeconds ?? SCALE_DOWN_SECONDS) < SCALE_DOWN_SECONDS)
          yield [scaler, 'it removes in haste'];
        if (!(spec.metrics ?? []).some(({ type }) => type !== 'Resource'))
          yield [scaler, 'it knows nothing of sessions, only of CPU'];
        const recommender = manifests
          .of('VerticalPodAutoscaler')
          .find(({ spec: other }) => other?.targetRef?.name === spec.scaleTargetRef?.name);
        const mode = recommender?.spec?.updatePolicy?.updateMode ?? 'Auto';
        if (recommender !== undefined && mode !== 'Off')
          yield [recommender, `updateMode ${mode} works against ${scaler.metadata.name}`];
      }
    },
  },
];
