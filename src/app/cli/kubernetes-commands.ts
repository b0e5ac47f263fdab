import { Command, Option } from 'commander';
import { counted } from '#lib/counted.ts';
import type { Finding } from '../kubernetes/rule.ts';
import { CliError } from './cli-error.ts';
import { ExitCode } from './exit-codes.ts';
import type { Output } from './output.ts';

interface ScanOptions {
  readonly namespace?: string;
  readonly context?: string;
  readonly standard: string;
}

const EXIT_STATUS = { info: 0, low: 11, medium: 12, high: 13, critical: 14 } as const;
const EXIT_TEXT = `
Exit status by the worst finding: 0 none, 11 low, 12 medium, 13 high, 14 critical; 1 kubectl or a file cannot be read, 2 wrong usage.
Reads FILES and folders (- is standard input), or with --namespace what runs there, by kubectl and your own rights. Secrets are never read.`;

/** `hive kubernetes`: judges manifests; also as `kubectl security-scan` and `kubectl compliance-check`. */
export function kubernetesCommands(output: () => Output): Command {
  const kubernetes = new Command('kubernetes').description('judge how a venue is deployed on Kubernetes');
  const add = (name: string, description: string): Command => {
    const command = new Command(name)
      .description(description)
      .argument('[files...]', 'manifests')
      .option('-n, --namespace <name>', 'a namespace that lives, instead of files')
      .option('--context <name>', 'of kubectl: which cluster')
      .addHelpText('after', EXIT_TEXT);
    kubernetes.addCommand(command);
    return command;
  };
  add('security-scan', 'find what lets somebody in, or further in').action(
    async (files: readonly string[], options: ScanOptions) => {
      const { findings } = await import('../kubernetes/rule.ts');
      const { SECURITY_RULES } = await import('../kubernetes/standards.ts');
      const found = findings(SECURITY_RULES, await manifestsOf(files, options));
      output().result({ event: 'security-scan', rules: SECURITY_RULES.length, findings: found }, () =>
        [...found.map(textOf), `${counted(found.length, 'finding')} by ${SECURITY_RULES.length} rules`].join(
          '\n',
        ),
      );
      end(found);
    },
  );
  add('compliance-check', 'judge by the controls of a standard')
    .addOption(
      new Option('--standard <name>', 'which one').choices(['financial-grade']).default('financial-grade'),
    )
    .action(async (files: readonly string[], options: ScanOptions) => {
      const { judge, STANDARDS } = await import('../kubernetes/standards.ts');
      const controls = judge(STANDARDS[options.standard], await manifestsOf(files, options));
      const passed = controls.filter((control) => control.passed).length;
      output().result({ event: 'compliance-check', standard: options.standard, passed, controls }, () =>
        [
          ...controls.flatMap((control) => [
            `${control.passed ? 'pass' : 'FAIL'}  ${control.id}  ${control.title}`,
            ...control.findings.map((finding) => textOf(finding).replaceAll(/^/gm, '      ')),
          ]),
          `${options.standard}: ${passed} of ${controls.length} controls pass`,
        ].join('\n'),
      );
      end(controls.flatMap(({ findings }) => findings));
    });
  return kubernetes;
}

async function manifestsOf(files: readonly string[], { namespace, context }: ScanOptions) {
  const { liveManifests, readManifests } = await import('../kubernetes/manifests.ts');
  if (files.length > 0 === (namespace !== undefined)) {
    throw new CliError(ExitCode.Usage, 'name either manifest files or a --namespace');
  }
  return namespace === undefined ? readManifests(files) : liveManifests(namespace, context);
}

function textOf({ rule, severity, resource, evidence, fix }: Finding): string {
  return `${severity.padEnd(8)}  ${resource}  ${evidence}  [${rule}]\n          fix: ${fix}`;
}

/** Tells the worst severity by the exit status. */
function end(found: readonly Finding[]): void {
  process.exitCode = Math.max(0, ...found.map(({ severity }) => EXIT_STATUS[severity]));
}
