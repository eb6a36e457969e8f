/** Of onnx.proto3, and of the wire format of protocol buffers: what is needed to take a model apart and put it together. */

export const MODEL_GRAPH = 7;
export const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
export const TENSOR = { name: 8, rawData: 9, externalData: 13, dataLocation: 14 } as const;

export const WIRE = { varint: 0, lengthDelimited: 2 } as const;

/** What stands before a field. */
export const tagOf = (number: number, type: number = WIRE.lengthDelimited): number => ((number << 3) | type) >>> 0;
