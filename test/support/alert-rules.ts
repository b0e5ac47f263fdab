import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export const MONITORING = join(import.meta.dirname, '../../monitoring');
export const RULES_FILE = join(MONITORING, 'alerting/prometheus-rules.yaml');
export const RULE_TESTS_FILE = join(MONITORING, 'alerting/prometheus-rules.test.yaml');

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: { readonly severity?: string; readonly team?: string };
  readonly annotations?: {
    readonly summary?: string;
    readonly description?: string;
    readonly runbook_url?: string;
  };
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export interface RuleGroup {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly (AlertRule | RecordingRule)[];
}

export interface RuleFile {
  readonly groups: readonly RuleGroup[];
}

/** promtool's unit tests, as far as they are read here. */
export interface RuleTestFile {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly object[];
    }[];
  }[];
}

export function readRules(): RuleFile {
  return parse(readFileSync(RULES_FILE, 'utf8')) as RuleFile;
}

export function alertsOf({ groups }: RuleFile): AlertRule[] {
  return groups.flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule));
}

/** Names of what the rules record. */
export function recordedBy({ groups }: RuleFile): Set<string> {
  return new Set(
    groups.flatMap(({ rules }) => rules.flatMap((rule) => ('record' in rule ? [rule.record] : []))),
  );
}
