import type { ServiceRegistry, ServiceStatus } from '@nearhit/core';
import type { Commands, Script } from './commands.ts';

const GONE_AFTER_MS = 10_000;

/** Redis's own clock decides who is gone: those of the services may differ. Keys: `status` (hash), `seen` (by score). */
const NOW = `
local B = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

const REPORT: Script = {
  name: 'nearhitReport',
  lua: `${NOW}
redis.call('HSET', B .. 'status', ARGV[1], ARGV[2])
redis.call('ZADD', B .. 'seen', now, ARGV[1])
return 0`,
};

const PRESENT: Script = {
  name: 'nearhitPresent',
  lua: `${NOW}
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', B .. 'seen', '-inf', now - tonumber(ARGV[1]))) do
  redis.call('HDEL', B .. 'status', gone)
  redis.call('ZREM', B .. 'seen', gone)
end
return redis.call('HVALS', B .. 'status')`,
};

export class RedisServiceRegistry implements ServiceRegistry {
  readonly #commands: Commands;
  readonly #base: string;
  readonly #goneAfterMs: number;

  constructor(commands: Commands, base: string, goneAfterMs = GONE_AFTER_MS) {
    this.#commands = commands;
    this.#base = base;
    this.#goneAfterMs = goneAfterMs;
    for (const script of [REPORT, PRESENT]) commands.define(script);
  }

  async report(status: ServiceStatus): Promise<void> {
    await this.#commands.script(REPORT, this.#base, nameOf(status), JSON.stringify(status));
  }

  async list(): Promise<ServiceStatus[]> {
    const present = await this.#commands.script<Buffer[]>(PRESENT, this.#base, this.#goneAfterMs);
    return present
      .map((status) => JSON.parse(String(status)) as ServiceStatus)
      .sort((a, b) => a.kind.localeCompare(b.kind) || a.startedAtMs - b.startedAtMs || a.id.localeCompare(b.id));
  }

  async remove(status: Pick<ServiceStatus, 'kind' | 'id'>): Promise<void> {
    await this.#commands.run((client) =>
      Promise.all([
        client.hdel(`${this.#base}status`, nameOf(status)),
        client.zrem(`${this.#base}seen`, nameOf(status)),
      ]),
    );
  }
}

const nameOf = ({ kind, id }: Pick<ServiceStatus, 'kind' | 'id'>): string => `${kind} ${id}`;
