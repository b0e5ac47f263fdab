import { CompactReader } from './compact.ts';
import { buildDictionary, type FixDictionary } from './dictionary.ts';

/** BeginStrings of the versions that the platform speaks. FIX 5.0 SP2 has its session layer from FIXT 1.1. */
export const FixVersion = {
  Fix42: 'FIX.4.2',
  Fix44: 'FIX.4.4',
  Fixt11: 'FIXT.1.1',
} as const;
export type FixVersion = (typeof FixVersion)[keyof typeof FixVersion];

/** DefaultApplVerID of FIX 5.0 SP2, the application version of FIXT 1.1 sessions. */
export const APPL_VER_ID_50SP2 = '9';

/** The platform's own dictionary of a version. Made anew with each call: some milliseconds. */
export function platformDictionary(version: FixVersion): FixDictionary {
  if (version === FixVersion.Fixt11) {
    const reader = new CompactReader('50');
    return buildDictionary(reader.readSession(version), reader.readApplication());
  }
  return buildDictionary(new CompactReader(version === FixVersion.Fix42 ? '42' : '44').read(version));
}
