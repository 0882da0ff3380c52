/**
 * The right to make one mutating call.
 *
 * Every mutating verb of a provider client takes a permit, and only two places grant one: `sendCall()` of the engine,
 * once the intent is committed and while the lease outlives the call; and `removeOrphan()`, once the operator's deletion
 * is recorded. So no other code can create, change or delete anything, and a call that is sent late or twice is refused
 * here.
 */
export class Permit {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly #mayStart: () => boolean;
  #isTaken = false;

  private constructor(signal: AbortSignal, timeoutMs: number, mayStart: () => boolean) {
    this.signal = signal;
    this.timeoutMs = timeoutMs;
    this.#mayStart = mayStart;
  }

  /**
   * Only for `sendCall()` and `removeOrphan()`: a test over the sources sees to that.
   * `mayStart` is asked at the last moment before the request leaves: is the lease still longer than the call?
   */
  static grant(options: { signal: AbortSignal; timeoutMs: number; mayStart: () => boolean }): Permit {
    return new Permit(options.signal, options.timeoutMs, options.mayStart);
  }

  /** True where the request may have left. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Takes the permit. Throws when it was taken before, or when the call may no longer start. */
  take(): void {
    if (this.#isTaken) throw new PermitRefused('a permit is good for one call');
    if (this.signal.aborted || !this.#mayStart())
      throw new PermitRefused('the call would outlast its time, or was cut off');
    this.#isTaken = true;
  }
}

/** The call was not sent. */
export class PermitRefused extends Error {
  override readonly name = 'PermitRefused';
}
