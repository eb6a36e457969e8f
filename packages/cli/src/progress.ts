import { Presets, SingleBar } from 'cli-progress';
import type { Io } from './io.ts';

export interface Progress {
  /** `done` out of the total; `note` follows it. */
  update(done: number, note: string): void;
  stop(): void;
}

const LINE_EVERY_MS = 10_000;

/**
 * A bar on a terminal, a plain line now and then elsewhere, always on stderr. `total` undefined: it is not known how much
 * there is, and there is no bar.
 */
export function startProgress(io: Io, what: string, total: number | undefined): Progress {
  return io.stderr.isTTY === true && total !== undefined && total > 0
    ? bar(io, what, total)
    : lines(io, what, total === 0 ? undefined : total);
}

function bar(io: Io, what: string, total: number): Progress {
  // Nothing that an interrupt would leave behind in the terminal, and no handler that would swallow the interrupt.
  const settings = { linewrap: true, hideCursor: false, gracefulExit: false, clearOnComplete: true, barsize: 24 };
  const single = new SingleBar(
    { ...settings, format: `${what} {bar} {percentage} %  {note}`, stream: io.stderr },
    Presets.shades_classic,
  );
  single.start(total, 0, { note: '' });
  return {
    update: (done, note) => single.update(Math.min(done, total), { note }),
    stop: () => single.stop(),
  };
}

function lines(io: Io, what: string, total: number | undefined): Progress {
  io.stderr.write(`${what} ...\n`);
  let lastMs = performance.now();
  return {
    update: (done, note) => {
      const nowMs = performance.now();
      if (nowMs - lastMs < LINE_EVERY_MS) return;
      lastMs = nowMs;
      const share = total === undefined ? '' : ` ${Math.floor((100 * Math.min(done, total)) / total)} %`;
      io.stderr.write(`${what}${share}: ${note}\n`);
    },
    stop: () => {},
  };
}
