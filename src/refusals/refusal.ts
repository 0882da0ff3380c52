/** The shape of what is known about how a provider refuses. Data and types only. */
import type { RefusalHeaders } from '../errors.ts';
import type { FailureCode } from '../provisioning.ts';

/** A refusal as it came. */
export interface RefusalFacts {
  readonly status: number;
  readonly text: string;
  readonly headers: RefusalHeaders;
}

/** One reason that a provider is known to have. */
export interface KnownRefusal {
  /** Kebab-case, unique within the provider. */
  readonly reason: string;
  readonly statuses: readonly number[];
  /** How the provider words it. Without it, `header` or the status alone tells. */
  readonly text?: RegExp;
  readonly header?: (headers: RefusalHeaders) => boolean;
  readonly code: FailureCode;
  /** The meaning, in our own words: follows `answered 403`. */
  readonly message: string;
  readonly whatToDo: string;
  /** Where the wording comes from. */
  readonly source: string;
}

/** The known refusals of one provider. */
export interface RefusalTable {
  /** The variable that holds the credentials. */
  readonly credentials: string;
  /** The first that fits counts, so the narrow ones come first. */
  readonly refusals: readonly KnownRefusal[];
}
