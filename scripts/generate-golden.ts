/**
 * Writes test/golden/records.hex anew. Run it only when a record was added or an unreleased one changed: every
 * changed line is a change of the log's format, which old data directories do not survive.
 */
import { writeFileSync } from 'node:fs';
import { goldenText } from '../test/sample-records.ts';

writeFileSync(new URL('../test/golden/records.hex', import.meta.url), goldenText());
