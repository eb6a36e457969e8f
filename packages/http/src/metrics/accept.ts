/** Whether an Accept header asks for OpenMetrics rather than for Prometheus' own text format. */
export function prefersOpenMetrics(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const weights = accept.split(',').map(weighted);
  const of = (type: string): number => Math.max(0, ...weights.filter(([name]) => name === type).map(([, q]) => q));
  const open = of('application/openmetrics-text');
  return open > 0 && open >= of('text/plain');
}

function weighted(range: string): readonly [type: string, q: number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  const weight = q === undefined ? 1 : Number(q);
  return [type, weight >= 0 && weight <= 1 ? weight : 0];
}
