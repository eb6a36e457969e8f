import type { RoutingPolicy, UpstreamCall } from '@nearhit/core';
import type { ModelConfig, TargetConfig } from '../config.ts';
import type { GatewayOptions } from '../upstream.ts';
import { ONCE } from './config.ts';
import { answering, failing } from './openai-origin.ts';
import type { OriginScript } from './origin.ts';
import type { Room, RoomOptions } from './room.ts';

/** The same for every token. */
export const price = (usdPerMTok: number) => ({ inputUsdPerMTok: usdPerMTok, outputUsdPerMTok: usdPerMTok });

export const target = (provider: string, more: Partial<TargetConfig> = {}): TargetConfig => ({
  ...{ provider, model: `m-${provider}` },
  ...more,
});

/** Four origins, of which the model `m` has those that are named. */
export const choosing = (
  routing: RoutingPolicy,
  targets: TargetConfig[],
  more: Partial<ModelConfig> = {},
): RoomOptions => ({
  origins: 4,
  models: [{ id: 'm', aliases: [], routing, targets, ...more }],
  config: { retry: ONCE },
});

/** Random numbers in turn, then always the last one. */
export function drawn(...numbers: number[]): Pick<GatewayOptions, 'random'> {
  return { random: () => (numbers.length > 1 ? (numbers.shift() as number) : (numbers[0] as number)) };
}

/** Random numbers, the same ones each time. */
export function seeded(seed: number): Pick<GatewayOptions, 'random'> {
  let at = seed;
  const random = () => {
    at = (at * 48_271) % 2_147_483_647;
    return at / 2_147_483_647;
  };
  return { random };
}

/** Who is asked, in which order, when all fail. */
export async function order(room: Room, call: Partial<UpstreamCall> = {}): Promise<string> {
  for (const name of 'abcd') room.script(name, failing(500));
  await room.ask(call);
  for (const name of 'abcd') room.script(name, answering);
  return room.takeAsked();
}

/** An origin that takes its time by the gateway's clock. */
export function slow(room: Room, ms: number): OriginScript {
  return (call, response, index) => {
    room.skip(ms);
    answering(call, response, index);
  };
}
