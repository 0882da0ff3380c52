/** A provider's own words, as operators may see them. */
import { ProviderError } from '../../errors.ts';
import { isDatabaseAway } from '../../ledger/pool.ts';
import { loadSecrets } from '../../ledger/secrets.ts';
import { createScrubber, type Scrub } from '../../log/scrubber.ts';
import { secretValues } from '../../log/secret-values.ts';
import type { Engine } from '../engine.ts';

/** More of it is not kept. */
const longest = 500;

/** Nothing that is longer is a sentence for a person. */
const longestRead = 20_000;

/**
 * The provider's text behind an error, without the secrets of the environment and of this provisioning, and cut.
 * Undefined: no provider has said anything.
 */
export async function readProviderText(
  engine: Engine,
  provisioningId: string,
  error: unknown,
): Promise<string | undefined> {
  const text = providerTextOf(error);
  if (text === '') return undefined;
  // Providers echo what they get: the password of a new project, say.
  const own = await loadSecrets(engine.pool, engine.encryptionKeys, provisioningId).catch(
    (problem: unknown) => {
      if (isDatabaseAway(problem)) throw problem;
      return undefined;
    },
  );
  // A secret that cannot be read cannot be taken out either.
  if (own === undefined) return undefined;
  return cleanProviderText(text, createScrubber([...secretValues(engine.environment), ...own]));
}

function providerTextOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if (at instanceof ProviderError) return at.providerText;
  return '';
}

/** Scrubbed before it is cut: half a secret is found by nobody. */
function cleanProviderText(text: string, scrub: Scrub): string | undefined {
  const readable = scrub(text.slice(0, longestRead))
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uD800-\uDFFF]+/gu, ' ')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
  if (readable === '') return undefined;
  // Not through the middle of a character.
  return readable.length <= longest ? readable : `${readable.slice(0, longest - 1).toWellFormed()}…`;
}
