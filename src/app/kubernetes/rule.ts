import {
  type Container,
  containersOf,
  type Manifests,
  nameOf,
  type Resource,
  type Workload,
} from './manifests.ts';

/** From what a person should read some day to what lets somebody in. */
export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Something that a rule found. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** Kind and name. */
  readonly resource: string;
  /** What the manifest says, or lacks. */
  readonly evidence: string;
  /** What to write instead. */
  readonly fix: string;
}

/** One thing that must hold. */
export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  /** What must hold. */
  readonly title: string;
  readonly fix: string;
  /** What speaks against it: the resource, and the evidence. */
  check(manifests: Manifests): Iterable<readonly [Resource, string]>;
}

/** A rule about each workload's pods: `check` says what speaks against it. */
export function podRule(
  rule: Omit<Rule, 'check'>,
  check: (workload: Workload, manifests: Manifests) => readonly (string | undefined | false)[],
): Rule {
  return {
    ...rule,
    *check(manifests) {
      for (const workload of manifests.workloads()) {
        for (const evidence of check(workload, manifests)) {
          if (typeof evidence === 'string') yield [workload.resource, evidence];
        }
      }
    },
  };
}

/** A rule about each container, init containers too. */
export function containerRule(
  rule: Omit<Rule, 'check'>,
  check: (container: Container, workload: Workload) => readonly (string | undefined | false)[],
): Rule {
  return podRule(rule, (workload) =>
    containersOf(workload.pod).flatMap((container) =>
      check(container, workload).map((evidence) =>
        typeof evidence === 'string' ? `container ${container.name}: ${evidence}` : undefined,
      ),
    ),
  );
}

/** Everything that the rules find, the worst first. */
export function findings(rules: readonly Rule[], manifests: Manifests): Finding[] {
  const found = rules.flatMap((rule) =>
    [...rule.check(manifests)].map(([resource, evidence]): Finding => {
      const { id, severity, fix } = rule;
      return { rule: id, severity, resource: nameOf(resource), evidence, fix };
    }),
  );
  return found.sort((a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity));
}
