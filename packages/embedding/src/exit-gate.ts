/**
 * onnxruntime-node aborts the process (Napi::Error, SIGABRT) when it ends while a worker thread is inside it. The gate lets the main
 * thread, on its way out, hold off further work and wait for the one under way.
 */
export type ExitGate = SharedArrayBuffer;

const RUNNING = 0;
const EXITING = 1;
/** Far longer than one text takes; an exit must not hang on a worker that does. */
const WAIT_MS_MAX = 2000;

export const newExitGate = (): ExitGate => new SharedArrayBuffer(8);

/** Main thread, in `process.on('exit')`: returns when no run is under way, and none starts any more. */
export function shutGate(gate: ExitGate): void {
  const cells = new Int32Array(gate);
  Atomics.store(cells, EXITING, 1);
  Atomics.wait(cells, RUNNING, 1, WAIT_MS_MAX);
}

/** Worker thread. Never resolves when the process is about to end. */
export async function throughGate<T>(gate: ExitGate, run: () => Promise<T>): Promise<T> {
  const cells = new Int32Array(gate);
  // Marked before asked: the other side asks to exit before it looks for marks.
  Atomics.store(cells, RUNNING, 1);
  const unmark = () => {
    Atomics.store(cells, RUNNING, 0);
    Atomics.notify(cells, RUNNING);
  };
  if (Atomics.load(cells, EXITING) === 1) {
    unmark();
    return new Promise<never>(() => undefined);
  }
  return run().finally(unmark);
}
