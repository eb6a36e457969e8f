import type { QuestionFacts } from '../facts.ts';

const REASON =
  /^(?:why|how come)\b|\bwhat (?:causes?|caused|led to|brought about|factors)\b|\breasons? (?:for|why|behind)\b|\bcauses? of\b/;
const RESULT =
  /\b(?:results?|effects?|consequences?|outcomes?) (?:of|when|if)\b|\bwhat (?:happens?|happened) (?:when|if|after)\b|\bwhat (?:came|comes) (?:about|of)\b|\bwhat (?:did|does|do) .{1,60} (?:lead to|cause|result in)\b/;

function asked({ wording }: QuestionFacts): 'why' | 'what of it' | undefined {
  const [reason, result] = [REASON.test(wording), RESULT.test(wording)];
  return reason === result ? undefined : reason ? 'why' : 'what of it';
}

/** `Why did it fall?`, `What happened after it fell?` */
export function causeOrEffect(a: QuestionFacts, b: QuestionFacts): readonly [string, string] | undefined {
  const [x, y] = [asked(a), asked(b)];
  return x !== undefined && y !== undefined && x !== y ? [x, y] : undefined;
}
