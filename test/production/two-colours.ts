import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { NatsServers } from '../support/nats-cluster.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import type { StubVenue } from './stub-kubectl.ts';
import { installStub, runScript, startNode, venueConfiguration } from './support.ts';

/** Nodes of blue, which serve, and of green, which observe. kubectl is a stub (stub-kubectl.ts); the nodes and the nats-servers are real. */
export class TwoColours {
  readonly folder: string;
  readonly programs: string;
  readonly closers: (() => unknown)[];

  private constructor(folder: string, closers: (() => unknown)[]) {
    this.folder = folder;
    this.programs = join(folder, 'bin');
    this.closers = closers;
  }

  /** @param names of the pods without what all begin with: blue-0 and so on; node 1 is the first one's */
  static async start(names: readonly string[]): Promise<TwoColours> {
    const closers: (() => unknown)[] = [];
    const t = { after: (close: () => unknown) => closers.unshift(close) } as unknown as TestContext;
    const folder = temporaryDirectory('two-colours');
    const venue = new TwoColours(folder, closers);
    const placeOf = (index: number): string => join(folder, `node-${index + 1}`);
    const pods = names.map((name, i) => [
      `hive-mind-${name}`,
      { colour: name.split('-')[0], dataDirectory: placeOf(i) },
    ]);
    installStub(venue.programs, { colour: 'blue', annotations: {}, pods: Object.fromEntries(pods) });
    const servers = await NatsServers.start({ count: 3, directory: join(folder, 'nats') });
    closers.unshift(() => servers.close());
    const config = venueConfiguration(folder, 1, 'attestEvery: 5');
    const common = ['--cluster', servers.urls.join(','), '--config', config];
    for (const [i, name] of names.entries()) {
      const own = ['--node-id', String(i + 1), ...(name.startsWith('green') ? ['--observe'] : [])];
      await startNode(t, placeOf(i), [...common, ...own]);
    }
    return venue;
  }

  async close(): Promise<void> {
    for (const close of this.closers) await close();
  }

  /** Where a node has its data. */
  directoryOf(nodeId: number): string {
    return join(this.folder, `node-${nodeId}`);
  }

  get venue(): StubVenue {
    return JSON.parse(readFileSync(join(this.programs, 'venue.json'), 'utf8'));
  }

  set(venue: StubVenue): void {
    writeFileSync(join(this.programs, 'venue.json'), JSON.stringify(venue));
  }

  /** Runs a script on this venue. */
  run(script: string, ...args: string[]) {
    rmSync(join(this.programs, 'calls.jsonl'), { force: true });
    return runScript(script, args, {
      PATH: `${this.programs}:${process.env['PATH']}`,
      STUB_KUBECTL: this.programs,
    });
  }

  /** Command lines of kubectl that change something, since the last run. */
  changes(): string[] {
    return readFileSync(join(this.programs, 'calls.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string[])
      .filter(([verb]) => verb !== 'kustomize')
      .map((line) => line.slice(2).join(' '))
      .filter((line) => !/^get |hive status /.test(line));
  }

  /** What deploy.sh status says, line by line. */
  async states(): Promise<string[]> {
    const { status, stdout, stderr } = await this.run('deploy.sh', 'status');
    assert.equal(status, 0, stderr);
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.replaceAll(/ +/g, ' '));
  }
}

/** What kubectl is told to run in a pod. */
export const exec = (pod: string, command: string) =>
  `exec hive-mind-${pod} --container hive-mind -- hive ${command} --data-dir /var/lib/hive-mind`;
/** How pods of a colour start that come later. */
export const start = (colour: string, mode: string) =>
  `patch configmap hive-mind-start-${colour} --type merge --patch {"data":{"mode":"${mode}"}}`;
/** Clients are sent to another colour. */
export const patch = (to: string, from: string) =>
  `patch service hive-mind --type merge --patch {"metadata":{"annotations":{"hive-mind/previous-colour":"${from}"}},"spec":{"selector":{"hive-mind/colour":"${to}"}}}`;
