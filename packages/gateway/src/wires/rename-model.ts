import { topFields } from '@nearhit/core';

/**
 * The same JSON with another value of the top-level `model`; every other byte stays (parsing and writing again would
 * change numbers and spacing). `body` must be a valid JSON object; without a `model` it comes back unchanged.
 */
export function renameModel(body: Buffer, model: string): Buffer {
  const replacement = Buffer.from(JSON.stringify(model));
  const parts: Buffer[] = [];
  let from = 0;
  for (const { key, text } of topFields(body)) {
    if (key !== 'model' || text === undefined) continue;
    parts.push(body.subarray(from, text.start), replacement);
    from = text.end;
  }
  return from === 0 ? body : Buffer.concat([...parts, body.subarray(from)]);
}
