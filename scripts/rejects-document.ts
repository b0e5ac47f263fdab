import { HttpStatusOfReject, type RejectName, Rejects } from '#domain/rejects.ts';
import { fixReasonsOf } from './fix-document.ts';

/** First code of each stage, in the order in which the core checks. */
const STAGES = [
  [1, 'The command itself'],
  [100, 'Identity of the order'],
  [200, 'Terms of the order'],
  [300, 'State of the market'],
  [400, 'Risk'],
] as const;

/** docs/rejects.md. */
export function rejectsDocument(): string {
  const lines = [
    '<!-- Generated from src/domain/rejects.ts and src/codec/fix/reject-reasons.ts by scripts/generate-docs.ts: do not edit. -->',
    '# Rejects',
    '',
    'Every refusal that the core answers with `CommandRejected`. Codes are never reused. They come in ranges by the',
    'stage that refuses; within a stage the order of the table is the order of precedence (but DUPLICATE_CLIENT_TAG and DUPLICATE_REQUEST_ID, [matching.md](matching.md#precedence)). "Later" says whether the',
    'same command, unchanged but for its clientOrderId, can succeed later. "HTTP" is the status',
    'of the REST door, "FIX" OrdRejReason and CxlRejReason of FIX 5.0 SP2; other versions are in',
    '[protocols/fix-messages.md](protocols/fix-messages.md#refusals). Over OUCH the reject reason is this code.',
  ];
  STAGES.forEach(([first, title], index) => {
    const end = STAGES[index + 1]?.[0] ?? 500;
    lines.push(
      '',
      `## ${first}-${end - 1}: ${title}`,
      '',
      '| code | name | meaning | later | HTTP | FIX |',
      '|---|---|---|---|---|---|',
    );
    for (const [name, { code, meaning, transient }] of Object.entries(Rejects)) {
      if (code >= first && code < end) {
        const status = HttpStatusOfReject[name as RejectName];
        const fix = fixReasonsOf(name as RejectName);
        const later = transient ? 'yes' : 'no';
        lines.push(`| ${code} | \`${name}\` | ${meaning} | ${later} | ${status} | ${fix} |`);
      }
    }
  });
  return `${lines.join('\n')}\n`;
}
