import { readFileSync } from 'node:fs';
import type { DictionarySource, FieldSource, MemberSource } from '#codec/fix/dictionary/dictionary.ts';

/** An element of an XML file as a dictionary needs it. */
interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: Element[];
}

/** Tags of elements; what else an XML file may hold, a QuickFIX dictionary does not. */
const TAG = /<(\/?)([A-Za-z][\w-]*)((?:\s+[\w-]+\s*=\s*(?:'[^']*'|"[^"]*"))*)\s*(\/?)>/g;
const ATTRIBUTE = /([\w-]+)\s*=\s*(?:'([^']*)'|"([^"]*)")/g;

function parseXml(text: string): Element {
  const root: Element = { name: '', attributes: new Map(), children: [] };
  const open = [root];
  for (const [, closes, name = '', attributes = '', empty] of text
    .replaceAll(/<!--.*?-->/gs, '')
    .matchAll(TAG)) {
    if (closes === '/') {
      if (open.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
      continue;
    }
    const element: Element = {
      name,
      attributes: new Map(
        [...attributes.matchAll(ATTRIBUTE)].map(([, key = '', a, b]) => [key, a ?? b ?? '']),
      ),
      children: [],
    };
    open.at(-1)?.children.push(element);
    if (empty !== '/') open.push(element);
  }
  return root.children[0] as Element;
}

/** Reads a data dictionary in QuickFIX's XML format. */
export function readQuickFixDictionary(path: string): DictionarySource {
  const fix = parseXml(readFileSync(path, 'utf8'));
  const part = (name: string): Element | undefined => fix.children.find((child) => child.name === name);
  const attribute = ({ attributes }: Element, name: string): string => attributes.get(name) ?? '';
  const fields: FieldSource[] = (part('fields')?.children ?? []).map((field) => ({
    tag: Number(attribute(field, 'number')),
    name: attribute(field, 'name'),
    type: attribute(field, 'type'),
    ...(field.children.length > 0 ? { values: field.children.map((value) => attribute(value, 'enum')) } : {}),
  }));
  const tags = new Map(fields.map(({ name, tag }) => [name, tag]));
  const components = new Map(
    (part('components')?.children ?? []).map((component) => [attribute(component, 'name'), component]),
  );

  const members = (element: Element, required: boolean): MemberSource[] =>
    element.children.flatMap((child): MemberSource[] => {
      const name = attribute(child, 'name');
      const isRequired = required && attribute(child, 'required') === 'Y';
      if (child.name === 'component') return members(components.get(name) as Element, isRequired);
      const tag = tags.get(name);
      if (tag === undefined) throw new Error(`no field ${name}`);
      // A field of a group is required in its entries, whether the group is or not.
      if (child.name === 'group') return [{ tag, required: isRequired, group: members(child, true) }];
      return [{ tag, required: isRequired }];
    });

  const [type, major, minor] = ['type', 'major', 'minor'].map((name) => attribute(fix, name));
  return {
    beginString: `${type}.${major}.${minor}`,
    fields,
    header: members(part('header') as Element, true),
    trailer: members(part('trailer') as Element, true),
    messages: (part('messages')?.children ?? []).map((message) => ({
      name: attribute(message, 'name'),
      msgType: attribute(message, 'msgtype'),
      admin: attribute(message, 'msgcat') === 'admin',
      members: members(message, true),
    })),
  };
}
