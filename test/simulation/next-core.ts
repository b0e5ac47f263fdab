import { registerHooks } from 'node:module';
import { CORE_VERSION_MAX } from '#core/core-version.ts';
import type { TradingCore } from '#core/trading-core.ts';

/** The core version that `NextCore` has and this build lacks. */
export const NEXT_VERSION = CORE_VERSION_MAX + 1;

const MARK = '?next';
const CORE = '/src/core/';
const THIS = `CORE_VERSION_MAX = ${CORE_VERSION_MAX};`;

// Marked modules of the core have marked ones as their own, and are otherwise the same files.
const hooks = registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context);
    const isMarked = context.parentURL?.endsWith(MARK) === true && resolved.url.includes(CORE);
    return isMarked && !resolved.url.endsWith(MARK) ? { ...resolved, url: resolved.url + MARK } : resolved;
  },
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`core-version.ts${MARK}`)) return loaded;
    const source = String(loaded.source);
    if (!source.includes(THIS)) throw new Error(`core-version.ts lacks "${THIS}"`);
    return { ...loaded, source: source.replace(THIS, `CORE_VERSION_MAX = ${NEXT_VERSION};`) };
  },
});
const file = new URL(`../../src/core/trading-core.ts${MARK}`, import.meta.url);
const loaded = (await import(file.href)) as { TradingCore: typeof TradingCore };
hooks.deregister();

/** The core of a build that has one version more, with the same rules. */
export const NextCore = loaded.TradingCore;
