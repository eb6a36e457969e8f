import {
  type ModelInfo,
  type ModelPrice,
  NearhitError,
  type ProviderStatus,
  type Upstream,
  type UpstreamCall,
  type UpstreamFlow,
  type UpstreamSink,
} from '@nearhit/core';
import type { GatewayConfig, ProviderConfig, RetryConfig } from './config.ts';
import { DemoProvider } from './demo/provider.ts';
import { HttpProvider } from './provider/http-provider.ts';
import { Counters, failedFlow, type Provider } from './provider/provider.ts';
import { type Route, RouteTable } from './routing.ts';
import { wireOf } from './wires/index.ts';

export interface GatewayOptions {
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** 0..1; spreads retries. */
  readonly random?: () => number;
}

export interface Gateway extends Upstream {
  /**
   * Calls in flight end as they began; providers that did not change keep their connections.
   * Throws TypeError on a configuration that can't be used, and goes on with the old one.
   */
  reconfigure(config: GatewayConfig): void;
}

/** Throws TypeError on a base URL or a target that can't be used. */
export function createUpstream(config: GatewayConfig, options: GatewayOptions = {}): Gateway {
  return new ProviderGateway(config, { now: options.now ?? Date.now, random: options.random ?? Math.random });
}

interface Installed {
  readonly provider: Provider;
  /** The configuration it was made from: equal text, same provider. */
  readonly text: string;
}

class ProviderGateway implements Gateway {
  readonly #options: Required<GatewayOptions>;
  readonly #counters = new Map<string, Counters>();
  readonly #retiring = new Set<Promise<void>>();
  #installed = new Map<string, Installed>();
  #routes: RouteTable;
  #config: GatewayConfig;
  #configuredAt: number;
  #closed = false;

  constructor(config: GatewayConfig, options: Required<GatewayOptions>) {
    this.#options = options;
    this.#config = config;
    this.#configuredAt = Math.floor(options.now() / 1000);
    this.#routes = this.#install(config);
  }

  send(call: UpstreamCall, sink: UpstreamSink): UpstreamFlow {
    if (this.#closed) return failedFlow(sink, new NearhitError('SHUTTING_DOWN', 'nearhit is being shut down.'));
    const route = this.#routeOf(call.model, call.provider);
    if (route === undefined) return failedFlow(sink, this.#modelNotFound(call.model));
    return route.provider.send(call, route.model ?? call.model, sink);
  }

  async models(provider?: string): Promise<ModelInfo[]> {
    if (provider !== undefined) return [...((await this.#installed.get(provider)?.provider.models()) ?? [])];
    const models = new Map<string, ModelInfo>();
    for (const { id, aliases, contextTokens } of this.#config.models) {
      const provider = this.#routes.find(id)?.provider.id ?? '';
      const known = {
        provider,
        created: this.#configuredAt,
        ...(contextTokens === undefined ? {} : { contextTokens }),
      };
      models.set(id, { id, ...known });
      for (const alias of aliases) models.set(alias, { id: alias, ...known, aliasOf: id });
    }
    const listed = await Promise.all(this.#nameable().map((provider) => provider.models()));
    for (const model of listed.flat()) if (!models.has(model.id)) models.set(model.id, model);
    return [...models.values()];
  }

  price(model: string): ModelPrice | undefined {
    return this.#routes.price(model);
  }

  usesClientCredential(model: string, provider?: string): boolean {
    return this.#routeOf(model, provider)?.provider.usesClientCredential ?? false;
  }

  providers(): ProviderStatus[] {
    return [...this.#installed.values()].map(({ provider: { id, kind, baseUrl, counters } }) => ({
      id,
      kind,
      baseUrl,
      requests: counters.requests,
      errors: counters.errors,
      inFlight: counters.inFlight,
    }));
  }

  reconfigure(config: GatewayConfig): void {
    if (this.#closed) return;
    this.#routes = this.#install(config);
    this.#config = config;
    this.#configuredAt = Math.floor(this.#options.now() / 1000);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#retiring, ...[...this.#installed.values()].map(({ provider }) => provider.close())]);
  }

  #routeOf(model: string, provider: string | undefined): Route | undefined {
    if (provider === undefined) return this.#routes.find(model);
    const named = this.#installed.get(provider)?.provider;
    return named && { provider: named, model: undefined };
  }

  /** Providers any of whose models a client may name: where there are several real ones, names need a route. */
  #nameable(): Provider[] {
    const providers = [...this.#installed.values()].map(({ provider }) => provider);
    return providers.filter((provider) => provider.kind === 'demo' || provider === this.#routes.fallback);
  }

  /** All or nothing: what was made for a configuration that fails is closed again. */
  #install(config: GatewayConfig): RouteTable {
    const next = new Map<string, Installed>();
    const made: Provider[] = [];
    try {
      for (const definition of config.providers) {
        if (next.has(definition.id)) throw new TypeError(`provider ${definition.id}: the id is taken`);
        const text = JSON.stringify([definition, config.retry]);
        const old = this.#installed.get(definition.id);
        const provider = old?.text === text ? old.provider : this.#make(definition, config.retry);
        if (provider !== old?.provider) made.push(provider);
        next.set(definition.id, { provider, text });
      }
      const routes = new RouteTable(
        [...next.values()].map(({ provider }) => provider),
        config.models,
      );
      this.#retire(next);
      this.#installed = next;
      return routes;
    } catch (error) {
      for (const provider of made) void provider.close();
      throw error;
    }
  }

  #retire(next: ReadonlyMap<string, Installed>): void {
    for (const [id, { provider }] of this.#installed) {
      if (next.get(id)?.provider === provider) continue;
      const closing = provider.close().finally(() => this.#retiring.delete(closing));
      this.#retiring.add(closing);
    }
  }

  #make(definition: ProviderConfig, retry: RetryConfig): Provider {
    const counters = this.#counters.get(definition.id) ?? new Counters();
    this.#counters.set(definition.id, counters);
    if (definition.kind === 'demo') return new DemoProvider(definition.id, { counters, now: this.#options.now });
    return new HttpProvider(definition, wireOf(definition), { retry, counters, ...this.#options });
  }

  #modelNotFound(model: string): NearhitError {
    const near = this.#routes.nearest(model);
    const hint = near.length === 0 ? '' : ` Did you mean ${near.map((name) => `\`${name}\``).join(' or ')}?`;
    return new NearhitError('MODEL_NOT_FOUND', `The model \`${shortName(model)}\` is not known here.${hint}`, {
      param: 'model',
    });
  }
}

function shortName(model: string): string {
  return model.length <= 100 ? model : `${model.slice(0, 100)}...`;
}
