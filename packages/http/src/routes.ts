import { NearhitError } from '@nearhit/core';
import { type RequestHandler, Router } from 'express';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

export interface Route {
  readonly method: Method;
  /** Express 5 path: `/models/*id`. */
  readonly path: string;
  readonly handler: RequestHandler;
}

/** A router that answers 405 with `Allow` where the path is known and the method is not, and OPTIONS with `Allow`. */
export function routerOf(routes: readonly Route[]): Router {
  const router = Router({ caseSensitive: true });
  for (const path of new Set(routes.map((route) => route.path))) {
    const here = routes.filter((route) => route.path === path);
    const route = router.route(path);
    for (const { method, handler } of here) route[method](handler);
    route.all(otherMethods(here.map(({ method }) => method)));
  }
  return router;
}

function otherMethods(methods: readonly Method[]): RequestHandler {
  const names = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  const allow = [...names, 'OPTIONS'].join(', ');
  return (req, res) => {
    res.setHeader('allow', allow);
    if (req.method === 'OPTIONS') {
      res.writeHead(204).end();
      return;
    }
    throw new NearhitError('METHOD_NOT_ALLOWED', `${req.method} is not allowed for ${req.path}. Allowed: ${allow}.`);
  };
}
