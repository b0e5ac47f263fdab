/**
 * Writes deployment/kubernetes/overlays/ from the files above it: `npx node scripts/kubernetes/overlays.ts`; with `--check` it only says whether they are
 * current. Text is copied, comments and all, so that an overlay reads as its origin does.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const FOLDER = join(import.meta.dirname, '../../deployment/kubernetes');

interface Kustomization {
  readonly resources: readonly string[];
}

interface Resource {
  readonly metadata: { readonly labels: { readonly [name: string]: string } };
}

type Edit = readonly [from: string | RegExp, to: string];

interface Overlay {
  readonly about: string;
  /** Values of hive-mind/scope that belong to it. */
  readonly scopes: readonly string[];
  readonly edits: readonly Edit[];
}

const SECOND_REGION: readonly Edit[] = [
  ['domain: first', 'domain: second'],
  [
    /leafnodes \{\n {6}listen: 0\.0\.0\.0:7422\n/,
    `leafnodes {
      listen: 0.0.0.0:7422
      # With the password in it: from the secret. Entries cross by the mirror only.
      remotes: [
        {
          url: $HIVE_FIRST_REGION_URL
          deny_imports: ["HIVE.entries"]
          deny_exports: ["HIVE.entries"]
          tls { ca_file: /run/secrets/nats/ca.crt, cert_file: /run/secrets/nats/tls.crt, key_file: /run/secrets/nats/tls.key }
        }
      ]
`,
  ],
  [
    'HIVE_REGION_PASSWORD: "{{ .region }}"\n',
    'HIVE_REGION_PASSWORD: "{{ .region }}"\n          HIVE_FIRST_REGION_URL: "{{ .first }}"\n',
  ],
  [
    '      remoteRef: { key: hive-mind/region, property: bcrypt }\n',
    '      remoteRef: { key: hive-mind/region, property: bcrypt }\n    - secretKey: first\n      remoteRef: { key: hive-mind/region, property: first-region-url }\n',
  ],
  [/ {6}stream: HIVE\n/g, '      stream: HIVE\n      mirrorOf: first\n'],
  ['mode: --no-observe', 'mode: --observe'],
  [
    '        - { protocol: TCP, port: cluster }\n---END',
    '        - { protocol: TCP, port: cluster }\n    # The first region: narrow it to its network.\n    - to:\n        - ipBlock: { cidr: 10.0.0.0/8 }\n      ports:\n        - { protocol: TCP, port: 7422 }\n---END',
  ],
];

const OVERLAYS: { readonly [name: string]: Overlay } = {
  shared: { about: 'What both colours use.', scopes: ['shared'], edits: [] },
  blue: {
    about:
      'The nodes of blue, to be put beside green ones that serve: they observe until traffic is switched to them.',
    scopes: ['colour'],
    edits: [['mode: --no-observe', 'mode: --observe']],
  },
  green: {
    about:
      'The nodes of green, to be put beside blue ones that serve: they observe until traffic is switched to them.',
    scopes: ['colour'],
    edits: [
      ['mode: --no-observe', 'mode: --observe'],
      [/\bblue\b/g, 'green'],
    ],
  },
  'disaster-recovery': {
    about:
      'The second region, in a Kubernetes cluster of its own: it mirrors the log of the first and observes, until it takes over.',
    scopes: ['shared', 'colour', 'traffic'],
    edits: SECOND_REGION,
  },
};

function edited(text: string, edits: readonly Edit[], name: string): string {
  return edits.reduce((before, [from, to]) => {
    const after = before.replace(from, () => to);
    if (after === before)
      throw new Error(`overlay ${name}: nothing is like ${from}: correct the edit in this file`);
    return after;
  }, text);
}

/** The files of the overlays by their paths below deployment/kubernetes/overlays/. */
export function overlayFiles(): Map<string, string> {
  const { resources } = parse(readFileSync(join(FOLDER, 'kustomization.yaml'), 'utf8')) as Kustomization;
  const documents = resources.flatMap((file) =>
    readFileSync(join(FOLDER, file), 'utf8')
      .split(/^---\n/m)
      .map((text) => ({ file, text, scope: scopeOf(text) })),
  );
  const files = new Map<string, string>();
  for (const [name, { about, scopes, edits }] of Object.entries(OVERLAYS)) {
    const own = documents.filter(({ scope }) => scopes.includes(scope));
    // Each file ends with a mark, so that an edit can say "at the end of that one".
    const marked = own
      .map(({ file, text }, i) => (own[i + 1]?.file === file ? `${text}---\n` : `${text}---END\n`))
      .join('');
    const text = edited(marked, edits, name)
      .replaceAll('---END\n', '---\n')
      .replace(/---\n$/, '');
    files.set(`${name}/resources.yaml`, `# Made by scripts/kubernetes/overlays.ts. ${about}\n${text}`);
    files.set(
      `${name}/kustomization.yaml`,
      `# ${about}\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [resources.yaml]\n`,
    );
  }
  return files;
}

function scopeOf(text: string): string {
  const scope = (parse(text) as Resource).metadata.labels['hive-mind/scope'];
  if (scope === undefined) throw new Error(`a resource has no label hive-mind/scope:\n${text.slice(0, 200)}`);
  return scope;
}

if (import.meta.main) {
  const isCheck = process.argv.includes('--check');
  for (const [path, text] of overlayFiles()) {
    const file = join(FOLDER, 'overlays', path);
    if (!isCheck) {
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, text);
    } else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${file} is not current: npx node scripts/kubernetes/overlays.ts writes it`);
      process.exitCode = 1;
    }
  }
}
