/** How refusals are taken. */
export type Tolerance =
  /** Any refusal is an error. */
  | { readonly kind: 'apply' }
  /** `CREATE SCHEMA`: not sent when the schema is there. */
  | { readonly kind: 'skip-if-there'; readonly schema: string; readonly reason: string }
  /** A refusal with one of these SQLSTATEs undoes this statement alone, and is told as a warning. */
  | { readonly kind: 'may-fail'; readonly sqlStates: readonly string[]; readonly reason: string };
