import { containerRule, podRule, type Rule } from './rule.ts';

/** Kinds of volumes that Kubernetes' restricted pods may have. */
const VOLUMES = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const DIGEST = /@sha256:[0-9a-f]{64}$/;

/** What pods may be and do. */
export const POD_RULES: readonly Rule[] = [
  containerRule(
    {
      id: 'run-as-non-root',
      severity: 'critical',
      title: 'containers run as a numbered user that is not root',
      fix: 'securityContext: { runAsNonRoot: true, runAsUser: 65532 }',
    },
    ({ securityContext: own = {} }, { pod: { securityContext: shared = {} } }) => {
      const user = own.runAsUser ?? shared.runAsUser;
      return [
        (own.runAsNonRoot ?? shared.runAsNonRoot) !== true && 'runAsNonRoot is not true',
        (user === undefined || user === 0) && `runAsUser is ${user ?? 'missing'}`,
      ];
    },
  ),
  containerRule(
    {
      id: 'no-privileges',
      severity: 'critical',
      title: 'containers have no privileges and get none',
      fix: 'securityContext: { privileged: false, allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }',
    },
    ({ securityContext: { privileged, allowPrivilegeEscalation, capabilities = {} } = {} }) => [
      privileged === true && 'privileged: true',
      allowPrivilegeEscalation !== false && 'allowPrivilegeEscalation is not false',
      !(capabilities.drop ?? []).includes('ALL') && 'capabilities.drop lacks ALL',
      (capabilities.add ?? []).some((name) => name !== 'NET_BIND_SERVICE') &&
        `adds ${capabilities.add?.join(', ')}`,
    ],
  ),
  containerRule(
    {
      id: 'seccomp',
      severity: 'high',
      title: 'system calls are filtered',
      fix: 'securityContext: { seccompProfile: { type: RuntimeDefault } }',
    },
    ({ securityContext: own = {} }, { pod }) => {
      const type = own.seccompProfile?.type ?? pod.securityContext?.seccompProfile?.type;
      return [type !== 'RuntimeDefault' && type !== 'Localhost' && `seccompProfile is ${type ?? 'missing'}`];
    },
  ),
  podRule(
    {
      id: 'no-host',
      severity: 'critical',
      title: 'pods have nothing of their host: no namespaces, ports or paths',
      fix: 'remove hostNetwork, hostPID, hostIPC, hostPort and hostPath; use a Service and a PersistentVolumeClaim',
    },
    ({ pod }) => [
      pod.hostNetwork === true && 'hostNetwork: true',
      pod.hostPID === true && 'hostPID: true',
      pod.hostIPC === true && 'hostIPC: true',
      ...(pod.volumes ?? []).map((volume) => {
        const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'emptyDir';
        return !VOLUMES.includes(kind) && `volume ${volume.name} is of kind ${kind}`;
      }),
      ...(pod.containers ?? []).flatMap(({ ports = [] }) =>
        ports.map(({ hostPort }) => hostPort !== undefined && `hostPort: ${hostPort}`),
      ),
    ],
  ),
  containerRule(
    {
      id: 'read-only-root',
      severity: 'high',
      title: 'the root file system cannot be written',
      fix: 'securityContext: { readOnlyRootFilesystem: true }, and an emptyDir at /tmp',
    },
    ({ securityContext }) => [
      securityContext?.readOnlyRootFilesystem !== true && 'readOnlyRootFilesystem is not true',
    ],
  ),
  podRule(
    {
      id: 'own-account',
      severity: 'high',
      title: 'pods have a service account of their own, and no token of it',
      fix: 'serviceAccountName: NAME-OF-ITS-OWN and automountServiceAccountToken: false',
    },
    ({ pod }) => [
      (pod.serviceAccountName ?? 'default') === 'default' && 'runs as the service account default',
      pod.automountServiceAccountToken !== false && 'automountServiceAccountToken is not false',
    ],
  ),
  containerRule(
    {
      id: 'resources',
      severity: 'medium',
      title: 'every container says what it needs and what it gets at most',
      fix: 'resources: { requests: { cpu, memory }, limits: { cpu, memory } }',
    },
    ({ resources: { requests = {}, limits = {} } = {} }) => [
      ...['cpu', 'memory'].map((name) => requests[name] === undefined && `no request for ${name}`),
      ...['cpu', 'memory'].map((name) => limits[name] === undefined && `no limit for ${name}`),
    ],
  ),
  containerRule(
    {
      id: 'image-digest',
      severity: 'high',
      title: 'images are named by digest',
      fix: 'image: REGISTRY/NAME@sha256:DIGEST, as the release says it',
    },
    ({ image = '' }) => [!DIGEST.test(image) && `image ${image || 'missing'}`],
  ),
  containerRule(
    {
      id: 'secrets-as-files',
      severity: 'high',
      title: 'secrets are files, not environment variables',
      fix: 'mount the Secret below /run/secrets, and name the file in the configuration (passwordFile, tls.key)',
    },
    ({ env = [], envFrom = [] }) => [
      ...env.map(
        ({ name, valueFrom }) => valueFrom?.secretKeyRef !== undefined && `env ${name} comes from a Secret`,
      ),
      ...env.map(
        ({ name, value }) =>
          /PASSWORD|SECRET|TOKEN|PRIVATE/.test(name) && value !== undefined && `env ${name} is written out`,
      ),
      ...envFrom.map(
        ({ secretRef }) => secretRef !== undefined && `all of Secret ${secretRef.name} is in the environment`,
      ),
    ],
  ),
];
