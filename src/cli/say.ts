/** Words and documents on their ways: results to stdout, everything else to stderr. */
import { styleText } from 'node:util';
import type { Surroundings } from './surroundings.ts';

type Style = Parameters<typeof styleText>[0];

export interface Say {
  /** True where a program reads: words for people are left out of stdout. */
  readonly isJson: boolean;
  /** A line for people on stdout; nothing with `--json`. */
  line(text?: string): void;
  /** A JSON document on stdout; nothing without `--json`. */
  document(value: unknown): void;
  /** One document of several, each on a line of stdout; nothing without `--json`. */
  documentLine(value: unknown): void;
  /** A line on stderr. */
  readonly remark: (text: string) => void;
  /** Colours for stdout, where that is a terminal that wants them. */
  style(style: Style, text: string): string;
}

export function openSay({ stdout, stderr }: Surroundings, isJson: boolean): Say {
  return {
    isJson,
    line(text = '') {
      if (!isJson) stdout.write(`${withoutMoves(text)}\n`);
    },
    document(value) {
      if (isJson) stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    },
    documentLine(value) {
      if (isJson) stdout.write(`${JSON.stringify(value)}\n`);
    },
    remark: (text) => void stderr.write(`${withoutMoves(text)}\n`),
    style: (style, text) => styleText(style, text, { stream: stdout }),
  };
}

/** Names are other people's: nothing in them may steer a terminal. Colours and line breaks are left. */
function withoutMoves(text: string): string {
  return text.replaceAll(
    // oxlint-disable-next-line no-control-regex -- the sequences of colours begin with one
    /(\u001b\[\d+m|\n)|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (_match, allowed: string | undefined) => allowed ?? '?',
  );
}
