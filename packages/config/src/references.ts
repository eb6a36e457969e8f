import { type PolicyPatch, policyWarnings } from '@nearhit/core';
import type { ConfigDocument } from './document.ts';
import { fallbackCycles, unknownFallbacks } from './fallbacks.ts';
import { type ConfigFault, type Path, pathText } from './faults.ts';
import type { Provider } from './provider.ts';
import type { FileConfig } from './schema.ts';

/** What no single value shows: names used twice, names of things that are not there. */
export function referenceFaults(
  config: FileConfig,
  providers: readonly Provider[],
  document: ConfigDocument,
): ConfigFault[] {
  const fault = (path: Path, message: string): ConfigFault => ({
    where: document.where(path),
    path: pathText(path),
    message,
  });
  return [
    ...doubledIds('providers', config, fault),
    ...doubledModels(config, fault),
    ...doubledIds('tenants', config, fault),
    ...targets(config, providers, fault),
    ...doubledTargets(config, fault),
    ...nobodyDrawn(config, fault),
    ...fallbackCycles(config).map(({ path, message }) => fault(path, message)),
  ];
}

/** What is left out of use, and goes on without. */
export function referenceWarnings(
  config: FileConfig,
  providers: readonly Provider[],
  document: ConfigDocument,
): string[] {
  const real = providers.filter(({ kind }) => kind !== 'demo');
  // The only provider takes any name.
  if (real.length === 1 || providers.length === 1) return [];
  return unknownFallbacks(config).map(
    ({ path, message }) => `${document.where(path)} ${pathText(path)}: ${message}; it is left out`,
  );
}

/** Policies that may serve a wrong answer by what they say. */
export function unsafePolicies({ policies }: FileConfig, document: ConfigDocument): string[] {
  const { default: root, namespaces } = policies;
  const levels: [Path, PolicyPatch][] = [[['policies', 'default'], root]];
  for (const [name, { models, ...policy }] of Object.entries(namespaces)) {
    levels.push([['policies', 'namespaces', name], policy]);
    for (const [model, own] of Object.entries(models))
      levels.push([['policies', 'namespaces', name, 'models', model], own]);
  }
  return levels.flatMap(([path, policy]) =>
    policyWarnings(policy).map(
      (warning) => `${document.where([...path, 'conversation'])} ${pathText(path)}: ${warning}`,
    ),
  );
}

type MakeFault = (path: Path, message: string) => ConfigFault;

function doubledIds(list: 'providers' | 'tenants', config: FileConfig, fault: MakeFault): ConfigFault[] {
  const what = list === 'providers' ? 'provider' : 'tenant';
  const seen = new Set<string>();
  return config[list].flatMap(({ id }, index) => {
    if (seen.has(id)) return [fault([list, index, 'id'], `${what} ${id} is there already; ids must be unique`)];
    seen.add(id);
    return [];
  });
}

function doubledModels({ models }: FileConfig, fault: MakeFault): ConfigFault[] {
  const seen = new Set<string>();
  const faults: ConfigFault[] = [];
  models.forEach(({ id, aliases }, index) => {
    [id, ...aliases].forEach((name, position) => {
      const path: Path = position === 0 ? ['models', index, 'id'] : ['models', index, 'aliases', position - 1];
      if (seen.has(name)) faults.push(fault(path, `model ${name} is there already; ids and aliases must be unique`));
      seen.add(name);
    });
  });
  return faults;
}

function targets({ models }: FileConfig, providers: readonly Provider[], fault: MakeFault): ConfigFault[] {
  const known = providers.map(({ id }) => id);
  const real = providers.filter(({ kind }) => kind !== 'demo');
  const several = real.length > 1 || (real.length === 0 && providers.length > 1);
  return models.flatMap((model, index) => {
    if (model.targets.length === 0 && several) {
      return [fault(['models', index], 'expected targets, as there are several providers to choose from')];
    }
    return model.targets.flatMap(({ provider }, position) =>
      known.includes(provider)
        ? []
        : [
            fault(
              ['models', index, 'targets', position, 'provider'],
              `there is no provider ${provider}; known are ${known.join(', ')}`,
            ),
          ],
    );
  });
}

function doubledTargets({ models }: FileConfig, fault: MakeFault): ConfigFault[] {
  return models.flatMap(({ targets: list }, index) =>
    list.flatMap(({ provider, model }, position) => {
      const first = list.findIndex((other) => other.provider === provider && other.model === model);
      return first === position
        ? []
        : [fault(['models', index, 'targets', position], `${model} of ${provider} is among the targets already`)];
    }),
  );
}

/** Weights of which none counts. */
function nobodyDrawn({ models }: FileConfig, fault: MakeFault): ConfigFault[] {
  return models.flatMap(({ targets: list, routing, weights }, index) => {
    const faults: ConfigFault[] = [];
    if (routing === 'weighted' && list.length > 0 && list.every(({ weight }) => weight === 0))
      faults.push(fault(['models', index, 'targets'], 'expected a weight above 0 for one target at least'));
    if (weights !== undefined && weights.cost + weights.latency + weights.reliability === 0)
      faults.push(fault(['models', index, 'weights'], 'expected one of cost, latency, reliability above 0'));
    return faults;
  });
}
