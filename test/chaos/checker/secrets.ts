/** I5: no secret is anywhere, in any of the forms in which it could be written. */
import type { Violation, World } from '../world.ts';
import { broken } from './cases.ts';

export function judgeSecrets({ secrets, sinks, journal, received }: World): Violation[] {
  const all = [
    ...sinks,
    { name: 'paths of requests to providers', text: journal.map(({ path }) => path).join('\n') },
    {
      name: 'callbacks',
      text: received.map(({ body, headers }) => `${JSON.stringify(headers)}\n${body}`).join('\n'),
    },
  ];
  return secrets.flatMap(({ name, value }) =>
    all.flatMap((sink) => {
      const form = formsOf(value).find(([, text]) => sink.text.includes(text));
      return form === undefined ? [] : [broken('I5', `${sink.name} holds ${name}, ${form[0]}`)];
    }),
  );
}

/** Shorter ones would be found by chance. */
const shortest = 8;

export function formsOf(value: string): (readonly [string, string])[] {
  if (value.length < shortest) return [];
  const bytes = Buffer.from(value);
  const forms: (readonly [string, string])[] = [
    ['as it is', value],
    ['URL-encoded', encodeURIComponent(value)],
    ['JSON-escaped', JSON.stringify(value).slice(1, -1)],
    ['in hex', bytes.toString('hex')],
    // In the middle of a longer text its base64 is shifted by one or two bytes, and its edges are others.
    ...[0, 1, 2].flatMap((shift) => {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const inner = shifted.slice(
        shift === 0 ? 0 : shift + 1,
        (bytes.length + shift) % 3 === 0 ? undefined : -1,
      );
      return [
        ['in base64', inner],
        ['in base64url', inner.replaceAll('+', '-').replaceAll('/', '_')],
      ] as const;
    }),
  ];
  return forms;
}
