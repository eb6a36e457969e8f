import { NearhitError } from '@nearhit/core';
import type { RequestHandler, Router } from 'express';
import { type Authorize, bearerOf } from './request.ts';

export interface ProviderPathDeps {
  /** Ids of those that are configured now. */
  readonly providers: () => readonly string[];
  /** The data plane of one provider. */
  readonly routes: (provider: string) => Router;
  readonly authorize?: Authorize | undefined;
}

/** `/{provider}/v1/...`: the data plane again, with that provider whatever the model. */
export function providerPath({ providers, routes, authorize }: ProviderPathDeps): RequestHandler {
  const routers = new Map<string, Router>();
  return async (req, res, next) => {
    const provider = String(req.params.provider);
    const known = providers();
    if (!known.includes(provider)) {
      await authorize?.(bearerOf(req), req);
      throw unknownProvider(provider, known);
    }
    let router = routers.get(provider);
    if (router === undefined) {
      router = routes(provider);
      routers.set(provider, router);
    }
    router(req, res, next);
  };
}

function unknownProvider(provider: string, known: readonly string[]): NearhitError {
  const names = known.length === 0 ? 'none' : known.map((id) => `\`${id}\``).join(', ');
  return new NearhitError(
    'NOT_FOUND',
    `There is no provider \`${provider.slice(0, 64)}\` here for paths that begin with its name. Known: ${names}.`,
  );
}

const PROVIDER_PATH = /^\/([A-Za-z0-9._-]{1,64})\/v1(\/[a-z_/]+)$/;

/** `/{provider}/v1{path}` taken apart; undefined: another URL. */
export function readProviderPath(url: string): { readonly provider: string; readonly path: string } | undefined {
  const [, provider, path] = PROVIDER_PATH.exec(url) ?? [];
  return provider === undefined || path === undefined ? undefined : { provider, path };
}
