import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CliResult, runCli } from '#app/cli/test-support.ts';
import { crc32c } from '#lib/crc32c.ts';
import { nodeDisk } from '#log/file/disk.ts';
import { LogId, RecordHeader, SEGMENT_HEADER_BYTES } from '#log/file/format.ts';
import { listSegments } from '#log/file/scan.ts';
import { endHive, type HiveProcess, startHive } from '../support/hive-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { until } from '../support/test-cluster.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/checkpoints.md', import.meta.url));
const directory = temporaryDirectory('checkpoints');
const dataDirectory = join(directory, 'data');
const notesFile = join(dataDirectory, 'checkpoints', 'checkpoints.txt');
const keysFile = join(dataDirectory, 'checkpoints', 'verifier-keys.txt');

const hive = (...args: string[]): Promise<CliResult> => runCli([...args, '--data-dir', dataDirectory]);

interface Line {
  readonly msg: string;
  readonly sequence?: number;
  readonly checkpoint?: string;
  readonly verifierKey?: string;
}

/** What a node has logged about checkpoints. */
function said(node: HiveProcess): Line[] {
  const lines = node
    .log()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg.includes('checkpoint'));
}

/** A venue that trades for a moment, and stops. */
async function runVenue(): Promise<Line[]> {
  const node = await startHive('--data-dir', dataDirectory, '--log-format', 'json');
  const { sequence } = node.ready;
  const now = async (): Promise<number> => JSON.parse((await hive('status', '--json')).stdout).sequence;
  await until(async () => (await now()) > sequence + 10);
  assert.deepEqual(await endHive(node.child, 'SIGTERM'), [0, null]);
  return said(node);
}

/** Why programs that are not ours cannot be used here. */
function whyNot(program: string, ...args: string[]): string | undefined {
  try {
    execFileSync(program, args, { stdio: 'ignore' });
    return undefined;
  } catch {
    return `${program} is not installed`;
  }
}

/** Changes the payload of the log's entry `sequence` and makes its checksum right: what somebody does who knows the format. */
function forge(sequence: number): void {
  const [{ path }] = listSegments(nodeDisk, join(dataDirectory, 'log'));
  const bytes = readFileSync(path);
  const { logId } = JSON.parse(readFileSync(join(dataDirectory, 'hive.json'), 'utf8'));
  let at = SEGMENT_HEADER_BYTES;
  const payloadBytes = (): number => bytes.readUInt32LE(at + 4 * RecordHeader.payloadBytes);
  while (bytes.readDoubleLE(at + 4 * RecordHeader.sequence) < sequence)
    at += 40 + ((payloadBytes() + 7) & ~7);
  const trailer = at + 32 + ((payloadBytes() + 7) & ~7);
  bytes[at + 32 + payloadBytes() - 1] ^= 1;
  const crc = crc32c(Uint8Array.from(bytes.subarray(at + 4, trailer)), new LogId(logId).crc);
  bytes.writeInt32LE(crc, at);
  writeFileSync(path, bytes);
}

test('checkpoints: a stop signs the log; programs of others agree, and find what was changed with right checksums', {
  timeout: 200_000,
}, async (t) => {
  const lines = await runVenue();
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    [
      'checkpoints of the log are signed with a new key: keep its verifier key where nobody can change it',
      'checkpoint of the log signed',
    ],
  );
  const [{ verifierKey }, { sequence, checkpoint }] = lines;
  assert.deepEqual(readFileSync(notesFile, 'utf8'), `${checkpoint}\n`);
  assert.deepEqual(readFileSync(keysFile, 'utf8'), `${verifierKey}\n`);
  const [again] = await runVenue();
  assert.ok((again.sequence ?? 0) > (sequence ?? 0));
  assert.deepEqual(readFileSync(notesFile, 'utf8'), `${checkpoint}\n${again.checkpoint}\n`);

  const kept = [join(directory, 'kept.txt'), join(directory, 'keys.txt')];
  writeFileSync(kept[0], checkpoint ?? '');
  writeFileSync(kept[1], verifierKey ?? '');
  const compare = ['log', 'verify', '--checkpoints', kept[0], '--verifier-keys', kept[1]];
  const whole = await hive(...compare);
  assert.deepEqual([whole.status, whole.stderr], [0, '']);
  assert.match(whole.stdout, /^it holds what was signed: 3 checkpoints, the last for entry \d+ of /m);

  await t.test(
    'the program of the documentation, in Python',
    { skip: whyNot('python3', '--version') ?? false },
    () => {
      const program = /```python\n([\s\S]*?)```/.exec(readFileSync(DOCUMENT, 'utf8'))?.[1] ?? '';
      const run = (): string => execFileSync('python3', ['-c', program, dataDirectory], { encoding: 'utf8' });
      assert.equal(run(), `${sequence} ok\n${again.sequence} ok\n`);
      forge(3);
      assert.equal(run(), `${sequence} CHANGED\n${again.sequence} CHANGED\n`);
      forge(3);
      const written = readFileSync(notesFile, 'utf8');
      appendFileSync(notesFile, `${checkpoint?.replace(`\n${sequence}\n`, '\n999999\n')}\n`);
      assert.equal(run(), `${sequence} ok\n${again.sequence} ok\n999999 GONE\n`);
      writeFileSync(notesFile, written);
    },
  );

  await t.test(
    'the signature, by OpenSSL as the documentation says',
    { skip: whyNot('openssl', 'version') ?? false },
    () => {
      const files = mkdtempSync(join(directory, 'openssl-'));
      const [, text, signature] = /^([\s\S]*\n)\n— \S+ (\S+)\n$/.exec(checkpoint ?? '') ?? [];
      const raw = Buffer.from(verifierKey?.split('+').slice(2).join('+') ?? '', 'base64').subarray(1);
      // RFC 8410: the prefix of an Ed25519 public key in DER.
      writeFileSync(join(files, 'key'), Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]));
      writeFileSync(join(files, 'signature'), Buffer.from(signature, 'base64').subarray(4));
      const verifies = (signed: string): boolean => {
        writeFileSync(join(files, 'text'), signed);
        const args =
          'pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature'.split(' ');
        try {
          execFileSync('openssl', args, { cwd: files, stdio: 'ignore' });
          return true;
        } catch {
          return false;
        }
      };
      assert.deepEqual([verifies(text), verifies(text.replace('first 1', 'first 2'))], [true, false]);
    },
  );

  forge(3);
  const changed = await hive(...compare);
  assert.deepEqual([changed.status, changed.stdout], [3, '']);
  assert.match(
    changed.stderr,
    new RegExp(
      `^hive: the log is not what hive-mind/log/.*/node/1 signed for entry ${sequence} of .*: something in entries 1 to ${sequence} was changed since\n$`,
    ),
  );
  const node = await startHive('--data-dir', dataDirectory, '--log-format', 'json');
  await until(() => said(node).length > 0);
  assert.match(
    said(node)[0].msg,
    /^no checkpoints: the log is not what .* in entries 1 to \d+ was changed since\. Keep/,
  );
  const { port } = (node.ready as HiveProcess['ready'] & { operations: { port: number } }).operations;
  const metrics = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  await until(async () => (await metrics()).includes('\nhive_audit_broken 1\n'));
  const placed = await hive('order', 'place', 'buy', '0.01', 'BTCUSD', '--price', '60000');
  assert.equal(placed.status, 0, placed.stderr);
  await endHive(node.child, 'SIGTERM');
});
