import type { LineCounter } from 'yaml';

/** Something wrong at one place of a configuration file. */
export interface ConfigIssue {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Path of the key, such as `venue.assets[0].symbol`; empty for the file as a whole. */
  readonly key: string;
  readonly message: string;
}

/** Most issues that one error lists. */
const ISSUES_SHOWN_MAX = 20;

/** A configuration cannot be used. The message has a line for each thing to correct. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG';
  declare readonly file: string;
  declare readonly issues: readonly ConfigIssue[];

  constructor(file: string, issues: readonly ConfigIssue[], options?: { cause?: unknown }) {
    const lines = issues.slice(0, ISSUES_SHOWN_MAX).map(({ line, column, key, message }) => {
      const place = line === 0 ? file : `${file}:${line}:${column}`;
      return key === '' ? `${place}: ${message}` : `${place}: ${key}: ${message}`;
    });
    if (issues.length > ISSUES_SHOWN_MAX) lines.push(`and ${issues.length - ISSUES_SHOWN_MAX} more`);
    super(lines.join('\n'), options);
    this.file = file;
    this.issues = issues;
  }
}

/** Anything of a YAML document that has a place. */
export interface Placed {
  readonly range?: readonly [number, number, number] | null | undefined;
}

/** Collects the issues of one file, and remembers where the values of its keys stand for checks across keys. */
export class Issues {
  declare readonly found: ConfigIssue[];
  declare private readonly lines: LineCounter;
  declare private readonly places: WeakMap<
    object,
    { readonly path: string; readonly nodes: ReadonlyMap<string, Placed> }
  >;

  constructor(lines: LineCounter) {
    this.found = [];
    this.lines = lines;
    this.places = new WeakMap();
  }

  add(node: Placed | null | undefined, key: string, message: string): void {
    const offset = node?.range?.[0] ?? 0;
    const { line, col } = this.lines.linePos(offset);
    this.found.push({ line: Math.max(line, 1), column: Math.max(col, 1), key, message });
  }

  /** Remembers the nodes that the keys of `value` were read from. */
  remember(value: object, path: string, nodes: ReadonlyMap<string, Placed>): void {
    this.places.set(value, { path, nodes });
  }

  /** Adds an issue with `key` of an object that was read from the file; at the object itself where it lacks the key. */
  addAt(value: object, key: string, message: string): void {
    const place = this.places.get(value);
    const node = place?.nodes.get(key) ?? place?.nodes.get('');
    this.add(node, joined(place?.path ?? '', key), message);
  }
}

/** The path of a key within an object at `path`. */
export function joined(path: string, key: string): string {
  return path === '' || key === '' ? path + key : `${path}.${key}`;
}
