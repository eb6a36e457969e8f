import type { ModelPrice } from '@nearhit/core';
import { distance } from 'fastest-levenshtein';
import type { ModelConfig } from './config.ts';
import type { Provider } from './provider/provider.ts';

export interface Route {
  readonly provider: Provider;
  /** The provider's name for the model; undefined: as the client wrote it. */
  readonly model: string | undefined;
}

const SUGGESTIONS_MAX = 3;

/** From a model's name to who answers it. Made anew when the configuration changes. */
export class RouteTable {
  readonly #routes = new Map<string, Route>();
  readonly #prices = new Map<string, ModelPrice>();
  readonly #providers: readonly Provider[];
  /** Takes every name that nothing else knows. */
  readonly fallback: Provider | undefined;

  /** Throws TypeError when a model names a provider that is not there, or none where there are several. */
  constructor(providers: readonly Provider[], models: readonly ModelConfig[]) {
    this.#providers = providers;
    const real = providers.filter((provider) => provider.kind !== 'demo');
    const candidates = real.length > 0 ? real : providers;
    this.fallback = candidates.length === 1 ? candidates[0] : undefined;
    for (const provider of providers) {
      if (provider.kind === 'demo')
        for (const id of provider.knownModels()) this.#routes.set(id, { provider, model: id });
    }
    for (const model of models) {
      const route = this.#routeOf(model);
      for (const name of [model.id, ...model.aliases]) {
        this.#routes.set(name, route);
        if (model.price !== undefined) this.#prices.set(name, model.price);
      }
    }
  }

  find(model: string): Route | undefined {
    const route = this.#routes.get(model);
    if (route !== undefined) return route;
    return this.fallback === undefined ? undefined : { provider: this.fallback, model: undefined };
  }

  price(model: string): ModelPrice | undefined {
    return this.#prices.get(model);
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

  #routeOf({ id, targets }: ModelConfig): Route {
    const target = targets[0];
    if (target === undefined) {
      if (this.fallback === undefined)
        throw new TypeError(`model ${id}: names no target, and there are several providers`);
      return { provider: this.fallback, model: id };
    }
    const provider = this.#providers.find((candidate) => candidate.id === target.provider);
    if (provider === undefined) throw new TypeError(`model ${id}: there is no provider ${target.provider}`);
    return { provider, model: target.model };
  }
}
