/**
 * Reads the doc comments of the domain's tables, so that the generated documents say what the source says.
 * It understands the shape of those files only: `export const Name = …` or `const name = {`, and in it one
 * member a line.
 */

export interface CommentedBlock {
  /** The comment above the block; '' where there is none. */
  readonly comment: string;
  /** The comments of its members by name. */
  readonly members: ReadonlyMap<string, string>;
}

/** The blocks of `source` by the name of their constant. */
export function readComments(source: string): Map<string, CommentedBlock> {
  const blocks = new Map<string, CommentedBlock>();
  let members = new Map<string, string>();
  let pending = '';
  let open: string[] | undefined;
  for (const line of source.split('\n')) {
    const text = line.trim();
    if (open !== undefined || text.startsWith('/**')) {
      open = [...(open ?? []), text.replace(/^\/?\*+\/?\s?/, '').replace(/\s*\*\/$/, '')];
      if (text.endsWith('*/')) {
        pending = open.join(' ').trim().replaceAll(/\s+/g, ' ');
        open = undefined;
      }
      continue;
    }
    const block = /^(?:export )?const (\w+)\b/.exec(line);
    const member = /^(\w+): /.exec(text);
    if (block !== null) {
      members = new Map();
      blocks.set(block[1] as string, { comment: pending, members });
    } else if (member !== null && pending !== '') {
      members.set(member[1] as string, pending);
    }
    if (text !== '') pending = '';
  }
  return blocks;
}
