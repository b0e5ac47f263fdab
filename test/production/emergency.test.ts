import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { alertsOf, readRules } from '../support/alert-rules.ts';
import { whyNoNats } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { installStub, runScript } from './support.ts';
import { exec, TwoColours } from './two-colours.ts';

const ALERTS = alertsOf(readRules());

/** Labels of the alerts that a selector of ALERTS takes, of those that fire; its patterns are of whole values, as Prometheus' are. */
function selected(selector: string, firing: readonly string[]): Record<string, string>[] {
  const [, matchers] = /^ALERTS\{(.*)\}$/.exec(selector) ?? [];
  assert.ok(matchers !== undefined, selector);
  return ALERTS.filter(({ alert }) => firing.includes(alert))
    .map(({ alert, labels }) => ({ ...labels, alertname: alert, alertstate: 'firing' }))
    .filter((labels: Record<string, string>) =>
      [...matchers.matchAll(/(\w+)=(~?)"([^"]*)"/g)].every(([, name, isPattern, value]) =>
        isPattern === '~' ? new RegExp(`^(?:${value})$`).test(labels[name] ?? '') : labels[name] === value,
      ),
    );
}

test('deploy.sh watch: the alerts that it looks for are there', async () => {
  const programs = temporaryDirectory('watch');
  installStub(programs, { colour: 'blue', annotations: {}, pods: {} });
  const { stdout } = await runScript('deploy.sh', ['watch', '--prometheus', 'http://none', '--dry-run'], {
    PATH: `${programs}:${process.env['PATH']}`,
    STUB_KUBECTL: programs,
  });
  const names = /^\+ alerts (\S+) /m.exec(stdout)?.[1]?.split('|') ?? [];
  assert.ok(names.length > 0, stdout);
  assert.deepEqual(
    names.filter((name) => !ALERTS.some(({ alert }) => alert === name)),
    [],
  );
});

