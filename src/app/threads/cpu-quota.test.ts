import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../../../test/support/temporary-directory.ts';
import { hasCpuQuota } from './cpu-quota.ts';

function systemWith(files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory('cpu-quota');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

for (const [title, files, expected] of [
  ['no control groups', {}, false],
  [
    'a group without a quota',
    { 'proc/self/cgroup': '0::/a/b\n', 'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n' },
    false,
  ],
  [
    'a quota of its group',
    { 'proc/self/cgroup': '0::/a/b\n', 'sys/fs/cgroup/a/b/cpu.max': '200000 100000\n' },
    true,
  ],
  [
    'a quota of a group above it',
    {
      'proc/self/cgroup': '0::/a/b\n',
      'sys/fs/cgroup/a/b/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/a/cpu.max': '50000 100000\n',
    },
    true,
  ],
  [
    'a quota of a container that sees its group as the root',
    { 'proc/self/cgroup': '0::/\n', 'sys/fs/cgroup/cpu.max': '400000 100000\n' },
    true,
  ],
  [
    'the first version: no quota',
    {
      'proc/self/cgroup': '2:cpu,cpuacct:/a\n1:memory:/a\n0::/\n',
      'sys/fs/cgroup/cpu/a/cpu.cfs_quota_us': '-1\n',
    },
    false,
  ],
  [
    'the first version: a quota',
    {
      'proc/self/cgroup': '2:cpuset:/b\n1:cpu,cpuacct:/a\n0::/\n',
      'sys/fs/cgroup/cpu/a/cpu.cfs_quota_us': '150000\n',
    },
    true,
  ],
] as const)
  test(`quota of processor time: ${title}`, () => {
    assert.equal(hasCpuQuota(systemWith(files)), expected);
  });
