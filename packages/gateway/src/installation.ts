import type { Catalogue, GatewayConfig, ProviderConfig } from './config.ts';
import { DemoProvider } from './demo/provider.ts';
import { HttpProvider } from './provider/http-provider.ts';
import { Counters, Ongoing, type Provider } from './provider/provider.ts';
import type { Clock } from './routing/clock.ts';
import { RouteTable } from './routing/route-table.ts';
import type { TargetStates } from './routing/target.ts';
import { wireOf } from './wires/index.ts';

/** One configuration at work. */
export interface Installation {
  readonly providers: readonly Provider[];
  readonly routes: RouteTable;
  /** Calls that began under it. */
  readonly ongoing: Ongoing;
}

interface Installed {
  readonly provider: Provider;
  /** The configuration it was made from: equal text, same provider. */
  readonly text: string;
}

/** Makes and retires providers as the configuration changes. */
export class Installations {
  readonly #clock: Clock;
  readonly #catalogue: Catalogue;
  readonly #states: TargetStates;
  readonly #counters = new Map<string, Counters>();
  readonly #retiring = new Set<Promise<void>>();
  /** All under which calls may still run, the current one among them. */
  readonly #ongoing = new Set<Ongoing>();
  #installed = new Map<string, Installed>();

  constructor(clock: Clock, catalogue: Catalogue, states: TargetStates) {
    this.#clock = clock;
    this.#catalogue = catalogue;
    this.#states = states;
  }

  /** All or nothing: what was made for a configuration that fails is closed again. Throws TypeError. */
  install(config: GatewayConfig): Installation {
    const next = new Map<string, Installed>();
    const made: Provider[] = [];
    try {
      for (const definition of config.providers) {
        if (next.has(definition.id)) throw new TypeError(`provider ${definition.id}: the id is taken`);
        const text = JSON.stringify(definition);
        const old = this.#installed.get(definition.id);
        const provider = old?.text === text ? old.provider : this.#make(definition);
        if (provider !== old?.provider) made.push(provider);
        next.set(definition.id, { provider, text });
      }
      const providers = [...next.values()].map(({ provider }) => provider);
      const tables = { states: this.#states, catalogue: this.#catalogue };
      const routes = new RouteTable(providers, config.models, tables);
      this.#retire(next);
      this.#installed = next;
      const ongoing = new Ongoing();
      this.#ongoing.add(ongoing);
      return { providers, routes, ongoing };
    } catch (error) {
      for (const provider of made) void provider.close();
      throw error;
    }
  }

  /** Resolves when the last call is over. */
  async close(): Promise<void> {
    await Promise.all([...this.#ongoing].map((each) => each.ended()));
    await Promise.all([...this.#retiring, ...[...this.#installed.values()].map(({ provider }) => provider.close())]);
  }

  /** A call that began with a provider may come back to it, for another try. */
  #retire(next: ReadonlyMap<string, Installed>): void {
    const old = [...this.#ongoing];
    const drained = Promise.all(old.map((each) => each.ended()));
    void drained.then(() => old.forEach((each) => void this.#ongoing.delete(each)));
    for (const [id, { provider }] of this.#installed) {
      if (next.get(id)?.provider === provider) continue;
      const closing = drained.then(() => provider.close()).finally(() => this.#retiring.delete(closing));
      this.#retiring.add(closing);
    }
  }

  #make(definition: ProviderConfig): Provider {
    const counters = this.#counters.get(definition.id) ?? new Counters();
    this.#counters.set(definition.id, counters);
    if (definition.kind === 'demo') return new DemoProvider(definition.id, { counters, now: this.#clock.now });
    return new HttpProvider(definition, wireOf(definition), { counters, ...this.#clock });
  }
}