describe('what goes wrong on a cluster of three real nodes', { skip: whyNoNats(), timeout: 290_000 }, () => {
  let venue: TwoColours;
  before(async () => {
    venue = await TwoColours.start(['blue-0', 'blue-1', 'green-0']);
  });
  after(() => venue?.close());

  test('network-isolate.sh: a pod closes its doors and loses its label; --lift gives it back', async () => {
    const isolate = await venue.run('network-isolate.sh', 'hive-mind-blue-1', '--reason', 'a look');
    assert.equal(isolate.status, 0, isolate.stderr);
    assert.deepEqual(venue.changes(), [
      exec('blue-1', 'admin demote --drain 0'),
      'label pod hive-mind-blue-1 --overwrite app.kubernetes.io/name=hive-mind-isolated app.kubernetes.io/part-of-',
      'annotate pod hive-mind-blue-1 --overwrite hive-mind/isolated-because=a look',
    ]);
    assert.ok((await venue.states()).includes('blue hive-mind-blue-1 observing'));
    const lift = await venue.run('network-isolate.sh', 'hive-mind-blue-1', '--lift');
    assert.equal(lift.status, 0, lift.stderr);
    assert.deepEqual(venue.changes(), [
      'label pod hive-mind-blue-1 --overwrite app.kubernetes.io/name=hive-mind app.kubernetes.io/part-of=hive-mind',
      'annotate pod hive-mind-blue-1 hive-mind/isolated-because-',
    ]);
    assert.equal((await venue.run('network-isolate.sh', 'hive-mind-archive-0', '--lift')).status, 0);
    assert.equal(
      venue.changes()[0],
      'label pod hive-mind-archive-0 --overwrite app.kubernetes.io/name=hive-mind-archive app.kubernetes.io/part-of=hive-mind',
    );
    const own = ['--data-dir', venue.directoryOf(2)];
    assert.equal((await venue.run('network-isolate.sh', ...own, '--lift')).status, 0);
    assert.ok((await venue.states()).includes('blue hive-mind-blue-1 serving'));
  });

  test('deploy.sh watch: nothing fires; then an alert fires, and it goes back', async () => {
    let firing: string[] = [];
    let meanwhile = (): void => {};
    const prometheus = createServer((request, response) => {
      const query = new URL(request.url ?? '', 'http://prometheus').searchParams.get('query') ?? '';
      meanwhile();
      const result = selected(query, firing).map((metric) => ({ metric, value: [0, '1'] }));
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
    }).listen(0, '127.0.0.1');
    venue.closers.unshift(() => prometheus.close());
    await once(prometheus, 'listening');
    const url = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
    const well = await venue.run('deploy.sh', 'watch', '--prometheus', url, '--for', '1');
    assert.equal(well.status, 0, well.stderr);
    assert.deepEqual(venue.changes(), []);
    firing = ['HiveErrorBudgetBurn14x', 'HiveOrderFlowStopped', 'HiveDiskLow'];
    const before = venue.venue;
    meanwhile = () => venue.set({ ...before, colour: 'green' });
    const late = await venue.run('deploy.sh', 'watch', '--prometheus', url, '--for', '60');
    assert.equal(late.status, 1, late.stderr);
    assert.match(late.stderr, /clients are sent to green, not to blue/);
    assert.deepEqual(
      [venue.venue.colour, venue.changes()],
      ['green', []],
      'somebody went back before it did',
    );
    venue.set(before);
    meanwhile = () => {};
    const ill = await venue.run('deploy.sh', 'watch', '--prometheus', url, '--for', '60');
    assert.equal(ill.status, 1, ill.stderr);
    assert.match(ill.stderr, /blue is not well: HiveOrderFlowStopped HiveErrorBudgetBurn14x$/m);
    assert.match(ill.stderr, /rolled back/);
    assert.equal(venue.venue.colour, 'green');
    assert.match(venue.venue.annotations['hive-mind/rollback-reason'] ?? '', /HiveErrorBudgetBurn/);
  });

  test('emergency-rollback.sh: keeps evidence, goes back without analysis, also past a node that does not answer', async () => {
    const { pods, annotations } = venue.venue;
    const early = await venue.run('emergency-rollback.sh', '--from', 'blue', '--reason', 'cancelled');
    assert.deepEqual([early.status, venue.changes()], [0, []], early.stderr);
    const dead = { colour: 'green', dataDirectory: join(venue.folder, 'dead') };
    venue.set({ colour: 'green', annotations, pods: { ...pods, 'hive-mind-green-1': dead } });
    const evidence = join(venue.folder, 'evidence');
    const { status, stderr } = await venue.run(
      'emergency-rollback.sh',
      ...['--reason', 'orders of "X" vanish', '--evidence', evidence],
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /hive-mind-green-1 does not answer/);
    assert.deepEqual(
      venue.changes().filter((line) => line.startsWith('patch service')),
      [
        'patch service hive-mind --type merge --patch {"metadata":{"annotations":{"hive-mind/rollback-reason":"orders of \\"X\\" vanish"}},"spec":{"selector":{"hive-mind/colour":"blue"}}}',
      ],
    );
    assert.equal(venue.venue.colour, 'blue');
    assert.match(readFileSync(join(evidence, 'reason'), 'utf8'), /from green to blue: orders of "X" vanish/);
    assert.equal(JSON.parse(readFileSync(join(evidence, 'hive-mind-green-0.json'), 'utf8')).state, 'serving');
    assert.equal(readdirSync(evidence).length, 9);

    venue.set({ colour: 'green', annotations, pods: { 'hive-mind-green-0': pods['hive-mind-green-0'] } });
    const nowhere = await venue.run('emergency-rollback.sh', '--evidence', join(venue.folder, 'none'));
    assert.equal(nowhere.status, 1, 'there is nothing to go back to');
    assert.deepEqual(venue.changes(), []);
    assert.ok(!existsSync(join(venue.folder, 'none')));
    venue.set({ colour: 'blue', annotations, pods });
  });

  test('emergency-rollback.sh: a machine that hangs does not keep clients with the bad colour', async () => {
    const { pods, annotations } = venue.venue;
    const hanging = { ...pods['hive-mind-blue-0'], hangs: 'admin promote' };
    venue.set({ colour: 'green', annotations, pods: { ...pods, 'hive-mind-blue-0': hanging } });
    const { status, stderr } = await venue.run(
      'emergency-rollback.sh',
      ...['--evidence', join(venue.folder, 'hanging')],
    );
    assert.equal(status, 0, stderr);
    assert.equal(venue.venue.colour, 'blue');
  });

  test('emergency-rollback.sh: asks nodes at once, so that several that hang take no longer than one', async () => {
    const { pods, annotations } = venue.venue;
    const { 'hive-mind-green-0': green } = pods;
    const waiting = Object.entries({ ...pods, 'hive-mind-green-1': green }).map(([name, pod]) => [
      name,
      { ...pod, waits: ['status --json', 'admin'] },
    ]);
    venue.set({ colour: 'blue', annotations, pods: Object.fromEntries(waiting) });
    const evidence = join(venue.folder, 'at-once');
    const { status, stderr } = await venue.run('emergency-rollback.sh', '--evidence', evidence);
    venue.set({ ...venue.venue, pods });
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /does not answer|was not demoted/);
    assert.deepEqual(await venue.states(), [
      'clients are sent to green',
      'blue hive-mind-blue-0 observing',
      'blue hive-mind-blue-1 observing',
      'green hive-mind-green-0 serving',
    ]);
  });
});
