/** The secrets among the environment variables, for the scrubber. */

const secretNames = /(TOKEN|KEY|SECRET|PASSWORD)$/;

/** Variables that hold several secrets, or one inside of something else. */
const readers: Readonly<Record<string, (value: string) => string[]>> = {
  ENCRYPTION_KEYS: (value) => listed(value).map((entry) => entry.slice(entry.indexOf(':') + 1)),
  WEBHOOK_SIGNING_SECRET: (value) =>
    listed(value).flatMap((secret) => [secret, secret.replace(/^whsec_/, '')]),
  // Sent in base64, and by whoever logs it without its user.
  N8N_BASIC_AUTH: (value) => [
    value,
    value.slice(value.indexOf(':') + 1),
    Buffer.from(value).toString('base64'),
  ],
  // `name=value,…`, each value URL-encoded; that of Authorization is a scheme and a credential.
  OTEL_EXPORTER_OTLP_HEADERS: (value) =>
    listed(value).flatMap((entry) => {
      const header = entry.slice(entry.indexOf('=') + 1);
      return [header, decoded(header), decoded(header).replace(/^\w+ +/, '')];
    }),
};

/** Values of variables that are secret by their name, and the passwords inside connection URLs. */
export function secretValues(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (value === undefined || value === '') return [];
    const read = readers[name];
    if (read !== undefined) return [...new Set(read(value))];
    return secretNames.test(name) ? [value] : passwordsIn(value);
  });
}

function passwordsIn(text: string): string[] {
  const url = URL.parse(text);
  if (url === null) return [];
  const passwords = [url.password, decoded(url.password), url.searchParams.get('password') ?? ''];
  return [...new Set(passwords)].filter((password) => password !== '');
}

function listed(value: string): string[] {
  return value.split(',').map((part) => part.trim());
}

/** As it was meant; a text that cannot be decoded was meant as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
