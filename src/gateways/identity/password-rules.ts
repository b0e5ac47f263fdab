/** Characters of a password that a person chooses. */
export const PASSWORD_LENGTH_MIN = 12;
export const PASSWORD_LENGTH_MAX = 128;
/** Different characters of such a password. */
export const PASSWORD_VARIETY_MIN = 5;

/**
 * What is wrong with a password that a person chooses, or undefined. Length counts, not kinds of characters (NIST SP 800-63B,
 * 5.1.1.2). Passwords that machines use at SoupBinTCP doors have at most 10 characters and are made by the venue.
 */
export function passwordFault(password: string, name: string): string | undefined {
  const characters = [...password];
  if (characters.length < PASSWORD_LENGTH_MIN)
    return `it must have ${PASSWORD_LENGTH_MIN} characters or more`;
  if (characters.length > PASSWORD_LENGTH_MAX)
    return `it must have ${PASSWORD_LENGTH_MAX} characters or fewer`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(password)) return 'it must not have control characters';
  if (new Set(characters).size < PASSWORD_VARIETY_MIN) {
    return `it must have ${PASSWORD_VARIETY_MIN} different characters or more`;
  }
  if (password.toUpperCase().includes(name.toUpperCase())) return 'it must not have the login name in it';
  return undefined;
}
