/** Origin and path prefix of a provider. Throws TypeError with a reason fit for an operator. */
export function parseBaseUrl(baseUrl: string): { origin: string; prefix: string } {
  let url: URL;
  try {
    url = new URL(baseUrl);
  } catch {
    throw new TypeError('not a URL');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new TypeError('must begin with http:// or https://');
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('must not carry a user name or password; use apiKeys');
  }
  if (url.search !== '' || url.hash !== '') throw new TypeError('must not carry a query or a fragment');
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, '') };
}
