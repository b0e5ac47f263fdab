import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { coreThatTook, diskCoreOf } from './disk-core.ts';

const BEFORE = `           CPU0       CPU2
  0:         36          0   IO-APIC   2-edge      timer
 36:         10        500 PCI-MSIX-0000:00:02.0   1-edge      virtio1-req.0
 41:      25410          0 PCI-MSIX-0000:00:04.0   1-edge      virtio3-rx
NMI:          0          0   Non-maskable interrupts
LOC:    1749377    1964539   Local timer interrupts
ERR:          0
`;

for (const [title, change, expected] of [
  ['the core that took the disk is the one that is told', ['500', '628'], 2],
  ['of two devices the one that took more', ['500', '600', '25410', '25475'], 2],
  ['fewer than the writes say nothing', ['500', '563'], undefined],
  ["the processor's own interrupts do not count", ['1749377', '1759377'], undefined],
  ['a core that came or went says nothing', ['CPU2', 'CPU1', '500', '700'], undefined],
] as const) {
  test(`coreThatTook: ${title}`, () => {
    let after = BEFORE;
    for (let at = 0; at < change.length; at += 2) after = after.replace(change[at], change[at + 1]);
    assert.equal(coreThatTook(BEFORE, after, 64), expected);
  });
}

test('coreThatTook: an interrupt that is new', () => {
  const added = ' 50:        90          0 PCI-MSIX-0000:00:06.0   1-edge      nvme0q1\nNMI:';
  assert.equal(coreThatTook(BEFORE, BEFORE.replace('NMI:', added), 64), 0);
});

test('coreThatTook: another system', () => assert.equal(coreThatTook('', '', 64), undefined));

test('diskCoreOf: writes from two cores, and leaves nothing behind', () => {
  const directory = temporaryDirectory('disk-core');
  const cores = Array.from({ length: 64 }, (_, core) => core);
  const ranOn: number[] = [];
  const core = diskCoreOf(directory, cores, (one) => ranOn.push(one) > 0);
  // The second one only where the first one's writes told something.
  assert.deepEqual(ranOn, core === undefined ? cores.slice(0, ranOn.length) : [0, 1]);
  assert.ok(ranOn.length === 1 || ranOn.length === 2);
  assert.deepEqual(readdirSync(directory), []);
});

test('diskCoreOf: none that the thread may not run on', () => {
  const far = [100_000, 100_001];
  assert.equal(
    diskCoreOf(temporaryDirectory('disk-core'), far, () => true),
    undefined,
  );
});

test('diskCoreOf: nothing where there is one core, the kernel refuses, or the directory is not there', () => {
  const directory = temporaryDirectory('disk-core');
  assert.equal(
    diskCoreOf(directory, [0], () => true),
    undefined,
  );
  assert.equal(
    diskCoreOf(directory, [0, 1], () => false),
    undefined,
  );
  assert.equal(
    diskCoreOf(`${directory}/none`, [0, 1], () => true),
    undefined,
  );
});
