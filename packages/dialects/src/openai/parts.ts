import { isObject, type JsonObject } from '@nearhit/core';
import { documentContent, documentText, searchResultText } from '../provider/documents.ts';
import { invalid, present, textOf } from '../provider/values.ts';
import type { ChatTraits } from './traits.ts';

/** OpenAI's own parts, each with the field that it is about. */
const OWN: Readonly<Record<string, string>> = {
  text: 'text',
  image_url: 'image_url',
  input_audio: 'input_audio',
  video_url: 'video_url',
  refusal: 'refusal',
};

/** One part as OpenAI's parts. Throws INVALID_REQUEST on what can't be said there. */
export function plainParts(part: JsonObject, param: string, traits: ChatTraits): JsonObject[] {
  const type = textOf(part.type);
  if (Object.hasOwn(OWN, type)) {
    const field = OWN[type] as string;
    return [{ type, [field]: part[field], ...mark(part, traits) }];
  }
  switch (type) {
    case 'file':
      return [{ type, file: fileOf(part, param), ...mark(part, traits) }];
    case 'document':
      return documentParts(part, param, traits);
    case 'search_result':
      return [{ type: 'text', text: searchResultText(part), ...mark(part, traits) }];
    case 'compaction':
      return [{ type: 'text', text: textOf(part.content) }];
    case 'tool_reference':
      return [{ type: 'text', text: `The tool ${textOf(part.tool_name)} can be used.` }];
    case 'image':
      return plainImage(part, param);
    default:
      throw invalid(`This provider has nothing for a content part of type '${type.slice(0, 64)}'.`, param);
  }
}

function mark({ cache_control }: JsonObject, { cacheMarks }: ChatTraits): JsonObject {
  return cacheMarks ? present({ cache_control }) : {};
}

function fileOf({ file }: JsonObject, param: string): JsonObject {
  const { file_id, file_data, file_url, filename } = isObject(file) ? file : {};
  if (file_id === undefined && file_data === undefined && file_url !== undefined)
    throw invalid('This provider takes files as data or by their id, and none by its address.', param);
  return present({ file_id, file_data, filename: filename ?? (file_data === undefined ? undefined : 'file.pdf') });
}

/** What stays of Anthropic's `image` is a picture that lies with Anthropic, or one inside of a document. */
function plainImage({ source }: JsonObject, param: string): JsonObject[] {
  const { type, media_type, data, url } = isObject(source) ? source : {};
  if (type === 'base64') return [{ type: 'image_url', image_url: { url: `data:${media_type};base64,${data}` } }];
  if (type === 'url') return [{ type: 'image_url', image_url: { url } }];
  throw invalid('This provider can’t see a picture that lies with another one: send it as base64 or url.', param);
}

function documentParts(part: JsonObject, param: string, traits: ChatTraits): JsonObject[] {
  const source = isObject(part.source) ? part.source : {};
  const { type, media_type: mediaType, data } = source;
  const text = (words: string): JsonObject[] => [
    { type: 'text', text: documentText(part, words), ...mark(part, traits) },
  ];
  if (type === 'text') return text(textOf(data));
  if (type === 'content') {
    const parts = documentContent(source).flatMap((block, at) =>
      plainParts(block, `${param}.source.content[${at}]`, traits),
    );
    return [...(documentText(part, '') === '' ? [] : text('')), ...parts];
  }
  if (type === 'base64' && /^text\//.test(textOf(mediaType)))
    return text(Buffer.from(textOf(data), 'base64').toString('utf8'));
  if (type === 'base64') {
    const filename = textOf(part.title) || 'document.pdf';
    return [{ type: 'file', file: { filename, file_data: `data:${mediaType};base64,${data}` }, ...mark(part, traits) }];
  }
  const what = type === 'url' ? 'document by its address' : `document with a source of type '${textOf(type)}'`;
  throw invalid(`This provider takes no ${what}: send it as base64 or text.`, `${param}.source`);
}
