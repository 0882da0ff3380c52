/** Recognizes the names that a resource type gives. Pure. */
import { clientIdPattern, longestClientId } from '../provisioning.ts';

/** True where `nameOf` gives that name to some client. */
export function isClientName(nameOf: (clientId: string) => string, name: string): boolean {
  const [before = '', after = ''] = nameOf('*').split('*');
  const clientId = name.slice(before.length, name.length - after.length);
  const isClientId = clientId.length <= longestClientId && clientIdPattern.test(clientId);
  return isClientId && nameOf(clientId) === name;
}
