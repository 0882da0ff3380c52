/** The provisioning that a person means: by client id, or by its own id. */
import { clientIdPattern, longestClientId } from '../provisioning.ts';
import { provisioningPage, provisioningShown, type ShownProvisioning } from './api/answers.ts';
import type { Answer, Api } from './api/client.ts';
import { read } from './context.ts';
import { CliError, exitCodes, usageError } from './exit.ts';

export interface Found {
  readonly shown: ShownProvisioning;
  /** The document as it came, for `--json`. */
  readonly answer: Answer;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The newest provisioning of a client, or the one of that id. Throws a CliError where there is none. */
export async function findProvisioning(api: Api, name: string): Promise<Found> {
  if (uuid.test(name)) {
    const answer = await api.call({ path: `/api/provisioning/${name}`, alsoFine: [404] });
    if (answer.status === 200) return { answer, shown: read(provisioningShown, answer) };
  }
  if (name.length > longestClientId || !clientIdPattern.test(name))
    throw usageError(`"${name}" is neither a client id nor the id of a provisioning.`);
  const page = read(provisioningPage, await api.call({ path: `/api/provisioning?clientId=${name}&limit=1` }));
  const [newest] = page.items;
  if (newest === undefined)
    throw new CliError(exitCodes.notFound, `There is no client ${name}. "list" shows those that there are.`);
  // A page leaves out what only one provisioning's own answer has.
  return showProvisioning(api, newest.id);
}

export async function showProvisioning(api: Api, id: string): Promise<Found> {
  const answer = await api.call({ path: `/api/provisioning/${id}` });
  return { answer, shown: read(provisioningShown, answer) };
}
