/** Why something went wrong at a provider, and what a person does about it. In our own words. */
export interface FailureExplanation {
  /** A clause without a full stop. */
  readonly why: string;
  /** Whole sentences. */
  readonly whatToDo: string;
}
