/** Of two vectors of one length: of unit vectors the cosine similarity, but for the rounding of 32 bits. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
