/**
 * Writes the dashboards beside this file: `npm run dashboards`. Grafana imports them as they are; each asks for its data source. A test
 * compares the files with what this would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { clusterDashboard } from './cluster.ts';
import { latencyDashboard } from './latency.ts';
import { nodesDashboard } from './nodes.ts';
import { sloDashboard } from './slo.ts';
import { venueDashboard } from './venue.ts';

const DASHBOARDS: { readonly [file: string]: () => DashboardBuilder } = {
  'venue.json': venueDashboard,
  'latency.json': latencyDashboard,
  'cluster.json': clusterDashboard,
  'nodes.json': nodesDashboard,
  'slo.json': sloDashboard,
};

/** Names of the files, and their texts as they should be. */
export function generatedDashboards(): Map<string, string> {
  return new Map(
    Object.entries(DASHBOARDS).map(([file, build]) => [
      file,
      `${JSON.stringify(numbered(build()), null, 2)}\n`,
    ]),
  );
}

/** Panels get their numbers by their order: links and alerts of Grafana name them. */
function numbered(builder: DashboardBuilder): object {
  const dashboard = builder.build();
  let id = 0;
  for (const panel of dashboard.panels ?? []) panel.id = ++id;
  return dashboard;
}

/**
 * Names of the files that are not there or not what this would write.
 * @param read the text of a file; undefined: there is none
 */
export function staleDashboards(read: (file: string) => string | undefined = readDashboard): string[] {
  return [...generatedDashboards()].filter(([file, text]) => read(file) !== text).map(([file]) => file);
}

function readDashboard(file: string): string | undefined {
  try {
    return readFileSync(join(import.meta.dirname, file), 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  for (const [file, text] of generatedDashboards()) writeFileSync(join(import.meta.dirname, file), text);
}
