import {
  type DictionarySource,
  type FieldSource,
  FixDictionaryError,
  type MemberSource,
  type MessageSource,
} from './dictionary.ts';
import { FIX_FIELDS } from './fields.ts';
import {
  FIX_APPLICATION_MESSAGES,
  FIX_COMPONENTS,
  FIX_HEADER,
  FIX_SESSION_MESSAGES,
  FIX_TRAILER,
} from './messages.ts';

/** A version as messages.ts names it. */
export type VersionMark = '42' | '44' | '50';

/** A name, `!` for required, and for a group the `(` that opens its entries; or the `)` that closes them. */
const MEMBER = /\s*(?:(@?)(\w+)(!?)(\(?)|(\)))(?::([\d,]+))?/;

interface Block {
  readonly title: string;
  readonly members: string;
}

/** Turns fields.ts and messages.ts into a dictionary source of one version. @throws FixDictionaryError naming the place */
export class CompactReader {
  declare private readonly version: VersionMark;
  declare private readonly tags: ReadonlyMap<string, FieldSource>;
  declare private readonly components: ReadonlyMap<string, string>;

  constructor(version: VersionMark) {
    this.version = version;
    this.tags = new Map(readFields(FIX_FIELDS).map((field) => [field.name, field]));
    this.components = new Map(blocks(FIX_COMPONENTS).map(({ title, members }) => [title, members]));
  }

  /** The session layer of the version, and its application messages with it. */
  read(beginString: string): DictionarySource {
    return this.#source(beginString, [
      ...this.#messages(FIX_SESSION_MESSAGES, true),
      ...this.#messages(FIX_APPLICATION_MESSAGES, false),
    ]);
  }

  /** The session layer alone. */
  readSession(beginString: string): DictionarySource {
    return this.#source(beginString, this.#messages(FIX_SESSION_MESSAGES, true));
  }

  /** The application messages alone, for a session layer of another version. */
  readApplication(): DictionarySource {
    const messages = this.#messages(FIX_APPLICATION_MESSAGES, false);
    return {
      fields: this.#fieldsOf(messages.map(({ members }) => members)),
      header: [],
      trailer: [],
      messages,
    };
  }

  #source(beginString: string, messages: readonly MessageSource[]): DictionarySource {
    const header = this.#members(FIX_HEADER, 'header');
    const trailer = this.#members(FIX_TRAILER, 'trailer');
    const fields = this.#fieldsOf([header, trailer, ...messages.map(({ members }) => members)]);
    return { beginString, fields, header, trailer, messages };
  }

  /** The fields that members use, in the order of their tags. */
  #fieldsOf(sections: readonly (readonly MemberSource[])[]): FieldSource[] {
    const used = new Set<number>();
    const note = (members: readonly MemberSource[]): void => {
      for (const { tag, group } of members) {
        used.add(tag);
        if (group !== undefined) note(group);
      }
    };
    for (const members of sections) note(members);
    return [...this.tags.values()].filter(({ tag }) => used.has(tag)).sort((a, b) => a.tag - b.tag);
  }

  #messages(text: string, admin: boolean): MessageSource[] {
    return blocks(text).flatMap(({ title, members }) => {
      const [, msgType = '', name = '', versions] = /^(\w+) (\w+)(?::([\d,]+))?$/.exec(title) ?? [];
      if (name === '') throw new FixDictionaryError(`"${title}" is not "msgType name"`);
      if (!this.#applies(versions)) return [];
      return [{ name, msgType, admin, members: this.#members(members, name) }];
    });
  }

  #members(text: string, place: string): MemberSource[] {
    const root: MemberSource[] = [];
    const open: { tag: number; required: boolean; members: MemberSource[] }[] = [];
    let members = root;
    const pattern = new RegExp(MEMBER, 'y');
    while (text.slice(pattern.lastIndex).trim() !== '') {
      const from = pattern.lastIndex;
      const match = pattern.exec(text);
      if (match === null)
        throw new FixDictionaryError(`${place}: "${text.slice(from).trim()}" is not a member`);
      const [, at, name = '', required, opens, closes, versions] = match;
      const applies = this.#applies(versions);
      if (closes !== undefined) {
        const group = open.pop();
        if (group === undefined)
          throw new FixDictionaryError(`${place}: a group is closed that was not opened`);
        const outer = open.at(-1)?.members ?? root;
        if (applies) outer.push({ tag: group.tag, required: group.required, group: group.members });
        members = outer;
      } else if (opens === '(') {
        members = [];
        open.push({ tag: this.#tag(name, place), required: required === '!', members });
      } else if (applies) {
        if (at === '@') members.push(...this.#component(name, place));
        else members.push({ tag: this.#tag(name, place), required: required === '!' });
      }
    }
    if (open.length > 0) throw new FixDictionaryError(`${place}: a group is not closed`);
    return root;
  }

  #component(name: string, place: string): MemberSource[] {
    const members = this.components.get(name);
    if (members === undefined) throw new FixDictionaryError(`${place}: no component ${name}`);
    return this.#members(members, name);
  }

  #tag(name: string, place: string): number {
    const field = this.tags.get(name);
    if (field === undefined) throw new FixDictionaryError(`${place}: no field ${name}`);
    return field.tag;
  }

  #applies(versions: string | undefined): boolean {
    return versions === undefined || versions.split(',').includes(this.version);
  }
}

function readFields(text: string): FieldSource[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [tag, name, type, ...values] = line.split(' ');
      if (name === undefined || type === undefined) {
        throw new FixDictionaryError(`"${line}" is not "tag name type values"`);
      }
      return { tag: Number(tag), name, type, ...(values.length > 0 ? { values } : {}) };
    });
}

/** Blocks of a title line and the lines up to the next empty one. */
function blocks(text: string): Block[] {
  return text
    .trim()
    .split(/\n\n+/)
    .map((block) => {
      const end = block.indexOf('\n');
      return { title: block.slice(0, end), members: block.slice(end) };
    });
}
