export interface LimitsInForce {
  /** What an answer from the cache counts: of a request, and of its tokens, as shares. */
  readonly hitRequests: number;
  readonly hitTokensShare: number;
  /** While nobody can say what was used: let requests in, or refuse them. */
  readonly whenUnavailable: 'open' | 'closed';
}
