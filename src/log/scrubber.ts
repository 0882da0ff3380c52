/** Takes secrets out of a text: the loaded ones in every form they are written in, and what looks like one. */

/** A text without its secrets. JSON stays JSON. */
export type Scrub = (text: string) => string;

/** Shorter values would be found by chance. */
const shortest = 8;
const replacement = '[secret]';

const patterns = [
  /\bsbp_[A-Za-z0-9_]{8,}/g,
  /\bsb_secret_[\w-]{8,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{8,}/g,
  /\bgithub_pat_\w{8,}/g,
  /\bwhsec_[A-Za-z0-9+/=]{8,}/g,
  /(?<=\bcpk_[0-9a-f]{12}_)[\w-]{8,}/g,
  /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g,
  /(?<=\bBearer\s)[\w.~+/=-]{8,}/gi,
  /(?<=:\/\/[^\s:@/"]{0,100}:)[^\s@/"]{1,200}(?=@)/g,
];

export function createScrubber(secrets: readonly string[]): Scrub {
  const known = [...new Set(secrets.flatMap(formsOf))]
    .filter((form) => form.length >= shortest)
    // A secret may be the beginning of another.
    .toSorted((one, other) => other.length - one.length);
  return (text) => {
    let clean = text;
    for (const form of known) clean = clean.replaceAll(form, replacement);
    for (const pattern of patterns) clean = clean.replaceAll(pattern, replacement);
    return clean;
  };
}

function formsOf(secret: string): string[] {
  return [
    secret,
    asBase64Url(secret),
    asJson(secret),
    // The text of an error that quotes JSON, once more as JSON.
    asJson(asJson(secret)),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('hex'),
    // A key is often the bytes that its text stands for.
    Buffer.from(secret, 'base64').toString('hex'),
    ...[0, 1, 2].flatMap((shift) => {
      const inner = innerBase64(Buffer.from(secret), shift);
      return [inner, asBase64Url(inner)];
    }),
  ];
}

function asJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asBase64Url(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The base64 that every text shows that holds these bytes `shift` bytes after a multiple of three. */
function innerBase64(bytes: Buffer, shift: number): string {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
  // Characters at the edges mix in bits of the neighbours.
  const first = shift === 0 ? 0 : shift + 1;
  return whole.toString('base64').slice(first, Math.floor((whole.length * 8) / 6));
}
