interface Key {
  readonly secret: string;
  /** Limited until then. */
  coolUntilMs: number;
  /** Refused until then. */
  outUntilMs: number;
  /** The status it was refused with; undefined when it is good. */
  refusedWith: number | undefined;
}

/** A key that was refused is tried again after this long. */
export const KEY_OUT_MS = 30_000;

/** The house's keys of one provider, taken in turn, the limited and the refused ones left out while others are there. */
export class KeyRing {
  readonly #keys: readonly Key[];
  #turn = 0;

  constructor(secrets: readonly string[]) {
    this.#keys = secrets.map((secret) => ({ secret, coolUntilMs: 0, outUntilMs: 0, refusedWith: undefined }));
  }

  /** The provider is called with the credential of whoever asks. */
  get empty(): boolean {
    return this.#keys.length === 0;
  }

  /** True when some key is neither limited nor refused, or none is needed. */
  ready(nowMs: number): boolean {
    if (this.#keys.length === 0) return true;
    for (const key of this.#keys) if (isReady(key, nowMs)) return true;
    return false;
  }

  /** True when every key has been refused. */
  out(nowMs: number): boolean {
    return this.#keys.length > 0 && this.#keys.every((key) => key.outUntilMs > nowMs);
  }

  /** The next in turn that is ready; else the one that will be first. Undefined when there is none at all. */
  pick(nowMs: number): string | undefined {
    const { length } = this.#keys;
    if (length < 2) return this.#keys[0]?.secret;
    let soonest: Key | undefined;
    for (let step = 1; step <= length; step++) {
      const at = (this.#turn + step) % length;
      const key = this.#keys[at] as Key;
      if (isReady(key, nowMs)) {
        this.#turn = at;
        return key.secret;
      }
      if (soonest === undefined || readyAt(key) < readyAt(soonest)) soonest = key;
    }
    return soonest?.secret;
  }

  limit(secret: string | undefined, untilMs: number): void {
    const key = this.#find(secret);
    if (key !== undefined) key.coolUntilMs = Math.max(key.coolUntilMs, untilMs);
  }

  /** True when that is news. */
  refuse(secret: string | undefined, status: number, nowMs: number): boolean {
    const key = this.#find(secret);
    if (key === undefined) return false;
    const news = key.refusedWith === undefined;
    key.refusedWith = status;
    key.outUntilMs = nowMs + KEY_OUT_MS;
    return news;
  }

  accepted(secret: string | undefined): void {
    for (const key of this.#keys) {
      if (key.refusedWith === undefined || key.secret !== secret) continue;
      key.refusedWith = undefined;
      key.outUntilMs = 0;
    }
  }

  /** As if none had ever been limited or refused. */
  forgive(): void {
    for (const key of this.#keys) {
      key.coolUntilMs = 0;
      key.outUntilMs = 0;
      key.refusedWith = undefined;
    }
  }

  /** What is wrong with them, for an operator. */
  alarms(): string[] {
    return this.#keys.flatMap(({ secret, refusedWith }) =>
      refusedWith === undefined ? [] : [`${keyName(secret)} was refused (${refusedWith})`],
    );
  }

  #find(secret: string | undefined): Key | undefined {
    for (const key of this.#keys) if (key.secret === secret) return key;
    return undefined;
  }
}

/** Enough to tell it from others, too little to use it. */
export function keyName(secret: string): string {
  return secret.length < 8 ? 'key' : `key ...${secret.slice(-2)}`;
}

const readyAt = ({ coolUntilMs, outUntilMs }: Key): number => Math.max(coolUntilMs, outUntilMs);

const isReady = (key: Key, nowMs: number): boolean => readyAt(key) <= nowMs;
