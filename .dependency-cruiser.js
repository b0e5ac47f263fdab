/**
 * The import rules of docs/architecture.md, checked by test/architecture.test.ts. `npx depcruise src` applies
 * them by hand. The parser is swc: without it dependency-cruiser does not read TypeScript 7 sources, silently.
 */

/** Folders of src/ and what each may import of ours beside itself. Tests beside the source, and their help, are free. */
const MAY_IMPORT = {
  lib: [],
  domain: ['lib'],
  codec: ['domain', 'lib'],
  core: ['domain', 'lib'],
  log: ['codec/log', 'domain', 'lib'],
  replica: ['core', 'codec/log', 'domain', 'lib'],
  gateways: ['codec', 'domain', 'lib'],
  projections: ['codec', 'domain', 'lib'],
  replay: ['codec', 'domain', 'lib'],
  app: ['lib', 'domain', 'codec', 'core', 'log', 'replica', 'gateways', 'projections', 'replay', 'engine.ts'],
};

const TEST_FILE = '\\.test\\.ts$';
/** Tests, and what tests alone use. */
const TESTS = '(\\.test|/test-[\\w-]+)\\.ts$';
const NPM = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown'];

const layerRules = Object.entries(MAY_IMPORT).map(([folder, others]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  comment: `src/${folder} imports of ours only: ${[folder, ...others].join(', ')}`,
  from: { path: `^src/${folder}/`, pathNot: TESTS },
  to: {
    path: '^(src|test|bench|scripts|bin|console)/',
    pathNot: [folder, ...others].map((path) => `^src/${path}${path.endsWith('.ts') ? '$' : '/'}`),
  },
}));

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'engine-imports',
      severity: 'error',
      comment: 'The library entry is the core, its vocabulary and the codec of its records, nothing else',
      from: { path: '^src/engine\\.ts$' },
      to: { path: '^(src|test|bench|scripts|bin|console)/', pathNot: '^src/(core|domain|lib|codec/log)/' },
    },
    {
      name: 'console-imports',
      severity: 'error',
      comment: 'The console knows types of the vocabulary and of its JSON, and nothing else of the platform',
      from: { path: '^console/', pathNot: TEST_FILE },
      to: { path: '^(src|test|bench|scripts|bin)/', pathNot: '^src/(domain|codec/json)/' },
    },
    {
      name: 'console-types-only',
      severity: 'error',
      comment: 'What the console imports of the platform leaves nothing in the browser: import type',
      from: { path: '^console/', pathNot: TEST_FILE },
      to: { path: '^src/|(^|/)node_modules/typebox/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'console-in-the-browser',
      severity: 'error',
      comment: "The console has no Node, and of npm's packages only those that docs/adr names",
      from: { path: '^console/src/', pathNot: TEST_FILE },
      to: {
        dependencyTypes: ['core', ...NPM],
        pathNot: '(^|/)node_modules/(react|react-dom|lightweight-charts|uplot|typebox)/',
      },
    },
    {
      name: 'known-folder',
      severity: 'error',
      comment: 'Every source file lies in a folder that has a rule above',
      from: {
        path: '^src/',
        pathNot: `^src/((${Object.keys(MAY_IMPORT).join('|')})/|engine(\\.test)?\\.ts$)`,
      },
      to: {},
    },
    {
      name: 'core-is-pure',
      severity: 'error',
      comment: 'The core uses neither Node nor npm packages',
      from: { path: '^src/core/', pathNot: TEST_FILE },
      to: { dependencyTypes: ['core', ...NPM] },
    },
    {
      name: 'core-stands-on-pure',
      severity: 'error',
      comment: 'The vocabulary and the library that the core stands on use neither Node nor npm packages',
      from: { path: '^src/(domain|lib)/', pathNot: TEST_FILE },
      to: { dependencyTypes: ['core', ...NPM] },
    },
    {
      name: 'codec-without-io',
      severity: 'error',
      comment: 'Codecs turn bytes into values; they open nothing',
      from: { path: '^src/codec/', pathNot: TEST_FILE },
      to: { path: '^(node:)?(fs|net|tls|dgram|http|https|http2|dns|child_process|worker_threads)(/|$)' },
    },
    {
      name: 'no-import-of-tests',
      severity: 'error',
      comment: 'A test file is imported by nothing',
      from: {},
      to: { path: `^(src|test|console)/.*${TEST_FILE}` },
    },
    {
      name: 'no-development-dependency',
      severity: 'error',
      comment: 'What runs in production is in "dependencies"',
      from: { path: '^src/', pathNot: TEST_FILE },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-circle',
      severity: 'error',
      comment: 'Modules do not import each other in a circle',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'Every import leads to a file',
      from: {},
      // node:ffi is younger than what the cruiser knows of Node.
      to: { couldNotResolve: true, pathNot: '^ffi$' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default'],
    },
  },
};
