import { marksOf } from '../text/marks-in-order.ts';
import type { Token } from '../text/tokens.ts';

interface Passive {
  /** Key of the verb. */
  readonly verb: string;
  /** Key of the one who acts. */
  readonly agent: string;
}

/** Key of who acts: the first word of meaning behind `by`, or the question word when `by` is the last. */
function agentAfter(tokens: readonly Token[], by: number): string | undefined {
  const first = marksOf(tokens.slice(by + 1)).at(0);
  if (first !== undefined) return tokens[by + 1 + first.at]?.key;
  return by === tokens.length - 1 && tokens[0]?.text === 'who' ? 'who' : undefined;
}

/** `was stolen by X`: a form of `be`, a verb soon after, then `by`. */
function passiveOf(tokens: readonly Token[]): Passive | undefined {
  for (let by = tokens.length - 1; by > 1; by--) {
    if (tokens[by]?.text !== 'by') continue;
    // "by yourself"
    if (/sel(?:f|ves)$/.test(tokens[by + 1]?.text ?? '')) continue;
    const agent = agentAfter(tokens, by);
    let be = -1;
    for (let i = Math.max(0, by - 8); i < by; i++) if (tokens[i]?.key === 'be') be = i;
    if (agent === undefined || be < 0) continue;
    const verb = tokens
      .slice(be + 1, by)
      .find(({ content, text }) => content && /(?:ed|en|n|t|d|ung|ught|ut|un|unk|uck|um|ank|ade|aid)$/.test(text));
    if (verb !== undefined) return { verb: verb.key, agent };
  }
  return undefined;
}

function compare(active: readonly Token[], passive: readonly Token[]): 'same' | 'swapped' | undefined {
  const found = passiveOf(passive);
  if (found === undefined || passiveOf(active) !== undefined) return undefined;
  const acts = active.findIndex(({ key }) => key === found.agent);
  const does = active.findIndex(({ key }) => key === found.verb);
  if (acts < 0 || does < 0) return undefined;
  // "replaced by X" without "was": a passive too.
  if (acts > does && active.slice(does, acts).some(({ text }) => text === 'by')) return undefined;
  // "who did Caesar kill": the question word stands first and suffers.
  const helped = found.agent === 'who' && active.slice(0, does).some(({ key }) => key === 'do');
  return acts < does && !helped ? 'same' : 'swapped';
}

/** One question active, the other passive: does the same one act? Undefined when that is not the case at hand. */
export function roleOf(a: readonly Token[], b: readonly Token[]): 'same' | 'swapped' | undefined {
  return compare(a, b) ?? compare(b, a);
}
