/**
 * A stub of kubectl for tests, on their PATH: there is no cluster here. It records each command line, answers what the scripts ask for from the folder that
 * STUB_KUBECTL names, and runs what is to be run in a pod on this machine, on the data directory that the folder gives to the pod. Anything else ends with 1.
 *
 * The folder has `venue.json` ({colour, pods: {NAME: {colour, dataDirectory, fails, hangs, waits}}, images}) and gets `calls.jsonl`, a line for each call.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_FLAGS } from '../../bin/runtime.js';

export interface StubVenue {
  readonly colour: string;
  readonly pods: {
    readonly [name: string]: {
      readonly colour: string;
      readonly dataDirectory: string;
      /** A command of hive that fails there. */
      readonly fails?: string;
      /** A command of hive that never ends there, as on a machine that hangs. */
      readonly hangs?: string;
      /** Commands of hive that end there only when all pods of the colour were told the same. */
      readonly waits?: readonly string[];
    };
  };
  /** Of the pods, when ports are forwarded. */
  readonly httpPort?: number;
  readonly annotations: { readonly [name: string]: string };
}

const CLI = join(import.meta.dirname, '../../src/app/cli.ts');
/** Longer than any script waits. */
const HANGS_MS = 600_000;
const LOOK_MS = 50;
const POD_DATA_DIRECTORY = '/var/lib/hive-mind';

const folder = process.env['STUB_KUBECTL'] ?? '';
const file = join(folder, 'venue.json');
const venue = JSON.parse(readFileSync(file, 'utf8')) as StubVenue;
const args = process.argv.slice(2);
appendFileSync(join(folder, 'calls.jsonl'), `${JSON.stringify(args)}\n`);
if (args[2] === 'port-forward') {
  console.log(`Forwarding from 127.0.0.1:${venue.httpPort} -> 26080`);
  // Until it is killed, as kubectl does.
  setInterval(() => {}, 1_000);
} else process.exit(answer());

function answer(): number {
  if (args[0] === 'kustomize') {
    console.log(`image: ghcr.io/hive-mind/hive-mind@sha256:${'0'.repeat(64)}`);
    return 0;
  }
  if (args[0] !== '--namespace' || args[1] !== 'hive-mind') return refuse();
  const [verb, what, ...rest] = args.slice(2);
  switch (`${verb} ${what}`) {
    case 'get service':
      say({
        spec: { selector: { 'app.kubernetes.io/name': 'hive-mind', 'hive-mind/colour': venue.colour } },
      });
      return 0;
    case 'get deployment':
      say({ spec: { replicas: namesOf(rest[0].replace('hive-mind-', '')).length } });
      return 0;
    case 'get pods':
      return getPods(rest);
    case 'patch service':
      return patchService(rest);
    case 'delete deployment':
    case 'patch configmap':
    case 'scale deployment':
    case 'label pod':
    case 'annotate pod':
    case 'rollout status':
      return 0;
    default:
      if (verb === 'exec') return exec(what, rest);
      return verb === 'apply' && what === '--filename' ? apply() : refuse();
  }
}

/** Records what was to be applied. */
function apply(): number {
  appendFileSync(
    join(folder, 'calls.jsonl'),
    `${JSON.stringify(['-', '-', readFileSync(0, 'utf8').trim()])}\n`,
  );
  return 0;
}

function namesOf(colour: string): string[] {
  return Object.keys(venue.pods).filter((name) => venue.pods[name].colour === colour);
}

function getPods([selector, labels, output, form]: string[]): number {
  const colour = /^app\.kubernetes\.io\/name=hive-mind,hive-mind\/colour=(blue|green)$/.exec(labels)?.[1];
  if (selector !== '--selector' || colour === undefined || output !== '--output') return refuse();
  const names = namesOf(colour);
  if (form === 'name') for (const name of names) console.log(`pod/${name}`);
  else if (form === 'json') {
    const image = `registry.example/hive-mind@sha256:${colour === 'blue' ? 'b' : 'c'}0ffee`;
    say({
      items: names.map((name) => ({
        metadata: { name },
        spec: { containers: [{ name: 'hive-mind', image }] },
        status: {
          conditions: [{ type: 'Ready', status: venue.colour === colour ? 'True' : 'False' }],
          containerStatuses: [{ name: 'hive-mind', restartCount: 0 }],
        },
      })),
    });
  } else return refuse();
  return 0;
}

function patchService([service, type, merge, option, text]: string[]): number {
  if (service !== 'hive-mind' || type !== '--type' || merge !== 'merge' || option !== '--patch')
    return refuse();
  const { metadata, spec } = JSON.parse(text);
  const colour = spec.selector['hive-mind/colour'];
  writeFileSync(file, JSON.stringify({ ...venue, colour, annotations: metadata.annotations }));
  return 0;
}

function exec(pod: string, [option, container, dashes, command, ...rest]: string[]): number {
  const place = venue.pods[pod];
  if (place === undefined || option !== '--container' || container !== 'hive-mind') return refuse();
  if (dashes !== '--' || command !== 'hive' || rest.at(-1) !== POD_DATA_DIRECTORY) return refuse();
  const line = rest.join(' ');
  if (place.fails !== undefined && line.startsWith(place.fails)) return 1;
  if (place.hangs !== undefined && line.startsWith(place.hangs)) sleep(HANGS_MS);
  if (place.waits?.some((waiting) => line.startsWith(waiting)) === true)
    while (!wereAllTold(place.colour, line)) sleep(LOOK_MS);
  const there = rest.map((argument) => (argument === POD_DATA_DIRECTORY ? place.dataDirectory : argument));
  return spawnSync(process.execPath, [...NODE_FLAGS, CLI, ...there], { stdio: 'inherit' }).status ?? 1;
}

function wereAllTold(colour: string, line: string): boolean {
  const calls = readFileSync(join(folder, 'calls.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((call) => JSON.parse(call) as string[]);
  return namesOf(colour).every((name) =>
    calls.some((call) => call[3] === name && call.slice(8).join(' ') === line),
  );
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function say(value: object): void {
  console.log(JSON.stringify(value));
}

function refuse(): number {
  console.error(`the stub of kubectl does not know: ${args.join(' ')}`);
  return 1;
}
