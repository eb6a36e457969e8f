import { isObject, type JsonObject } from '@nearhit/core';
import { documentContent, documentText, searchResultText } from '../provider/documents.ts';
import { imageUrl, mediaOf } from '../provider/media.ts';
import { invalid, objectsOf, present, textOf } from '../provider/values.ts';

/** A message's content as Gemini's parts; empty texts are gone. */
export function contentParts(content: unknown, param: string): JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ text: content }];
  return objectsOf(content).flatMap((part, at) => partOf(part, `${param}[${at}]`));
}

function partOf(part: JsonObject, param: string): JsonObject[] {
  switch (part.type) {
    case 'text':
      return part.text === '' ? [] : [{ text: textOf(part.text) }];
    case 'refusal':
      return [{ text: textOf(part.refusal) }];
    case 'image_url':
      return [mediaPart(imageUrl(part), `${param}.image_url.url`)];
    case 'video_url':
      return [mediaPart(isObject(part.video_url) ? textOf(part.video_url.url) : '', `${param}.video_url.url`)];
    case 'input_audio':
      return [audioPart(part)];
    case 'file':
      return [filePart(part, param)];
    case 'document':
    case 'image':
      return anthropicSource(part, param);
    case 'search_result':
      return [{ text: searchResultText(part) }];
    case 'compaction':
      return [{ text: textOf(part.content) }];
    case 'tool_reference':
      return [{ text: `The tool ${textOf(part.tool_name)} can be used.` }];
    case 'container_upload':
      throw invalid('Gemini has no containers: send the file itself.', param);
    default:
      return [native(part)];
  }
}

function mediaPart(url: string, param: string): JsonObject {
  const media = mediaOf(url, param);
  if (media.kind === 'inline') return { inlineData: { mimeType: media.mimeType, data: media.base64 } };
  return { fileData: present({ fileUri: media.url, mimeType: mimeTypeOf(media.url) }) };
}

function audioPart({ input_audio }: JsonObject): JsonObject {
  const { data, format } = isObject(input_audio) ? input_audio : {};
  return { inlineData: { mimeType: `audio/${textOf(format) || 'wav'}`, data: textOf(data) } };
}

function filePart(part: JsonObject, param: string): JsonObject {
  const file = isObject(part.file) ? part.file : {};
  if (typeof file.file_data === 'string') return mediaPart(file.file_data, `${param}.file.file_data`);
  if (typeof file.file_url === 'string') return mediaPart(file.file_url, `${param}.file.file_url`);
  if (typeof file.file_id === 'string') return { fileData: { fileUri: file.file_id } };
  throw invalid('Expected file.file_data, file.file_url or file.file_id.', `${param}.file`);
}

/** Anthropic's documents, with their titles, and images. */
function anthropicSource(part: JsonObject, param: string): JsonObject[] {
  const source = isObject(part.source) ? part.source : {};
  const title = documentText(part, '');
  const titled = (...parts: JsonObject[]) => (title === '' ? parts : [{ text: title }, ...parts]);
  if (source.type === 'base64')
    return titled({ inlineData: { mimeType: textOf(source.media_type), data: textOf(source.data) } });
  if (source.type === 'text') return [{ text: documentText(part, textOf(source.data)) }];
  if (source.type === 'url') return titled(mediaPart(textOf(source.url), `${param}.source.url`));
  if (source.type === 'content') return titled(...contentParts(documentContent(source), `${param}.source.content`));
  throw invalid('Expected source.type to be base64, text, url or content.', `${param}.source`);
}

/** A part in Gemini's own words, `{"type": "...", "fileData": {...}}`, goes on without its type. */
function native(part: JsonObject): JsonObject {
  const { type: _, cache_control: __, ...rest } = part;
  return rest;
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  ...{ png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', webp: 'image/webp', gif: 'image/gif' },
  ...{ heic: 'image/heic', heif: 'image/heif', pdf: 'application/pdf', mp4: 'video/mp4', webm: 'video/webm' },
  ...{ mov: 'video/quicktime', mp3: 'audio/mp3', wav: 'audio/wav', txt: 'text/plain' },
};

function mimeTypeOf(url: string): string | undefined {
  const extension = /\.([a-z0-9]{2,5})(?:[?#]|$)/i.exec(url)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(MIME_TYPES, extension) ? MIME_TYPES[extension] : undefined;
}
