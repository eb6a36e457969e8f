import { NearhitError, policyWarnings } from '@nearhit/core';
import { type Operation, operation } from './operation.ts';
import {
  namespaceModelParams,
  namespaceParams,
  type PolicyAnswer,
  policiesAnswer,
  policyAnswer,
  policyBody,
  policyPatchBody,
} from './policy-schemas.ts';
import type { NullablePatch, PolicyAdmin } from './ports.ts';

export function policyOperations(policies: PolicyAdmin): Operation[] {
  const show = (namespace: string, model?: string): PolicyAnswer => {
    const { policy, origin } = policies.resolve(namespace, model);
    const warnings = policyWarnings(policy);
    return {
      ...{ namespace, model: model ?? null, ...policy, own: policies.own(namespace, model) ?? {}, origin },
      ...(warnings.length > 0 && { warnings }),
    };
  };
  return [
    operation({
      method: 'get',
      path: '/policies',
      id: 'listPolicies',
      summary: 'Every level at which something is set, and the root `default`, each with the fields in force.',
      answer: policiesAnswer,
      handle: () => {
        const levels = policies.list().map(({ namespace, model }) => show(namespace, model));
        const rooted = levels.some(({ namespace, model }) => namespace === 'default' && model === null);
        return { policies: rooted ? levels : [show('default'), ...levels] };
      },
    }),
    ...levelOperations(policies, show, '/policies/{namespace}', 'Namespace', namespaceParams),
    ...levelOperations(policies, show, '/policies/{namespace}/{model}', 'Model', namespaceModelParams),
  ];
}

function levelOperations(
  policies: PolicyAdmin,
  show: (namespace: string, model?: string) => PolicyAnswer,
  path: string,
  level: 'Namespace' | 'Model',
  params: typeof namespaceParams | typeof namespaceModelParams,
): Operation[] {
  type Level = { namespace: string; model?: string };
  const shared = { path, params, answer: policyAnswer };
  return [
    operation({
      ...shared,
      method: 'get',
      id: `get${level}Policy`,
      summary: 'The fields in force, what is set here, and where each comes from.',
      handle: ({ params: { namespace, model } }: { params: Level }) => show(namespace, model),
    }),
    operation({
      ...shared,
      method: 'put',
      id: `put${level}Policy`,
      summary: 'What the admin plane sets here becomes exactly this. In force at once.',
      body: policyBody,
      handle: async ({ params, body }) => {
        const { namespace, model } = params as Level;
        await policies.put(namespace, model, body);
        return show(namespace, model);
      },
    }),
    operation({
      ...shared,
      method: 'patch',
      id: `patch${level}Policy`,
      summary: 'Sets some fields and leaves the others; null takes a field back to what it inherits. In force at once.',
      body: policyPatchBody,
      handle: async ({ params, body }) => {
        const { namespace, model } = params as Level;
        await policies.patch(namespace, model, body as NullablePatch);
        return show(namespace, model);
      },
    }),
    operation({
      method: 'delete',
      path,
      params,
      id: `delete${level}Policy`,
      summary: 'Forgets what the admin plane set here. 404 when it had set nothing.',
      handle: async ({ params: { namespace, model } }: { params: Level }) => {
        if (await policies.delete(namespace, model)) return;
        const where = model === undefined ? `'${namespace}'` : `'${namespace}' and model '${model}'`;
        throw new NearhitError('NOT_FOUND', `The admin plane has set no policy for ${where}.`);
      },
    }),
  ];
}
