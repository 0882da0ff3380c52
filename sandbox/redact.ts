import { fingerprint } from './random.ts';

const longestText = 20_000;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A request body fit for the journal: passwords, and the values of sensitive variables, become
 * fingerprints, very long texts are cut.
 */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.length > longestText ? `${value.slice(0, longestText)}… (${value.length})` : value;
  }
  if (Array.isArray(value)) return value.map(redact);
  if (!isRecord(value)) return value;
  const isSensitive = value.type === 'sensitive' || value.type === 'encrypted';
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const isSecret = key === 'db_pass' || (key === 'value' && isSensitive);
      return [key, isSecret && typeof item === 'string' ? fingerprint(item) : redact(item)];
    }),
  );
}
