/**
 * Runs the tests, each file in a process of its own, and ends with the line `N passed, N failed, N skipped`.
 *
 *     node scripts/test.ts [--unit] [--timeout=SECONDS] [FILE or FOLDER…]
 *
 * `--unit` leaves out the folders of test/. Exits with 1 when a test failed, a file crashed or outlived its time, or nothing ran.
 */
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptOptions } from '../test/support/script-options.ts';
import { type FileResult, runTestFile, stopTestFiles } from './test-file.ts';

const UNIT = ['src/**/*.test.ts', 'console/src/**/*.test.ts', 'test/*.test.ts'];
const ALL = ['src/**/*.test.ts', 'console/src/**/*.test.ts', 'test/**/*.test.ts'];
const TIMEOUT_SECONDS_DEFAULT = 300;

const { values, positionals } = scriptOptions('npm test -- [--unit] [--timeout=SECONDS] [FILE or FOLDER…]', {
  allowPositionals: true,
  options: { unit: { type: 'boolean', default: false }, timeout: { type: 'string' } },
});
const timeoutMs = 1000 * Number(values.timeout ?? TIMEOUT_SECONDS_DEFAULT);
if (!(timeoutMs > 0)) fail(`--timeout takes seconds, not ${values.timeout}`);
const files = [
  ...new Set(positionals.length > 0 ? positionals.flatMap(named) : matching(values.unit ? UNIT : ALL)),
];
if (files.length === 0) fail('no test file matches');

const directory = mkdtempSync(join(tmpdir(), 'hive-test-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopTestFiles();
    rmSync(directory, { recursive: true, force: true });
    process.exit(1);
  });
}
const results = await runAll(files);
rmSync(directory, { recursive: true, force: true });
summarize(results);

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function matching(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => globSync(pattern)).sort();
}

function named(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return fail(`no such file or folder: ${path}`);
  return stat.isDirectory() ? matching([join(path, '**/*.test.ts')]) : [path];
}

/** One file more at a time than there are cores, as those that wait for servers need little of one; results in the order of `files`. */
async function runAll(files: readonly string[]): Promise<FileResult[]> {
  const results: FileResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < files.length) {
      const index = next++;
      const result = await runTestFile(files[index] as string, directory, timeoutMs);
      results[index] = result;
      printFile(result);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() + 1 }, work));
  return results;
}

function printFile({ file, passed, skipped, failures, notes, output, durationMs }: FileResult): void {
  const counts = `${passed} passed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`;
  if (failures.length === 0) {
    console.log(`ok    ${file} (${counts}, ${durationMs} ms)`);
    return;
  }
  console.log(`FAIL  ${file} (${counts}, ${failures.length} failed, ${durationMs} ms)`);
  for (const { name, detail } of failures) console.log(indent(`${name}\n${indent(detail)}`));
  if (notes.length > 0) console.log(indent(`diagnostics\n${indent(notes.join('\n'))}`));
  if (output !== '') console.log(indent(`output\n${indent(output.trimEnd())}`));
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '      ');
}

function summarize(results: readonly FileResult[]): void {
  const skipped = results.flatMap(({ file, skipped }) => skipped.map((skip) => ({ file, ...skip })));
  const failed = results.flatMap(({ file, failures }) => failures.map(({ name }) => ({ file, name })));
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  if (skipped.length > 0) console.log('\nskipped:');
  for (const { file, name, reason } of skipped) console.log(`  ${file}: ${name} (${reason})`);
  if (failed.length > 0) console.log('\nfailed:');
  for (const { file, name } of failed) console.log(`  ${file}: ${name}`);
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
  process.exitCode = failed.length > 0 || passed === 0 ? 1 : 0;
}
