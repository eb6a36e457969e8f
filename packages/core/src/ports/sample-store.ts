import type { Scope } from '../ids.ts';
import type { LabelSource } from './pair-store.ts';

/** One candidate pair of which it is known whether serving it was, or would have been, right. No text. */
export interface LabelledSample {
  /** Of what was judged, by whom: one that comes again changes nothing. At most 200 characters. */
  readonly id: string;
  readonly tenant: string;
  readonly namespace: string;
  readonly model: string;
  /** What made `score`: `cosine`, or the verifier's version. Scores of two scorers do not compare. */
  readonly scorer: string;
  /** 0..1: the verifier's probability that serving is right, or the cosine similarity where there is no verifier. */
  readonly score: number;
  /** Cosine similarity, -1..1. */
  readonly similarity: number;
  readonly right: boolean;
  readonly source: LabelSource;
  /** It was served; else it would have been at a lower bar. */
  readonly served: boolean;
  /** How much the label is to be trusted, above 0 and at most 1. Default 1. */
  readonly weight?: number | undefined;
  readonly atMs: number;
  /** What serving it saved, or would have. */
  readonly savedUsd: number;
}

export interface PlacedSample {
  readonly seq: number;
  readonly sample: LabelledSample;
}

/** Bounds of a store; beyond them the oldest are let go, of the same scope or tenant: nobody pushes out what is another's. */
export interface SampleBounds {
  readonly perScopeMax: number;
  readonly perTenantMax: number;
}

/** An adapter's own. A calibration keeps as many. */
export const SAMPLE_BOUNDS: SampleBounds = { perScopeMax: 5000, perTenantMax: 20_000 };

/** Labelled samples in order of arrival, shared by all processes; bounded. Followers of the log hear that there are new ones. */
export interface SampleStore {
  /** Durable when it resolves. One whose id is known changes nothing. */
  append(samples: readonly LabelledSample[]): Promise<void>;
  /** By rising `seq`, those above `afterSeq`, at most `limit`; fewer only at the end. `scope`: of this one only. */
  read(afterSeq: number, limit: number, scope?: Scope): Promise<PlacedSample[]>;
}
