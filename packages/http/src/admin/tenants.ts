import { NearhitError } from '@nearhit/core';
import { type TenantAnswer, tenantAnswer, tenantBody, tenantParams, tenantsAnswer } from './key-schemas.ts';
import { limitsOrNull, useOf } from './keys.ts';
import { type Operation, operation } from './operation.ts';
import type { KeysAdmin, TenantView } from './ports.ts';

export function tenantOperations(keys: KeysAdmin): Operation[] {
  const shown = async ({ id, limits, routing, own }: TenantView): Promise<TenantAnswer> => ({
    ...{ id, ...limitsOrNull(limits), routing: routing ?? null },
    own: own === undefined ? null : { ...own.limits, ...(own.routing !== undefined && { routing: own.routing }) },
    use: useOf(await keys.tenantUse(id)),
  });
  const path = '/tenants/{id}';
  return [
    operation({
      method: 'get',
      path: '/tenants',
      id: 'listTenants',
      summary: 'Tenants for which something is set, in the file or here, with the limits in force and what is used.',
      answer: tenantsAnswer,
      handle: async () => ({ tenants: await Promise.all((await keys.tenants()).map(shown)) }),
    }),
    operation({
      ...{ method: 'get', path, id: 'getTenant', params: tenantParams, answer: tenantAnswer },
      summary: 'The limits in force for a tenant, what is set here, and what is used.',
      handle: async ({ params }) => shown(await keys.tenant(params.id)),
    }),
    operation({
      ...{ method: 'put', path, id: 'putTenant', params: tenantParams, body: tenantBody, answer: tenantAnswer },
      summary: 'What is set here becomes exactly this; the rest is as the file has it, and null is no limit.',
      handle: async ({ params: { id }, body: { routing, ...limits } }) =>
        shown(await keys.putTenant({ id, limits, ...(routing !== undefined && { routing }) })),
    }),
    operation({
      ...{ method: 'delete', path, id: 'deleteTenant', params: tenantParams },
      summary: 'Forgets what is set here: the file’s limits are in force again. 404 when nothing was.',
      handle: async ({ params: { id } }) => {
        if (await keys.deleteTenant(id)) return;
        throw new NearhitError('NOT_FOUND', `The admin plane has set nothing for the tenant '${id}'.`, { param: 'id' });
      },
    }),
  ];
}
