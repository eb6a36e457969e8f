import { NearhitError, type UpstreamFlow } from '@nearhit/core';
import type { Dispatcher, Pool } from 'undici';
import type { ProviderTimeouts } from '../config.ts';
import { wasReused } from './connector.ts';
import { type CallPhase, isConnectionLost, toNearhitError } from './faults.ts';
import { responseHeaders } from './headers.ts';
import type { CallSink, CallSpec, InFlight } from './provider.ts';
import type { ReplyTranslator, TranslatedHead } from './wire.ts';

export interface CallSetup {
  readonly provider: { readonly id: string; readonly origin: string };
  readonly pool: Pool;
  readonly inFlight: InFlight;
  readonly timeoutsMs: ProviderTimeouts;
}

type Request = Dispatcher.DispatchOptions & { body: Buffer | null };
type IncomingHeaders = Record<string, string | string[] | undefined>;

/** Calls into undici's parser on the stack; a parser must not be resumed from within another's callback. */
let parsing = 0;

/**
 * One call: undici's handler and the caller's flow in one object, because an allocation and a closure less per event
 * is what a pass-through is measured by.
 */
export class HttpCall implements UpstreamFlow, Dispatcher.DispatchHandler {
  readonly #setup: CallSetup;
  readonly #request: Request;
  readonly #spec: CallSpec;
  /** Absent: bytes pass as they come. */
  readonly #translator: ReplyTranslator | undefined;
  readonly #sink: CallSink;
  #controller: Dispatcher.DispatchController | undefined;
  #phase: CallPhase = 'connecting';
  #status = 0;
  #resent = false;
  #done = false;
  #aborted = false;
  #paused = false;
  #dispatching = false;
  #timer: NodeJS.Timeout | undefined;
  #resendTimer: NodeJS.Timeout | undefined;

  constructor(
    setup: CallSetup,
    request: Request,
    spec: CallSpec,
    translator: ReplyTranslator | undefined,
    sink: CallSink,
  ) {
    this.#setup = setup;
    this.#request = request;
    this.#spec = spec;
    this.#translator = translator;
    this.#sink = sink;
    setup.inFlight.enter();
    const { connect, firstByte } = setup.timeoutsMs;
    const firstMs = Math.min(connect + firstByte, spec.totalMs);
    this.#timer = setTimeout(onTimer, firstMs, this, spec.totalMs - firstMs).unref();
    this.#dispatch();
  }

  pause(): void {
    if (this.#done || this.#paused) return;
    this.#paused = true;
    this.#controller?.pause();
  }

  resume(): void {
    if (this.#done || !this.#paused) return;
    this.#paused = false;
    if (parsing === 0) this.#controller?.resume();
    else queueMicrotask(() => this.#resumeLater());
  }

  abort(): void {
    this.#aborted = true;
    if (!this.#done) this.#cancel('aborted');
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#done) {
      controller.abort(new Error('aborted'));
      return;
    }
    this.#controller = controller;
    this.#phase = 'sent';
    if (this.#paused) controller.pause();
  }

  /** The first byte of an answer. */
  onResponseStarted(): void {
    this.#phase = 'answering';
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHeaders): void {
    if (status < 200 || this.#done) return;
    this.#phase = 'body';
    this.#status = status;
    parsing++;
    try {
      const passed = responseHeaders(headers);
      const head = this.#translator === undefined ? { status, headers: passed } : this.#translator.head(status, passed);
      if (head !== undefined) this.#tellHead(head);
    } catch (error) {
      this.#sinkThrew(error);
    } finally {
      parsing--;
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return;
    parsing++;
    try {
      const bytes = this.#translator === undefined ? chunk : this.#translator.data(chunk);
      if (bytes.length > 0) this.#sink.onData(bytes);
    } catch (error) {
      this.#sinkThrew(error);
    } finally {
      parsing--;
    }
  }

  onResponseEnd(): void {
    if (this.#done || !this.#endOfTranslation()) return;
    this.#finish(this.#status >= 500);
    parsing++;
    try {
      this.#sink.onEnd();
    } finally {
      parsing--;
    }
  }

  onResponseError(_controller: unknown, error: unknown): void {
    if (this.#done) return;
    this.#controller = undefined;
    const unanswered = this.#phase === 'connecting' || this.#phase === 'sent';
    if (!this.#resent && unanswered && isConnectionLost(error) && wasReused(error)) this.#resend();
    else this.#fail(toNearhitError(error, this.#setup.provider, this.#phase));
  }

  /** First when connecting and the first byte had their time, then when the total is over (`leftMs` 0). */
  onTimer(leftMs: number): void {
    const { id } = this.#setup.provider;
    if (leftMs > 0 && this.#phase !== 'connecting') {
      this.#timer = setTimeout(onTimer, leftMs, this, 0).unref();
    } else if (leftMs === 0) {
      this.#failNow(new NearhitError('UPSTREAM_TIMEOUT', `Provider ${id} was not done within its total timeout.`));
    } else {
      this.#failNow(new NearhitError('UPSTREAM_TIMEOUT', `Provider ${id}: no connection within its connect timeout.`));
    }
  }

  #dispatch(): void {
    this.#phase = 'connecting';
    this.#dispatching = true;
    try {
      this.#setup.pool.dispatch(this.#request, this);
    } catch (error) {
      this.onResponseError(undefined, error);
    } finally {
      this.#dispatching = false;
    }
  }

  /**
   * A kept-alive connection was closed under the call: the provider never saw it, and a fresh one will do. Never from
   * within undici's error handling: its queues are being taken apart there.
   */
  #resend(): void {
    this.#resent = true;
    this.#resendTimer = setTimeout(() => this.#dispatch(), 0);
  }

  #resumeLater(): void {
    if (!this.#done && !this.#paused) this.#controller?.resume();
  }

  #tellHead({ status, headers }: TranslatedHead): void {
    this.#status = status;
    this.#sink.onHead(status, headers);
  }

  /** What the translator had kept back goes out. False: the call is over because of it. */
  #endOfTranslation(): boolean {
    if (this.#translator === undefined) return true;
    parsing++;
    try {
      const { head, data } = this.#translator.end();
      if (head !== undefined) this.#tellHead(head);
      if (data.length > 0 && !this.#done) this.#sink.onData(data);
    } catch (error) {
      this.#sinkThrew(error);
    } finally {
      parsing--;
    }
    return !this.#done;
  }

  #sinkThrew(cause: unknown): void {
    if (this.#done) return;
    const known = cause instanceof NearhitError ? cause : undefined;
    this.#failNow(known ?? new NearhitError('INTERNAL', 'The answer could not be passed on.', { cause }));
  }

  #failNow(error: NearhitError): void {
    this.#cancel(error.message, true);
    this.#sink.onError(error);
  }

  #fail(error: NearhitError): void {
    this.#finish(true);
    if (!this.#dispatching) this.#sink.onError(error);
    else
      queueMicrotask(() => {
        if (!this.#aborted) this.#sink.onError(error);
      });
  }

  #cancel(why: string, failed = false): void {
    const controller = this.#controller;
    this.#finish(failed);
    // A request that still waits for a connection can't be called back; undici asks onRequestStart before it writes it.
    this.#request.body = null;
    controller?.abort(new Error(why));
  }

  #finish(failed: boolean): void {
    this.#done = true;
    this.#controller = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#resendTimer);
    this.#setup.inFlight.leave(failed, this.#spec.batch);
  }
}

function onTimer(call: HttpCall, leftMs: number): void {
  call.onTimer(leftMs);
}
