/**
 * The right to make one mutating call.
 *
 * Every mutating verb of a provider client takes a permit, and only two places grant one: `sendCall()` of the engine,
 * once the intent is committed and while the lease outlives the call; and `removeOrphan()`, once the operator's deletion
 * is recorded. So a create, change or delete that is not in the ledger
 * does not compile, and one that is sent late or twice is refused here.
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
   * For those two alone (a test over the sources holds it to that).
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
      throw new PermitRefused('the lease ends before the call would');
    this.#isTaken = true;
  }
}

/** The call was not sent. */
export class PermitRefused extends Error {
  override readonly name = 'PermitRefused';
}
