/** Where Redis is and how it is spoken to. Everything has a default but the URL. */
export interface RedisSettings {
  /**
   * `redis://[user:password@]host[:6379][/db]`, `rediss://` for TLS;
   * `redis+sentinel://[user:password@]host:26379,host2:26379/master-name[/db]`, `rediss+sentinel://`;
   * `redis+cluster://[user:password@]host:6379,host2:6379`, `rediss+cluster://`. Valkey alike.
   */
  readonly url: string;
  /** Before every key. Default `nearhit`. */
  readonly keyPrefix?: string | undefined;
  /** PEM of the authority that signed the server's certificate, if none that Node knows. */
  readonly caCert?: string | undefined;
  /** A command that has not been answered after this long has failed. Default 2000. */
  readonly commandTimeoutMs?: number | undefined;
}
