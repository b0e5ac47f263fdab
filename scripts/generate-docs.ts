/**
 * Writes docs/records.md from the layout tables, docs/rejects.md from the reject table, docs/permissions.md from the
 * permission table, docs/operations/metrics.md from the metrics' catalogue, docs/protocols/fix-messages.md from FIX's dictionary and tables, and docs/configuration.md from the
 * configuration's. `--check` writes nothing and fails when a
 * file is not current.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { configurationDocument } from '#app/config/configuration-document.ts';
import { fixDocument } from './fix-document.ts';
import { metricsDocument } from './metrics-document.ts';
import { permissionsDocument } from './permissions-document.ts';
import { recordsDocument } from './records-document.ts';
import { rejectsDocument } from './rejects-document.ts';

const ROOT = new URL('..', import.meta.url);

/** The generated documents by their path from the root of the repository. */
export function generatedDocuments(): Map<string, string> {
  return new Map([
    ['docs/records.md', recordsDocument()],
    ['docs/rejects.md', rejectsDocument()],
    ['docs/protocols/fix-messages.md', fixDocument()],
    ['docs/permissions.md', permissionsDocument()],
    ['docs/configuration.md', configurationDocument()],
    ['docs/operations/metrics.md', metricsDocument()],
  ]);
}

/** Those whose file, as `read` gives it, is missing or differs. */
export function staleDocuments(read: (path: string) => string | undefined = readDocument): string[] {
  return [...generatedDocuments()].filter(([path, text]) => read(path) !== text).map(([path]) => path);
}

function readDocument(path: string): string | undefined {
  const file = new URL(path, ROOT);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const stale = staleDocuments();
    for (const path of stale) console.error(`${path} is not current: run npx node scripts/generate-docs.ts`);
    process.exitCode = stale.length === 0 ? 0 : 1;
  } else {
    for (const [path, text] of generatedDocuments()) writeFileSync(new URL(path, ROOT), text);
  }
}
