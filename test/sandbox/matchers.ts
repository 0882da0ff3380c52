import { expect } from 'vitest';

/** Vitest's matchers are of type `any`, which would spread; these are not. */
export const anyText: unknown = expect.any(String);

export const anyNumber: unknown = expect.any(Number);

export const textLike = (pattern: RegExp): unknown => expect.stringMatching(pattern);

export const textWith = (part: string): unknown => expect.stringContaining(part);

export const objectWith = (fields: Record<string, unknown>): unknown => expect.objectContaining(fields);

export const listWith = (items: unknown[]): unknown => expect.arrayContaining(items);
