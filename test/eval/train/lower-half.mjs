// The bundled embedder's first three layers as an ONNX file of their own. Protobuf by hand: ModelProto 7 graph; GraphProto 1 node, 12 output; NodeProto 2 output;
// ValueInfoProto 1 name.

export const STATES = 'layer.2.output.LayerNorm_out';

function readVarint(buffer, at) {
  let value = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = buffer[at++];
    value += (byte & 127) * scale;
    if (byte < 128) return [value, at];
  }
}

function varint(value) {
  const out = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...out, rest]);
    out.push((rest % 128) | 128);
  }
}

/** Fields of one message: `raw` as it stands, `body` of a length-delimited one. */
function fields(buffer) {
  const out = [];
  for (let at = 0; at < buffer.length; ) {
    const start = at;
    let [key, size, body] = [0, 0, undefined];
    [key, at] = readVarint(buffer, at);
    const wire = key % 8;
    if (wire === 0) [, at] = readVarint(buffer, at);
    else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else {
      [size, at] = readVarint(buffer, at);
      body = buffer.subarray(at, at + size);
      at += size;
    }
    out.push({ field: Math.floor(key / 8), raw: buffer.subarray(start, at), body });
  }
  return out;
}

const message = (field, body) => Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);

/** Nodes stand in topological order: those after the one that makes the states are left out. The states are the same, bit for bit. */
function cut(graph) {
  const parts = fields(graph);
  const makesStates = ({ field, body }) =>
    field === 1 && fields(body).some((part) => part.field === 2 && part.body.toString() === STATES);
  const last = parts.findIndex(makesStates);
  if (last < 0) throw new Error(`the model has no tensor ${STATES}`);
  const kept = parts.filter(({ field }, i) => field !== 12 && (field !== 1 || i <= last));
  return Buffer.concat([...kept.map(({ raw }) => raw), message(12, message(1, Buffer.from(STATES)))]);
}

/** bytes: the bundled model_int8.onnx. Returns a model whose only output is `STATES`, float32 [1, tokens, 384]. */
export function lowerHalf(bytes) {
  return Buffer.concat(fields(bytes).map(({ field, raw, body }) => (field === 7 ? message(7, cut(body)) : raw)));
}
