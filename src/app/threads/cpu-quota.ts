import { readFileSync } from 'node:fs';

/**
 * Whether the processor time of this process is bounded by a quota of its control group, of either version (cgroups(7)): what a thread burns of it is missing to the others.
 * @param root where the system's files are, for tests
 */
export function hasCpuQuota(root = ''): boolean {
  const groups = contentOf(`${root}/proc/self/cgroup`) ?? '';
  const first = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  const second = /^0::(.*)$/m.exec(groups)?.[1];
  const isBounded = (file: string): boolean => /^[1-9]/.test(contentOf(file) ?? '');
  return (
    pathsTo(first).some((path) => isBounded(`${root}/sys/fs/cgroup/cpu${path}/cpu.cfs_quota_us`)) ||
    pathsTo(second).some((path) => isBounded(`${root}/sys/fs/cgroup${path}/cpu.max`))
  );
}

/** A group's path and those above it, '' the last. */
function pathsTo(group: string | undefined): string[] {
  if (group === undefined) return [];
  const names = group.split('/').filter((name) => name !== '');
  return Array.from({ length: names.length + 1 }, (_, above) =>
    names
      .slice(0, names.length - above)
      .map((name) => `/${name}`)
      .join(''),
  );
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
