/** JSON lines on stdout, with every loaded secret taken out. */
import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

const patterns = [
  /\bsbp_[A-Za-z0-9_]{8,}/g,
  /\bsb_secret_[\w-]{8,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{8,}/g,
  /\bgithub_pat_\w{8,}/g,
  /\bwhsec_[A-Za-z0-9+/=]{8,}/g,
  /(?<=\bcpk_[0-9a-f]{12}_)[\w-]{8,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /(?<=\bBearer\s)[\w.~+/=-]{8,}/gi,
  /(?<=:\/\/[^\s:@/"]{1,100}:)[^\s@/"]{1,200}(?=@)/g,
];

/** Replaces the given secrets, and what looks like one, in a text. */
function scrubber(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets.filter((secret) => secret.length >= 8))].flatMap((secret) => [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
  ]);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, '[secret]');
    for (const pattern of patterns) clean = clean.replaceAll(pattern, '[secret]');
    return clean;
  };
}

export interface LoggerOptions {
  readonly level: string;
  readonly secrets: readonly string[];
  readonly destination?: { write(line: string): unknown };
}

export function createLogger(options: LoggerOptions): Logger {
  const scrub = scrubber(options.secrets);
  const destination = options.destination ?? process.stdout;
  return pino(
    { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line: string) => destination.write(scrub(line)) },
  );
}
