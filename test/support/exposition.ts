/** What a scrape says: types by name, and samples as they are written. */
export interface Scrape {
  readonly types: ReadonlyMap<string, string>;
  /** By name with labels, as in `hive_connections{door="ouch"}`. */
  readonly samples: ReadonlyMap<string, number>;
}

/** Reads Prometheus' text format, as far as nodes write it. */
export function parseExposition(text: string): Scrape {
  const types = new Map<string, string>();
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) types.set(name, type);
    if (line === '' || line.startsWith('#')) continue;
    const at = line.lastIndexOf(' ');
    const key = line.slice(0, at);
    if (samples.has(key)) throw new Error(`${key} is there twice`);
    samples.set(key, Number(line.slice(at + 1).replace('Inf', 'Infinity')));
  }
  return { types, samples };
}

/** What a node says when it is scraped, as it is written. */
export async function fetchMetrics(operationsPort: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${operationsPort}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  return response.text();
}

/** Scrapes a node. */
export async function scrape(operationsPort: number): Promise<Scrape> {
  return parseExposition(await fetchMetrics(operationsPort));
}
