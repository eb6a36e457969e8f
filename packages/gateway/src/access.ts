import type { Allowance, BudgetUse, Caller, KeyStore, LimitStore, Observer } from '@nearhit/core';
import { KeyAdmin } from './keys/key-admin.ts';
import { Keyring } from './keys/keyring.ts';
import { createSeal } from './keys/seal.ts';
import type { FileTenant } from './keys/tenant-settings.ts';
import { Allowances } from './limits/allowances.ts';
import type { LimitsInForce } from './limits/limits-in-force.ts';
import { TokenThread } from './tokens/thread.ts';

export interface AccessOptions {
  readonly keys: KeyStore;
  readonly limits: LimitStore;
  /** Under which upstream credentials of keys are sealed; the same at every replica. */
  readonly secret: string;
  /** As configured now. */
  readonly config: () => { readonly tenants: readonly FileTenant[]; readonly limits: LimitsInForce };
  readonly observer: Pick<Observer, 'incident'>;
}

/** Who may use the gateway, and how much of it. */
export interface Access {
  readonly keyring: Keyring;
  readonly enter: (caller: Caller) => Allowance | Promise<Allowance>;
  /** Tokens of the prompt of a chat request, or of an embeddings request. */
  readonly countTokens: (body: Buffer) => Promise<number>;
  readonly countEmbeddings: (body: Buffer) => Promise<number>;
  /** Of keys and tenants near the end of a budget, as far as requests of this process have met them. */
  readonly budgetsNear: () => BudgetUse[];
  /** For the admin plane. */
  readonly admin: KeyAdmin;
  /** Another configuration is in force. */
  reconfigure(): void;
  /** After the last request. */
  close(): Promise<void>;
}

export function createAccess({ keys, limits, secret, config, observer }: AccessOptions): Access {
  const seal = createSeal(secret);
  const tenants = () => config().tenants;
  const keyring = new Keyring({ store: keys, seal, tenants, observer });
  const allowances = new Allowances({
    store: limits,
    limits: () => config().limits,
    observer,
  });
  const tokens = new TokenThread();
  return {
    keyring,
    countTokens: (body) => tokens.count('chat', body),
    countEmbeddings: (body) => tokens.count('embeddings', body),
    enter: (caller) => allowances.enter(caller),
    budgetsNear: () => allowances.budgetsNear(),
    admin: new KeyAdmin({ store: keys, limits, keyring, seal, tenants, observer }),
    reconfigure: () => keyring.forget(),
    async close() {
      keyring.close();
      await allowances.close();
      await tokens.close();
    },
  };
}
