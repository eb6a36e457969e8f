import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isBudgeted } from '../limits/embedded-limits.ts';
import type { LimitStore, LimitSubject, SubjectUse } from '../ports/limit-store.ts';
import { limitsPerTest, type OpenLimits, verdict } from './limits.samples.ts';

const IDS = ['key:a', 'key:b', 'tenant:t'] as const;
type Id = (typeof IDS)[number];

interface Step {
  readonly kind: 'enter' | 'reserve' | 'settle' | 'renew';
  readonly key: 'key:a' | 'key:b';
  readonly lease: number;
  readonly tokens: number;
  readonly nanoUsd: number;
}

const steps: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('enter', 'enter', 'reserve', 'settle', 'renew'),
  key: fc.constantFrom('key:a', 'key:b'),
  lease: fc.nat(9),
  tokens: fc.nat(40),
  nanoUsd: fc.nat(40),
});

const small = fc.option(fc.nat(6), { nil: undefined });
const large = fc.option(fc.nat(150), { nil: undefined });
const settings = fc.record({ rpm: small, concurrent: small, tpm: large, nanoUsdDay: large, nanoUsdMonth: large });

/** What is known of one request, from which everything else is added up. */
interface Known {
  readonly subjects: readonly Id[];
  held: Set<Id>;
  entered: boolean;
  tokens: number;
  nanoUsd: number;
}

/** The plainest way to keep such accounts: from the list of all that happened, nothing kept up to date. */
class Model {
  readonly live = new Map<string, Known>();
  readonly requests: Id[] = [];
  readonly tokens: [Id, number][] = [];
  readonly spent: [Id, number][] = [];

  use(id: Id): Pick<SubjectUse, 'milliRequests' | 'tokens' | 'inFlight' | 'reserved' | 'spentDay'> {
    const held = [...this.live.values()].filter((one) => one.held.has(id));
    const sum = (all: readonly [Id, number][]) => all.reduce((total, [who, n]) => total + (who === id ? n : 0), 0);
    return {
      milliRequests: 1000 * this.requests.filter((who) => who === id).length,
      tokens: sum(this.tokens),
      inFlight: held.length,
      reserved: held.reduce((total, { nanoUsd }) => total + nanoUsd, 0),
      spentDay: sum(this.spent),
    };
  }

  enter(subjects: readonly LimitSubject[], lease: string): string {
    for (const [at, { id, limits }] of subjects.entries()) {
      const { milliRequests, inFlight } = this.use(id as Id);
      if (milliRequests + 1000 > 1000 * (limits.rpm ?? Number.POSITIVE_INFINITY)) return `rpm of ${at}`;
      if (inFlight >= (limits.concurrent ?? Number.POSITIVE_INFINITY)) return `concurrent of ${at}`;
    }
    const ids = subjects.map(({ id }) => id as Id);
    const held = new Set(subjects.filter(({ limits }) => limits.concurrent !== undefined).map(({ id }) => id as Id));
    this.live.set(lease, { subjects: ids, held, entered: true, tokens: 0, nanoUsd: 0 });
    for (const { id, limits } of subjects) if (limits.rpm !== undefined) this.requests.push(id as Id);
    return 'granted';
  }

  reserve(subjects: readonly LimitSubject[], known: Known, tokens: number, nanoUsd: number): string {
    for (const [at, { id, limits }] of subjects.entries()) {
      const use = this.use(id as Id);
      if (use.tokens + tokens > (limits.tpm ?? Number.POSITIVE_INFINITY)) return `tpm of ${at}`;
      const money = use.spentDay + use.reserved + nanoUsd;
      if (money > (limits.nanoUsdMonth ?? Number.POSITIVE_INFINITY)) return `nanoUsdMonth of ${at}`;
      if (money > (limits.nanoUsdDay ?? Number.POSITIVE_INFINITY)) return `nanoUsdDay of ${at}`;
    }
    for (const { id, limits } of subjects) {
      if (limits.nanoUsdDay !== undefined || limits.nanoUsdMonth !== undefined) known.held.add(id as Id);
      if (limits.tpm !== undefined) this.tokens.push([id as Id, tokens]);
    }
    known.tokens = tokens;
    known.nanoUsd = nanoUsd;
    return 'granted';
  }
}

