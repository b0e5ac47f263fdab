import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PACKAGES = join(import.meta.dirname, '../../.cache/prometheus');
const PROGRAMS = join(PACKAGES, 'usr/bin');
/** Debian's build reads its default templates from here and from nowhere else. */
const DEFAULT_TEMPLATES = '/usr/share/prometheus/alertmanager/default.tmpl';
const NAMES = ['prometheus', 'promtool', 'prometheus-alertmanager', 'amtool'] as const;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const run = promisify(execFile);

export type Program = (typeof NAMES)[number];

/** Why Prometheus, Alertmanager and their tools cannot be had; undefined: they can. */
export function whyNoPrometheus(): string | undefined {
  const missing = NAMES.find((name) => !existsSync(programPath(name)));
  return missing === undefined ? undefined : `no ${missing}: scripts/install-prometheus.sh fetches it`;
}

/**
 * What the command line of a server begins with: where the templates are not installed, a namespace in which the unpacked packages' /usr/share is the
 * machine's.
 */
export function serverCommand(program: Program): string[] {
  if (existsSync(DEFAULT_TEMPLATES)) return [programPath(program)];
  const script = 'mount --bind "$0/usr/share" /usr/share && exec "$@"';
  return ['unshare', '--map-root-user', '--mount', 'sh', '-c', script, PACKAGES, programPath(program)];
}

/** Why Alertmanager cannot be started here; undefined: it can. */
export function whyNoAlertmanager(): string | undefined {
  const missing = whyNoPrometheus();
  if (missing !== undefined) return missing;
  const [command, ...parameters] = [...serverCommand('prometheus-alertmanager'), '--version'];
  const { status, stderr } = spawnSync(command, parameters, { encoding: 'utf8' });
  return status === 0 ? undefined : `Alertmanager does not start: ${stderr?.trim()}`;
}

export function programPath(program: Program): string {
  return join(PROGRAMS, program);
}

/** What a tool printed, and whether it ended with 0. */
export interface ToolResult {
  readonly isGood: boolean;
  readonly stdout: string;
  /** Of both kinds. */
  readonly output: string;
}

/** Runs promtool or amtool to its end. */
export async function runTool(program: Program, ...parameters: string[]): Promise<ToolResult> {
  try {
    const { stdout, stderr } = await run(programPath(program), parameters, { maxBuffer: OUTPUT_BYTES_MAX });
    return { isGood: true, stdout, output: stdout + stderr };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { isGood: false, stdout, output: stdout + stderr };
  }
}
