import { existsSync } from 'node:fs';
import { NearhitError } from '@nearhit/core';
import type { RequestHandler } from 'express';
import sirv from 'sirv';

/** Nothing from elsewhere, nothing inline, in nobody's frame. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

const HEADERS = Object.entries({
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
});

/**
 * The page in `folder`, which holds `index.html`, files with a hash in their name under `assets/`, and beside each its `.br`
 * and `.gz`. Hands on what it does not know. Throws NOT_FOUND where nothing was built.
 */
export function dashboardSite(folder: string): RequestHandler {
  if (!existsSync(folder)) return notBuilt;
  const serve = sirv(folder, {
    // Looked up at each request: the page may be built anew under a running gateway.
    ...{ dev: true, etag: true, brotli: true, gzip: true },
    setHeaders: (res, path) =>
      res.setHeader('cache-control', path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'),
  });
  return (req, res, next) => {
    if (req.method !== 'GET' && req.method !== 'HEAD') return next();
    for (const [name, value] of HEADERS) res.setHeader(name, value);
    serve(req, res, next);
  };
}

const notBuilt: RequestHandler = () => {
  throw new NearhitError('NOT_FOUND', 'The dashboard was not built: run `pnpm build`, and start nearhit again.');
};
