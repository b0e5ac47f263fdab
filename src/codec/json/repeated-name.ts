const TOKEN = /"([^"\\]*(?:\\.[^"\\]*)*)"(\s*:)?|[{}]/g;
const COLON = ':';
const QUOTE_CODE = 0x22;
const SPACE_CODE = 0x20;

/**
 * The first name that an object of a JSON text has twice. Readers differ in which of the values they take (RFC 8259, section 4): what
 * checks a request before it comes here may have looked at another.
 * @param value what the text was read as
 */
export function repeatedName(text: string, value: unknown): string | undefined {
  return namesAtMost(text) === namesOf(value) ? undefined : findRepeated(text);
}

/** How many names a text has, or more where its strings look like some. */
function namesAtMost(text: string): number {
  let names = 0;
  for (let at = text.indexOf(COLON); at !== -1; at = text.indexOf(COLON, at + 1)) {
    let before = at - 1;
    while (text.charCodeAt(before) <= SPACE_CODE) before--;
    if (text.charCodeAt(before) === QUOTE_CODE) names++;
  }
  return names;
}

/** Without recursion: a text may be as deep as it is long. */
function namesOf(value: unknown): number {
  let names = 0;
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    const values = Object.values(next);
    if (!Array.isArray(next)) names += values.length;
    for (const inner of values) if (typeof inner === 'object') open.push(inner);
  }
  return names;
}

function findRepeated(text: string): string | undefined {
  const outer: Set<string>[] = [];
  let names = new Set<string>();
  for (const [token, string, colon] of text.matchAll(TOKEN)) {
    if (token === '{') {
      outer.push(names);
      names = new Set();
    } else if (token === '}') {
      names = outer.pop() as Set<string>;
    } else if (colon !== undefined) {
      const name = JSON.parse(`"${string}"`) as string;
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}
