import type { JsonObject } from '@nearhit/core';
import { bodyOf, DEFAULT_USAGE, type FakeDialect, type Heard, objects, pieces, type Said } from './fake-dialect.ts';
import type { OriginCall } from './origin.ts';

const FINISH = { stop: 'STOP', length: 'MAX_TOKENS', calls: 'STOP', filtered: 'SAFETY' } as const;

function usageOf({ input, cached, output, thought } = DEFAULT_USAGE): JsonObject {
  return {
    promptTokenCount: input,
    cachedContentTokenCount: cached,
    candidatesTokenCount: output - thought,
    thoughtsTokenCount: thought,
    totalTokenCount: input + output,
  };
}

function callParts(calls: Said['calls'] = []): JsonObject[] {
  return calls.map(({ id, name, args }) => ({ functionCall: { id, name, args } }));
}

function answer(said: Said, model: string, candidates: JsonObject[]): JsonObject {
  return { candidates, modelVersion: model, responseId: 'resp-1', ...said.extra };
}

function whole(said: readonly Said[], model: string): JsonObject {
  const candidates = said.map(({ thought, text, calls, end }, index) => ({
    index,
    content: {
      role: 'model',
      parts: [
        ...(thought === undefined ? [] : [{ text: thought, thought: true }]),
        ...(text === undefined ? [] : [{ text }]),
        ...callParts(calls),
      ],
    },
    finishReason: FINISH[end ?? 'stop'],
  }));
  return { ...answer(said[0] ?? {}, model, candidates), usageMetadata: usageOf(said[0]?.usage) };
}

function events(said: readonly Said[], model: string): string[] {
  const event = (candidate: JsonObject, more: JsonObject = {}) =>
    `data: ${JSON.stringify({ ...answer(said[0] ?? {}, model, [candidate]), ...more })}\r\n\r\n`;
  const part = (index: number, value: JsonObject) =>
    event({ index, content: { role: 'model', parts: [value] } }, { usageMetadata: { promptTokenCount: 1 } });
  return said.flatMap((one, index) => [
    ...pieces(one.thought ?? '').map((text) => part(index, { text, thought: true })),
    ...pieces(one.text ?? '').map((text) => part(index, { text })),
    ...callParts(one.calls).map((value) => part(index, value)),
    event(
      { index, content: { role: 'model', parts: [{ text: '' }] }, finishReason: FINISH[one.end ?? 'stop'] },
      { usageMetadata: usageOf(said[0]?.usage) },
    ),
  ]);
}

function textOf(parts: unknown): string {
  return objects(parts)
    .map(({ text }) => String(text ?? ''))
    .join('');
}

function imageOf({ inlineData, fileData }: JsonObject): string {
  const inline = inlineData as { mimeType: string; data: string } | undefined;
  return inline === undefined ? (fileData as { fileUri: string }).fileUri : `${inline.mimeType} ${inline.data}`;
}

function choiceOf(config: JsonObject | undefined): string | undefined {
  const calling = config?.functionCallingConfig as { mode: string; allowedFunctionNames?: string[] } | undefined;
  if (calling === undefined) return undefined;
  return calling.allowedFunctionNames?.[0] ?? (calling.mode === 'ANY' ? 'required' : calling.mode.toLowerCase());
}

function hear(call: OriginCall): Heard {
  const path = /^\/v1beta\/models\/([^:]+):(generateContent|streamGenerateContent\?alt=sse)$/.exec(call.path);
  if (path === null) throw new Error(`asked for ${call.path}`);
  const body = bodyOf(call);
  const contents = objects(body.contents);
  const parts = contents.flatMap((content) => objects(content.parts));
  const config = (body.generationConfig ?? {}) as JsonObject;
  const declared = objects(body.tools).flatMap(({ functionDeclarations }) => objects(functionDeclarations));
  return {
    model: decodeURIComponent(path[1] ?? ''),
    stream: path[2] !== 'generateContent',
    system: textOf((body.systemInstruction as JsonObject | undefined)?.parts),
    turns: contents
      .filter((content) => textOf(content.parts) !== '')
      .map((content) => `${content.role === 'model' ? 'assistant' : 'user'}: ${textOf(content.parts)}`),
    images: parts.filter(({ inlineData, fileData }) => inlineData ?? fileData).map(imageOf),
    calls: parts.flatMap(({ functionCall }) => {
      if (functionCall === undefined) return [];
      const { name, args } = functionCall as { name: string; args: unknown };
      return [{ name, args }];
    }),
    results: parts.flatMap(({ functionResponse }) => {
      if (functionResponse === undefined) return [];
      const { name, response } = functionResponse as { name: string; response: { result: string } };
      return [{ of: name, text: response.result }];
    }),
    tools: declared.map(({ name, parametersJsonSchema }) => ({
      name: String(name),
      properties: Object.keys((parametersJsonSchema as { properties: object }).properties),
    })),
    toolChoice: choiceOf(body.toolConfig as JsonObject | undefined),
    maxTokens: config.maxOutputTokens as number | undefined,
    temperature: config.temperature as number | undefined,
    stop: (config.stopSequences ?? []) as string[],
    key: call.headers['x-goog-api-key'] as string | undefined,
    body,
  };
}

export const geminiFake: FakeDialect = {
  kind: 'gemini',
  passes: false,
  choices: true,
  whole,
  events,
  hear,
  refusal: (code, message) => ({ error: { code, message, status: 'SOME_STATUS' } }),
  breakdown: (message) => `data: ${JSON.stringify({ error: { code: 503, message, status: 'UNAVAILABLE' } })}\n\n`,
  list: {
    path: '/v1beta/models?pageSize=1000',
    body: { models: [{ name: 'models/m-1' }, { name: 'models/m-2', displayName: 'Two' }] },
    ids: ['m-1', 'm-2'],
  },
};
