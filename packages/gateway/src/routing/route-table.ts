import type { ModelPrice } from '@nearhit/core';
import { distance } from 'fastest-levenshtein';
import type { Catalogue, ModelConfig, TargetConfig } from '../config.ts';
import type { Provider } from '../provider/provider.ts';
import type { Route } from './plan.ts';
import { DEFAULT_WEIGHTS } from './rank.ts';
import type { Target, TargetStates } from './target.ts';

const SUGGESTIONS_MAX = 3;
/** Routes of names that no configuration knows, kept so that they need not be made for every call. */
const MADE_ROUTES_MAX = 1_000;

export interface RouteTableDeps {
  readonly states: TargetStates;
  readonly catalogue: Catalogue;
}

/** From a model's name to who answers it. Made anew when the configuration changes. */
export class RouteTable {
  readonly #routes = new Map<string, Route>();
  readonly #made = new Map<string, Route>();
  readonly #models = new Map<string, ModelConfig>();
  readonly #providers: readonly Provider[];
  readonly #deps: RouteTableDeps;
  /** Takes every name that nothing else knows. */
  readonly fallback: Provider | undefined;

  /** Throws TypeError on a provider that is not there, none where there are several, fallbacks that lead in a circle. */
  constructor(providers: readonly Provider[], models: readonly ModelConfig[], deps: RouteTableDeps) {
    this.#providers = providers;
    this.#deps = deps;
    const real = providers.filter((provider) => provider.kind !== 'demo');
    const candidates = real.length > 0 ? real : providers;
    this.fallback = candidates.length === 1 ? candidates[0] : undefined;
    for (const provider of providers) {
      if (provider.kind !== 'demo') continue;
      for (const id of provider.knownModels()) this.#routes.set(id, this.#direct([provider], id));
    }
    for (const model of models) for (const name of [model.id, ...model.aliases]) this.#models.set(name, model);
    for (const model of models) {
      const route = this.#routeOf(model);
      for (const name of [model.id, ...model.aliases]) this.#routes.set(name, route);
    }
  }

  find(model: string): Route | undefined {
    const route = this.#routes.get(model);
    if (route !== undefined) return route;
    const takers = this.fallback === undefined ? this.#catalogued(model) : [this.fallback];
    return takers.length === 0 ? undefined : this.#kept(`\n${model}`, () => this.#direct(takers, model));
  }

