import { FastEngine } from '../oracle/fast-engine.ts';
import { NaiveCore } from '../oracle/naive-core.ts';
import { SCENARIOS } from './all.ts';
import { runScenarios } from './scenario.ts';

runScenarios('naive core', (options) => new NaiveCore(options), SCENARIOS);
runScenarios('fast core', (options) => new FastEngine(options), SCENARIOS);
runScenarios(
  'fast core, audited and restored from its image after every command',
  (options) => new FastEngine({ ...options, checkEvery: 1, restoreEvery: 1 }),
  SCENARIOS,
);
