/** The secrets among the environment variables, for the scrubber of the log. */

const secretNames = /(TOKEN|KEY|KEYS|SECRET|PASSWORD)$/;

/** Values of variables that are secret by their name, and the passwords inside connection URLs. */
export function secretValues(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (value === undefined || value === '') return [];
    if (name === 'ENCRYPTION_KEYS') return value.split(',').map((entry) => entry.split(':')[1] ?? '');
    if (name === 'WEBHOOK_SIGNING_SECRET') return value.split(',').map((secret) => secret.trim());
    if (secretNames.test(name)) return [value];
    if (!URL.canParse(value)) return [];
    const { password } = new URL(value);
    return password === '' ? [] : [password, decoded(password)];
  });
}

/** As it was meant; a text that cannot be decoded was meant as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