  /** Providers that the catalogue knows the model of, in the order in which they are configured. */
  #catalogued(model: string): Provider[] {
    const { catalogue } = this.#deps;
    return this.#providers.filter((one) => one.kind !== 'demo' && catalogue.model(one, model) !== undefined);
  }

  /** To one provider, whatever the model. Undefined: there is no such provider. */
  pinned(id: string, model: string): Route | undefined {
    const provider = this.provider(id);
    if (provider === undefined) return undefined;
    return this.#kept(`${id}\n${model}`, () => {
      const own = this.#routes.get(model)?.own.filter((target) => target.provider === provider) ?? [];
      const route = this.#direct([provider], model);
      return own.length === 0 ? route : { ...route, own: whoseCredential(own, own) };
    });
  }

  provider(id: string): Provider | undefined {
    return this.#providers.find((provider) => provider.id === id);
  }

  price(model: string, provider?: string): ModelPrice | undefined {
    return this.#look(model, provider)?.own[0]?.price;
  }

  usesClientCredential(model: string, provider?: string): boolean {
    return this.#look(model, provider)?.own[0]?.provider.keys.empty ?? false;
  }

  contextTokens(model: string): number | undefined {
    const config = this.#models.get(model);
    if (config?.contextTokens !== undefined) return config.contextTokens;
    const first = this.find(model)?.own[0];
    return first && this.#deps.catalogue.model(first.provider, first.model)?.contextTokens;
  }

  /** Known names that differ little from `model`, nearest first. */
  nearest(model: string): string[] {
    const wanted = model.toLowerCase().slice(0, 200);
    const names = new Set([...this.#routes.keys(), ...this.#providers.flatMap((provider) => provider.knownModels())]);
    return [...names]
      .map((name) => ({ name, edits: distance(wanted, name.toLowerCase()) }))
      .filter(({ name, edits }) => edits <= Math.max(2, Math.floor(Math.max(name.length, wanted.length) / 3)))
      .sort((a, b) => a.edits - b.edits || a.name.localeCompare(b.name))
      .slice(0, SUGGESTIONS_MAX)
      .map(({ name }) => name);
  }

  #look(model: string, provider: string | undefined): Route | undefined {
    return provider === undefined ? this.find(model) : this.pinned(provider, model);
  }

  #kept(key: string, make: () => Route): Route {
    let route = this.#made.get(key);
    if (route === undefined) {
      route = make();
      if (this.#made.size >= MADE_ROUTES_MAX) this.#made.clear();
      this.#made.set(key, route);
    }
    return route;
  }

  #direct(providers: readonly Provider[], model: string): Route {
    const own = providers.map((one) => this.#target(one, { provider: one.id, model }, undefined, undefined));
    return {
      ...{ policy: 'priority', weights: DEFAULT_WEIGHTS, sticky: false, hedgeAfterMs: undefined },
      ...{ own: whoseCredential(own, own), fallbacks: [] },
    };
  }

  #routeOf(model: ModelConfig): Route {
    const own = this.#targetsOf(model, undefined);
    const fallbacks: Target[] = [];
    this.#addFallbacks(model, [model.id], fallbacks);
    const seen = new Set(own.map(({ state }) => state));
    return {
      policy: model.routing ?? 'priority',
      weights: model.weights ?? DEFAULT_WEIGHTS,
      sticky: model.sticky ?? false,
      hedgeAfterMs: model.hedgeAfterMs,
      own: whoseCredential(own, own),
      // Whom one call has asked already it does not ask again under another name.
      fallbacks: whoseCredential(
        fallbacks.filter(({ state }) => !seen.has(state) && seen.add(state)),
        own,
      ),
    };
  }

  /** The fallbacks of a fallback come after its own targets. */
  #addFallbacks(model: ModelConfig, path: readonly string[], found: Target[]): void {
    for (const name of model.fallbacks ?? []) {
      const next = this.#models.get(name);
      if (next === undefined) {
        // As any other name that nothing knows: the only provider's, else nobody's.
        if (this.fallback !== undefined)
          found.push(this.#target(this.fallback, { provider: this.fallback.id, model: name }, undefined, name));
        continue;
      }
      if (path.includes(next.id)) throw new TypeError(`model ${next.id}: its fallbacks lead back to itself`);
      found.push(...this.#targetsOf(next, next.id));
      this.#addFallbacks(next, [...path, next.id], found);
    }
  }

  #targetsOf(model: ModelConfig, fallback: string | undefined): Target[] {
    if (model.targets.length === 0) {
      if (this.fallback === undefined)
        throw new TypeError(`model ${model.id}: names no target, and there are several providers`);
      const target = { provider: this.fallback.id, model: model.id };
      return [this.#target(this.fallback, target, model.price, fallback)];
    }
    const targets = model.targets.map((target) => {
      const provider = this.provider(target.provider);
      if (provider === undefined) throw new TypeError(`model ${model.id}: there is no provider ${target.provider}`);
      return this.#target(provider, target, model.price, fallback);
    });
    return targets.filter(({ state }, at) => targets.findIndex((other) => other.state === state) === at);
  }

  #target(
    provider: Provider,
    { model, weight = 1, price }: TargetConfig,
    modelPrice: ModelPrice | undefined,
    fallback: string | undefined,
  ): Target {
    return {
      ...{ provider, model, weight, fallback, takesCredentials: false },
      price: price ?? modelPrice ?? this.#deps.catalogue.model(provider, model)?.price,
      state: this.#deps.states.of(provider, model),
    };
  }
}

/**
 * A client that asks for a model with a credential of its own means the provider that is the model's first, and has a
 * cache of its own for that. Whoever is asked in its place, at another address, has no business with it.
 */
function whoseCredential(targets: readonly Target[], [first]: readonly Target[]): Target[] {
  const home = first?.provider;
  const takesCredentials = (provider: Provider): boolean =>
    home?.keys.empty === true && provider.keys.empty && originOf(provider) === originOf(home);
  return targets.map((target) => ({ ...target, takesCredentials: takesCredentials(target.provider) }));
}

const originOf = ({ id, baseUrl }: Provider): string => (URL.canParse(baseUrl) ? new URL(baseUrl).origin : id);