async function run(limits: LimitStore, all: Record<Id, LimitSubject>, some: readonly Step[]): Promise<void> {
  const model = new Model();
  const windows = new Map<string, readonly number[]>();
  for (const [turn, { kind, key, lease: n, tokens, nanoUsd }] of some.entries()) {
    const subjects = [all[key], all['tenant:t']];
    const name = [...model.live.keys()][n];
    const known = name === undefined ? undefined : model.live.get(name);
    if (kind === 'enter') {
      const lease = `l${turn}`;
      const answer = await limits.enter('t', subjects, lease);
      expect(verdict(answer)).toBe(model.enter(subjects, lease));
    } else if (name !== undefined && known !== undefined) {
      const own = known.subjects.map((id) => all[id]);
      if (kind === 'renew') {
        const held = { tenant: 't', lease: name, subjects: [...known.held], nanoUsd: known.nanoUsd };
        await limits.renew([held]);
      } else if (kind === 'reserve' && known.tokens === 0 && known.nanoUsd === 0) {
        // What is set aside of one who has places and no budget is nobody's concern, and no part of the promise.
        const money = own.every(({ limits: one }) => one.concurrent === undefined || isBudgeted(one)) ? nanoUsd : 0;
        const answer = await limits.reserve('t', own, name, { tokens: own.map(() => tokens), nanoUsd: money });
        expect(verdict(answer)).toBe(model.reserve(own, known, tokens, money));
        if (answer.kind === 'granted')
          windows.set(
            name,
            answer.uses.map(({ window }) => window),
          );
      } else if (kind === 'settle') {
        const reservedIn = windows.get(name);
        await limits.settle({
          ...{ tenant: 't', lease: name, nanoUsd },
          subjects: own.map(({ id, limits: { tpm } }, at) => ({
            ...{ id, entered: 0, milliRequestsBack: 0, reserved: reservedIn?.[at] ?? 0 },
            tokensReserved: tpm === undefined ? 0 : known.tokens,
            tokensUsed: tpm === undefined ? 0 : tokens,
          })),
        });
        model.live.delete(name);
        for (const {
          id,
          limits: { tpm },
        } of own) {
          model.spent.push([id as Id, nanoUsd]);
          if (tpm !== undefined) model.tokens.push([id as Id, tokens - known.tokens]);
        }
      }
    }
    const uses = await limits.use('t', IDS);
    for (const [at, id] of IDS.entries()) expect({ id, ...uses[at] }).toMatchObject({ id, ...model.use(id) });
  }
}

/** Whatever is asked, in whatever order, the sums are those of the list of all that happened. */
export function limitStoreProperties(name: string, open: OpenLimits, { runs = 60 }: { runs?: number } = {}): void {
  describe(`LimitStore: ${name}`, () => {
    const { start } = limitsPerTest(open);
    test('does as a plain list of all that happened would, whatever is asked', async () => {
      const limits = await start();
      let round = 0;
      const inRound = (tenant: string): LimitStore => ({
        enter: (_, ...rest) => limits.enter(tenant, ...rest),
        reserve: (_, ...rest) => limits.reserve(tenant, ...rest),
        settle: (one) => limits.settle({ ...one, tenant, lease: one.lease }),
        renew: (leases) => limits.renew(leases.map((one) => ({ ...one, tenant }))),
        use: (_, ids) => limits.use(tenant, ids),
      });
      await fc.assert(
        fc.asyncProperty(
          fc.array(steps, { minLength: 1, maxLength: 40 }),
          fc.tuple(settings, settings, settings),
          async (some, [a, b, t]) => {
            round += 1;
            const prefixed = withLeases(inRound(`round ${round}`), `r${round}-`);
            const all = { 'key:a': { id: 'key:a', limits: a }, 'key:b': { id: 'key:b', limits: b } };
            await run(prefixed, { ...all, 'tenant:t': { id: 'tenant:t', limits: t } }, some);
          },
        ),
        { numRuns: Number(process.env.NEARHIT_PROPERTY_RUNS ?? runs) },
      );
    }, 120_000);
  });
}

/** Leases are unique over everything: each round has its own. */
function withLeases(limits: LimitStore, prefix: string): LimitStore {
  return {
    enter: (tenant, subjects, lease) => limits.enter(tenant, subjects, prefix + lease),
    reserve: (tenant, subjects, lease, need) => limits.reserve(tenant, subjects, prefix + lease, need),
    settle: (one) => limits.settle({ ...one, lease: prefix + one.lease }),
    renew: (leases) => limits.renew(leases.map((one) => ({ ...one, lease: prefix + one.lease }))),
    use: (tenant, ids) => limits.use(tenant, ids),
  };
}
