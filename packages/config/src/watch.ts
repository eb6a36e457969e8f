import { type FSWatcher, readFileSync, unwatchFile, watch, watchFile } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from './config.ts';
import { ConfigError } from './faults.ts';
import { contentHash, type LoadOptions, loadConfig } from './load.ts';

export interface WatchOptions extends Omit<LoadOptions, 'file'> {
  /** `config.source.contentHash` of what is in force; a file that differs from it already is loaded at once. */
  readonly contentHash?: string | undefined;
  readonly debounceMs?: number;
  /** For file systems that report no changes (network mounts, some containers). */
  readonly pollMs?: number;
}

const GONE = 'gone';

/**
 * Calls `onConfig` with each new content that is valid, and `onError` once for each that is not, or when the file goes
 * away; what was in force stays so. The folder is watched, not the file: editors and Kubernetes replace files.
 */
export function watchConfig(
  path: string,
  onConfig: (config: Config) => void,
  onError: (error: ConfigError) => void,
  options: WatchOptions,
): { close(): void } {
  const watcher = new ConfigWatcher(path, onConfig, onError, options);
  watcher.start();
  return watcher;
}

class ConfigWatcher {
  readonly #path: string;
  readonly #onConfig: (config: Config) => void;
  readonly #onError: (error: ConfigError) => void;
  readonly #options: WatchOptions;
  readonly #notice = (): void => this.#schedule();
  #folder: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Content that has been reported. */
  #reported: string;
  /** Content seen by the last look: only what two looks see is believed, not a file being written. */
  #seen: string | undefined;
  #closed = false;

  constructor(
    path: string,
    onConfig: (config: Config) => void,
    onError: (error: ConfigError) => void,
    options: WatchOptions,
  ) {
    this.#path = path;
    this.#onConfig = onConfig;
    this.#onError = onError;
    this.#options = options;
    this.#reported = options.contentHash ?? this.#look();
  }

  start(): void {
    try {
      this.#folder = watch(dirname(this.#path), { persistent: false }, this.#notice);
      this.#folder.on('error', () => this.#folder?.close());
    } catch {
      // No watches left on this machine: polling goes on.
    }
    watchFile(this.#path, { interval: this.#options.pollMs ?? 2_000, persistent: false }, this.#notice);
    this.#schedule();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    unwatchFile(this.#path, this.#notice);
    this.#folder?.close();
  }

  #schedule(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), this.#options.debounceMs ?? 100).unref();
  }

  #check(): void {
    const now = this.#look();
    if (now === this.#reported) {
      this.#seen = undefined;
    } else if (now !== this.#seen) {
      this.#seen = now;
      this.#schedule();
    } else {
      this.#reported = now;
      this.#report();
    }
  }

  #report(): void {
    let config: Config;
    try {
      config = loadConfig({ env: this.#options.env, cwd: this.#options.cwd, file: this.#path });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      this.#onError(error);
      return;
    }
    this.#onConfig(config);
  }

  #look(): string {
    try {
      return contentHash(readFileSync(this.#path));
    } catch {
      return GONE;
    }
  }
}
