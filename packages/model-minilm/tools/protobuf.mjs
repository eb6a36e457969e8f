// Protocol buffers: the few wire types that ONNX needs.

function varint(value) {
  const out = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; ) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    out.push(rest ? byte | 128 : byte);
    if (!rest) return Buffer.from(out);
  }
}

function readVarint(buffer, at) {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = buffer[at++];
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

const tag = (field, wire) => varint((field << 3) | wire);

export const int = (field, value) => Buffer.concat([tag(field, 0), varint(value)]);
export const bytes = (field, body) => Buffer.concat([tag(field, 2), varint(body.length), body]);
export const text = (field, value) => bytes(field, Buffer.from(value, 'utf8'));
export const message = (field, ...parts) => bytes(field, Buffer.concat(parts));

export function float(field, value) {
  const body = Buffer.alloc(4);
  body.writeFloatLE(value);
  return Buffer.concat([tag(field, 5), body]);
}

/** [{ field, wire, raw, body }]: raw is the field as it stands, body the value of a length-delimited one, the number of a varint. */
export function fields(buffer) {
  const out = [];
  for (let at = 0; at < buffer.length; ) {
    const start = at;
    let key;
    [key, at] = readVarint(buffer, at);
    const wire = Number(key & 7n);
    let body;
    if (wire === 0) [body, at] = readVarint(buffer, at);
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else if (wire === 2) {
      let length;
      [length, at] = readVarint(buffer, at);
      body = buffer.subarray(at, at + Number(length));
      at += Number(length);
    } else throw new Error(`wire type ${wire} at byte ${start}`);
    out.push({ field: Number(key >> 3n), wire, raw: buffer.subarray(start, at), body });
  }
  return out;
}
