const A = 'A'.charCodeAt(0);

/** The digits of a text of digits and capital letters, A being 10, as ISO 17442 and ISO 6166 count them. */
function digitsOf(text: string): string {
  return [...text]
    .map((letter) => (/\d/.test(letter) ? letter : String(letter.charCodeAt(0) - A + 10)))
    .join('');
}

/** Whether a text is a legal entity identifier, its check digits included (ISO 17442, ISO 7064 MOD 97-10). */
export function isLei(text: string): boolean {
  if (!/^[A-Z0-9]{18}\d\d$/.test(text)) return false;
  let rest = 0;
  for (const digit of digitsOf(text)) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}

/** Whether a text is an international securities identification number, its check digit included (ISO 6166). */
export function isIsin(text: string): boolean {
  if (!/^[A-Z]{2}[A-Z0-9]{9}\d$/.test(text)) return false;
  let sum = 0;
  const digits = [...digitsOf(text)].reverse();
  for (const [index, digit] of digits.entries()) {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}
