import { RESERVED_CODES } from '#domain/regulatory-fields.ts';
import { CsvError, parseTable } from './csv.ts';
import { isLei } from './identifiers.ts';

/** Whom a code names. */
export const CODE_KINDS = ['member', 'client', 'person', 'algorithm', 'broker'] as const;
export type CodeKind = (typeof CODE_KINDS)[number];
const CODE_MAX = 2 ** 32 - 1;
/** Of an algorithm, as the annex has it, and of a national identification of a person: country, and up to 35 characters. */
const IDENTIFICATION = /^[A-Za-z0-9][A-Za-z0-9#._+-]{0,49}$/;

/**
 * What the short codes of orders stand for: LEIs, national identifications, algorithms. Members go by the number of their account, or of one user
 * of it, which is then written `user-NUMBER` and goes before the account. Members number their clients and people as they like: a code can be that of one
 * member's orders, which goes before what it means for all.
 */
export class CodeTable {
  declare private readonly identifications: ReadonlyMap<string, string>;

  private constructor(identifications: ReadonlyMap<string, string>) {
    this.identifications = identifications;
  }

  static readonly empty = new CodeTable(new Map());

  /** Reads `kind,code,identification`, and `member` where it is there: the LEI of the member whose code it is. @throws CsvError */
  static parse(text: string): CodeTable {
    const identifications = new Map<string, string>();
    for (const { line, values } of parseTable(text, ['kind', 'code', 'identification'], ['member'])) {
      const { kind, code, identification, member } = values;
      const key = keyOf(kind, checkedCode(line, kind, code), checkedMember(line, kind, member));
      if (identifications.has(key)) throw new CsvError(line, `${key} is there already`);
      checkIdentification(line, kind, identification);
      identifications.set(key, identification);
    }
    return new CodeTable(identifications);
  }

  /**
   * Undefined: the table does not have it.
   * @param member LEI of the member whose order has the code, as far as it is known
   */
  find(kind: CodeKind, code: number | string, member = ''): string | undefined {
    const { identifications } = this;
    return identifications.get(keyOf(kind, code, member)) ?? identifications.get(keyOf(kind, code, ''));
  }
}

function keyOf(kind: string, code: number | string, member: string): string {
  return member === '' ? `${kind} ${code}` : `${kind} ${code} of ${member}`;
}

/** A code without leading zeros. @throws CsvError */
function checkedCode(line: number, kind: string, code: string): string {
  if (!CODE_KINDS.includes(kind as CodeKind))
    throw new CsvError(line, `kind "${kind}" is none of ${CODE_KINDS.join(', ')}`);
  const [, prefix = '', digits] = /^(user-)?(\d{1,10})$/.exec(code) ?? [];
  const number = Number(digits);
  const isMember = kind === 'member';
  if (digits === undefined || number > CODE_MAX || (prefix !== '' && !isMember)) {
    const what = isMember ? 'the number of an account, or user- and that of a user' : 'a number below 2^32';
    throw new CsvError(line, `code "${code}" must be ${what}`);
  }
  if (number < (isMember ? 1 : RESERVED_CODES))
    throw new CsvError(line, `code "${code}" is nobody's: they begin with ${isMember ? 1 : RESERVED_CODES}`);
  return prefix + number;
}

/** @throws CsvError */
function checkedMember(line: number, kind: string, member: string): string {
  if (member === '') return member;
  if (kind === 'member') throw new CsvError(line, `member "${member}" stands where a member is named itself`);
  if (!isLei(member)) throw new CsvError(line, `member "${member}" must be an LEI`);
  return member;
}

/** @throws CsvError */
function checkIdentification(line: number, kind: string, identification: string): void {
  const isFirm = kind === 'member' || kind === 'broker';
  if (isFirm && !isLei(identification))
    throw new CsvError(line, `identification "${identification}" of a ${kind} must be an LEI`);
  if (!IDENTIFICATION.test(identification))
    throw new CsvError(
      line,
      `identification "${identification}" must be 1 to 50 letters and digits, behind the first also # . _ + -`,
    );
}
