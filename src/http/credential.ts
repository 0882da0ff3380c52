/** Tokens and keys, as they can be sent: one that no header can carry is found at the start, not at the first call. */
import { z } from 'zod';

interface Flaw {
  readonly pattern: RegExp;
  /** Said without the value, and before it is known which of them was meant. */
  readonly message: string;
}

const quote = '["\'`\u2018-\u201e\u00ab\u00bb]';
const quotesAround: Flaw = {
  pattern: new RegExp(`^${quote}.*${quote}$`, 's'),
  message: 'must be without the quotes around it',
};

/** Reasons why no header can carry a text. The first that fits is told. */
const headerFlaws: readonly Flaw[] = [
  quotesAround,
  { pattern: /[\r\n\u2028\u2029\u0085]/, message: 'must not have a line break' },
  { pattern: /[\p{Zs}\t]/u, message: 'must not have a space' },
  {
    pattern: /[\p{Cf}\p{Cc}\u3164]/u,
    message: 'has a character that cannot be seen: copy it again from where it was made',
  },
  {
    pattern: /[^\x21-\x7e]/,
    message: 'must be of ASCII characters only: copy it again from where it was made',
  },
];

/** Characters that no provider's token has, though a header could carry some of them. */
const tokenFlaws: readonly Flaw[] = [
  { pattern: new RegExp(`^${quote}|${quote}$`), message: quotesAround.message },
  { pattern: /^(bearer|token)\s/i, message: 'must be the token alone, without the word before it' },
  {
    pattern: /\u2026|\.{3}$|[\u00b7\u2022*]{3}/,
    message: 'is not all of it: it was shortened or masked where it was copied from',
  },
  ...headerFlaws,
];

/** Says what is wrong, without showing the text. */
const without = (flaws: readonly Flaw[]) => (text: string, context: z.RefinementCtx) => {
  const flaw = flaws.find(({ pattern }) => pattern.test(text));
  if (flaw !== undefined) context.addIssue(flaw.message);
};

/** A token that a provider has made. */
export const credential = z.string().min(1).superRefine(without(tokenFlaws));

/** A key of the operator's own making. */
export const headerKey = z
  .string()
  .min(32, { error: 'must have at least 32 characters', abort: true })
  .superRefine(without(headerFlaws));

/** For a list or a text that may have spaces: quotes that a file of variables does not take off are no part of it. */
export const unquoted = z
  .string()
  .refine((text) => !quotesAround.pattern.test(text), { error: quotesAround.message, abort: true });
