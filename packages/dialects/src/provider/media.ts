import { isObject, type JsonObject } from '@nearhit/core';
import { invalid, textOf } from './values.ts';

/** Bytes in a `data:` URL, in base64. */
export interface InlineMedia {
  readonly kind: 'inline';
  readonly mimeType: string;
  readonly base64: string;
}

export interface LinkedMedia {
  readonly kind: 'link';
  readonly url: string;
}

const SCHEME = /^(https?|gs):\/\//i;

/** What an image's or a file's URL stands for. Throws INVALID_REQUEST on what is neither a data URL nor a link. */
export function mediaOf(url: string, param: string): InlineMedia | LinkedMedia {
  if (url.slice(0, 5).toLowerCase() !== 'data:') {
    if (SCHEME.test(url)) return { kind: 'link', url };
    throw invalid('Expected a URL that begins with https://, http:// or data:.', param);
  }
  const comma = url.indexOf(',');
  const [mimeType = '', ...parameters] = url.slice(5, Math.max(comma, 5)).split(';');
  if (comma < 0 || mimeType === '') {
    throw invalid('Expected a data URL such as data:image/png;base64,..., with its media type.', param);
  }
  const payload = url.slice(comma + 1);
  if (parameters.some((parameter) => parameter.trim().toLowerCase() === 'base64')) {
    return { kind: 'inline', mimeType: mimeType.toLowerCase(), base64: payload };
  }
  return {
    kind: 'inline',
    mimeType: mimeType.toLowerCase(),
    base64: Buffer.from(decoded(payload, param)).toString('base64'),
  };
}

function decoded(payload: string, param: string): string {
  try {
    return decodeURIComponent(payload);
  } catch {
    throw invalid('The data URL is not valid: its percent-encoding is broken.', param);
  }
}

/** The URL of an `image_url` part, in either of its two shapes. */
export function imageUrl(part: JsonObject): string {
  return isObject(part.image_url) ? textOf(part.image_url.url) : textOf(part.image_url);
}
