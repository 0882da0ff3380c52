/** Calls that servers of earlier versions do not know. */
import type { Answer, Api, ApiRequest } from '../api/client.ts';
import { CliError, exitCodes } from '../exit.ts';

/** Throws a CliError that says so where the server has no such call. */
export async function callNewer(api: Api, request: ApiRequest): Promise<Answer> {
  const alsoFine = [...(request.alsoFine ?? []), 404, 405];
  const answer = await api.call({ ...request, alsoFine });
  if (answer.status !== 404 && answer.status !== 405) return answer;
  throw new CliError(
    exitCodes.notFound,
    `The server has no ${request.method ?? 'GET'} ${request.path.replace(/\?.*/, '')}: it is older than this command. Upgrade the server.`,
  );
}
