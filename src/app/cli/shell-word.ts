/** A text as one word for a POSIX shell: as it is where every shell reads it so, else in single quotes. For commands that are shown to be copied. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
