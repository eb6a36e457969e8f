import type { RouteDecision, TargetStatus, UpstreamCall } from '@nearhit/core';
import type { GatewayConfig, ModelConfig, ProviderConfig } from '../config.ts';
import { createUpstream, type Gateway, type GatewayOptions } from '../upstream.ts';
import { gateway, openAi } from './config.ts';
import { answering } from './openai-origin.ts';
import { type Origin, type OriginScript, startOrigin } from './origin.ts';
import { chatCall, type Recording, type RecordOptions, record } from './recorder.ts';

export interface RoomOptions {
  readonly origins?: number;
  readonly model?: Partial<ModelConfig>;
  readonly models?: readonly ModelConfig[];
  readonly provider?: Partial<ProviderConfig>;
  readonly config?: Partial<GatewayConfig>;
  readonly options?: GatewayOptions;
}

/** A gateway before origins `a`, `b`, `c` ..., one provider each, all of them targets of the model `m`. */
export class Room {
  readonly origins: Origin[] = [];
  readonly alarms: string[] = [];
  /** The order in which the origins were asked. */
  readonly asked: string[] = [];
  route: RouteDecision | undefined;
  upstream!: Gateway;
  config!: GatewayConfig;
  #skippedMs = 0;

  static async open(options: RoomOptions = {}): Promise<Room> {
    const room = new Room();
    for (let i = 0; i < (options.origins ?? 3); i++) room.origins.push(await startOrigin(room.#asking(i, answering)));
    const providers = room.origins.map(({ url }, i) =>
      openAi(url, { id: nameOf(i), apiKeys: [`key-of-${nameOf(i)}`], ...options.provider }),
    );
    const targets = providers.map(({ id }) => ({ provider: id, model: `m-${id}` }));
    const models = options.models ?? [{ id: 'm', aliases: [], targets, ...options.model }];
    room.config = { ...gateway(providers, models), ...options.config };
    room.upstream = createUpstream(room.config, {
      elapsed: () => performance.now() + room.#skippedMs,
      onAlarm: ({ message }) => room.alarms.push(message),
      ...options.options,
    });
    return room;
  }

  /** What origin `name` does from now on. */
  script(name: string, script: OriginScript): void {
    const at = name.charCodeAt(0) - 97;
    this.origins[at]?.script(this.#asking(at, script));
  }

  origin(name: string): Origin {
    return this.origins[name.charCodeAt(0) - 97] as Origin;
  }

  start(call: Partial<UpstreamCall> = {}, options: RecordOptions = {}): Recording {
    return record(this.upstream, chatCall({ model: 'm', ...call }), {
      ...options,
      onRoute: (decision) => {
        this.route = decision;
      },
    });
  }

  ask(call: Partial<UpstreamCall> = {}): Promise<Recording> {
    return this.start(call).done;
  }

  /** One after the other. */
  async askTimes(count: number, call: Partial<UpstreamCall> = {}): Promise<Recording[]> {
    const heard: Recording[] = [];
    for (let i = 0; i < count; i++) heard.push(await this.ask(call));
    return heard;
  }

  /** What is known of the target of origin `name`. */
  target(name: string): TargetStatus | undefined {
    const provider = this.upstream.providers().find(({ id }) => id === name);
    return provider?.targets?.find(({ model }) => model === `m-${name}`);
  }

  /** As if that much time had passed, for all but what waits already. */
  skip(ms: number): void {
    this.#skippedMs += ms;
  }

  /** What was asked since the last time. */
  takeAsked(): string {
    return this.asked.splice(0).join('');
  }

  async close(): Promise<void> {
    await this.upstream.close();
    await Promise.all(this.origins.map((origin) => origin.close()));
  }

  #asking(at: number, script: OriginScript): OriginScript {
    return (call, response, index) => {
      this.asked.push(nameOf(at));
      script(call, response, index);
    };
  }
}

const nameOf = (at: number): string => String.fromCharCode(97 + at);
