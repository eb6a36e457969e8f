import { isObject, type JsonObject } from '@nearhit/core';
import { imageUrl, mediaOf } from '../provider/media.ts';
import { invalid, objectsOf, present, textOf } from '../provider/values.ts';

/** A message's content as blocks; empty texts, which Anthropic refuses, are gone. */
export function contentBlocks(content: unknown, param: string): JsonObject[] {
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }];
  return objectsOf(content).flatMap((part, at) => {
    const block = blockOf(part, `${param}[${at}]`);
    return block.type === 'text' && block.text === '' ? [] : [block];
  });
}

/** Kinds that Anthropic has under the same name go on as they are, with whatever they carry. */
function blockOf(part: JsonObject, param: string): JsonObject {
  const { cache_control } = part;
  switch (part.type) {
    case 'image_url':
      return present({ type: 'image', source: imageSource(part, param), cache_control });
    case 'file':
      return present({ ...documentOf(part, param), cache_control });
    case 'refusal':
      return present({ type: 'text', text: textOf(part.refusal), cache_control });
    case 'input_audio':
      throw invalid('Anthropic takes no audio; leave the input_audio part out or choose another model.', param);
    default:
      return part;
  }
}

function imageSource(part: JsonObject, param: string): JsonObject {
  const media = mediaOf(imageUrl(part), `${param}.image_url.url`);
  if (media.kind === 'link') return { type: 'url', url: media.url };
  return { type: 'base64', media_type: media.mimeType, data: media.base64 };
}

/** OpenAI's `file` part: bytes, or the id of a file that lies with the provider. */
function documentOf(part: JsonObject, param: string): JsonObject {
  const file = isObject(part.file) ? part.file : {};
  const title = textOf(file.filename) || undefined;
  if (typeof file.file_data !== 'string') {
    if (typeof file.file_url === 'string')
      return present({ type: 'document', source: { type: 'url', url: file.file_url }, title });
    if (typeof file.file_id !== 'string')
      throw invalid('Expected file.file_data, file.file_url or file.file_id.', `${param}.file`);
    return present({ type: 'document', source: { type: 'file', file_id: file.file_id }, title });
  }
  const media = mediaOf(file.file_data, `${param}.file.file_data`);
  if (media.kind === 'link') return present({ type: 'document', source: { type: 'url', url: media.url }, title });
  const { mimeType, base64 } = media;
  if (mimeType.startsWith('image/'))
    return { type: 'image', source: { type: 'base64', media_type: mimeType, data: base64 } };
  const source = mimeType.startsWith('text/')
    ? { type: 'text', media_type: 'text/plain', data: Buffer.from(base64, 'base64').toString('utf8') }
    : { type: 'base64', media_type: mimeType, data: base64 };
  return present({ type: 'document', source, title });
}
