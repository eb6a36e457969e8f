type Pair = readonly [string, string];

/** By guard: pairs it must tell apart, then pairs it must let pass. */
export type GuardTable = Readonly<Record<string, { readonly differ: readonly Pair[]; readonly same: readonly Pair[] }>>;
