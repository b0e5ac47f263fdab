import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventCheck } from '../oracle/event-check.ts';
import type { EngineFactory, EngineOptions } from './engine.ts';
import { MARKET_SECONDS, type MarketOptions, market } from './market.ts';
import { parseLine } from './parse.ts';
import { Renderer } from './render.ts';

/**
 * One scenario as text: a command per line (see `parseLine`), and under it, indented, exactly the events that it
 * causes (see `Renderer`), in order. `done` (CommandAccepted) stands there like every other event.
 */
export interface Scenario {
  readonly name: string;
  readonly market: MarketOptions;
  readonly engine: EngineOptions;
  readonly script: string;
}

export function scenario(
  name: string,
  script: string,
  options: MarketOptions & { engine?: EngineOptions } = {},
): Scenario {
  const { engine = {}, ...rest } = options;
  return { name, market: rest, engine, script };
}

/** Plays a scenario and returns it as it should be written: each command line with the events that really came. */
export function play(
  createEngine: EngineFactory,
  { market: options, engine: settings, script }: Scenario,
): string[] {
  const engine = createEngine(settings);
  const renderer = new Renderer();
  const check = new EventCheck();
  const lines: string[] = [];
  let seconds = MARKET_SECONDS;
  let sequence = 0;
  for (const command of market(options)) check.read(engine.apply(command, seconds), ++sequence);
  for (const line of commandLines(script)) {
    lines.push(line);
    const parsed = parseLine(line);
    if ('seconds' in parsed) {
      seconds = parsed.seconds;
      continue;
    }
    const events = engine.apply(parsed.command, seconds);
    check.read(events, ++sequence);
    for (const event of events) lines.push(`  ${renderer.line(event)}`);
  }
  return lines;
}

/** The lines of a script without blank ones and without the margin of its first line. */
function scriptLines(script: string): string[] {
  const lines = script.split('\n').filter((line) => line.trim() !== '' && !line.trim().startsWith('//'));
  const margin = /^ */.exec(lines[0])?.[0].length ?? 0;
  return lines.map((line) => line.slice(margin).trimEnd());
}

function commandLines(script: string): string[] {
  return scriptLines(script).filter((line) => !line.startsWith(' '));
}

/** One test per scenario: the events must be exactly the script's. */
export function runScenarios(
  engineName: string,
  createEngine: EngineFactory,
  scenarios: readonly Scenario[],
): void {
  for (const each of scenarios) {
    test(`${engineName}: ${each.name}`, () => {
      assert.deepEqual(play(createEngine, each), scriptLines(each.script));
    });
  }
}
