export const policyPath = (namespace: string, model: string | null | undefined): string =>
  `/policies/${[namespace, ...(model == null || model === '' ? [] : [model])].map(encodeURIComponent).join('/')}`;
