/** Whether a text has the printable characters of ASCII only, which is what commands of the log can carry. Empty texts have. */
export function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}
