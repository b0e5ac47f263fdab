import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { Manifests, type Resource } from '#app/kubernetes/manifests.ts';

export const ROOT = join(import.meta.dirname, '../..');
export const KUBERNETES = join(ROOT, 'deployment/kubernetes');

/** The documents of a YAML file. */
export function documentsOf(path: string): Resource[] {
  return parseAllDocuments(readFileSync(path, 'utf8')).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Resource;
  });
}

/** Everything that deployment/kubernetes/kustomization.yaml names. */
export function ownManifests(): Manifests {
  const { resources } = parse(readFileSync(join(KUBERNETES, 'kustomization.yaml'), 'utf8')) as {
    resources: string[];
  };
  return new Manifests(resources.flatMap((file) => documentsOf(join(KUBERNETES, file))));
}

/** The resources of an overlay. */
export function overlayManifests(name: string): Manifests {
  return new Manifests(documentsOf(join(KUBERNETES, 'overlays', name, 'resources.yaml')));
}

/** By kind and name. */
export function find(manifests: Manifests, kind: string, name: string): Resource {
  const found = manifests.of(kind).find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`there is no ${kind} ${name}`);
  return found;
}

/** Why a program cannot be used; undefined: it can. */
export function whyNo(program: string, ...args: readonly string[]): string | undefined {
  const { error, status } = spawnSync(program, args, { stdio: 'ignore' });
  return error === undefined && status === 0 ? undefined : `no ${program} on this machine`;
}

/** A certificate for any name, by openssl. */
export function makeCertificate(directory: string): { certificate: string; key: string } {
  const [certificate, key] = [join(directory, 'tls.crt'), join(directory, 'tls.key')];
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
  ];
  execFileSync('openssl', [...args, '-subj', '/CN=hive', '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  return { certificate, key };
}

/** YAML files of a folder. */
export function yamlFilesOf(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith('.yaml'));
}
