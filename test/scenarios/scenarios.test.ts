import { NaiveCore } from '../oracle/naive-core.ts';
import { SCENARIOS } from './all.ts';
import { runScenarios } from './scenario.ts';

runScenarios('naive core', (options) => new NaiveCore(options), SCENARIOS);
