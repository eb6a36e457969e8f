import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../failures.ts';
import { linesOf } from '../lines.ts';

/** A question, or the messages of a whole conversation. */
export type Prompt = string | readonly unknown[];

/**
 * Prompts of a file, in order: plain text, one a line; or JSONL of strings, {"prompt"}, {"messages"}. Throws Failure with the line's
 * number: what is measured must be what was meant.
 */
export async function readPrompts(file: string, cwd: string): Promise<Prompt[]> {
  const prompts: Prompt[] = [];
  try {
    const isJson = /\.(jsonl|ndjson)$/i.test(file);
    for await (const { number, text, fault } of linesOf(createReadStream(resolve(cwd, file)))) {
      if (text?.trim() === '') continue;
      const prompt = text === undefined ? undefined : isJson ? promptOf(text) : text.trim();
      if (prompt === undefined)
        throw new Failure(
          `${file}:${number}: ${fault ?? 'expected JSON: a string, {"prompt": "..."} or {"messages": [...]}'}`,
        );
      prompts.push(prompt);
    }
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(`${file} can't be read: ${(error as Error).message}`);
  }
  if (prompts.length === 0) throw new Failure(`${file} holds no prompts.`);
  return prompts;
}

function promptOf(line: string): Prompt | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json === 'string') return json;
  const { prompt, messages } = (json ?? {}) as { prompt?: unknown; messages?: unknown };
  if (typeof prompt === 'string') return prompt;
  return Array.isArray(messages) && messages.length > 0 ? messages : undefined;
}
