/** `login` and `logout`. */
import { openApi } from '../api/client.ts';
import { askSecret, askText, readSecretFromStdin } from '../ask.ts';
import { checkConnection } from '../connection.ts';
import { apiOptionsOf, type Cli, type CommonOptions } from '../context.ts';
import { exitCodes, usageError, type ExitCode } from '../exit.ts';
import { profilePath, removeProfile, writeProfile } from '../profile.ts';
import { canAsk } from '../surroundings.ts';

export interface LoginOptions extends CommonOptions {
  readonly url?: string;
}

/** Asks for the key, or reads it from stdin, tries it, and keeps it. */
export async function login({ surroundings, say }: Cli, options: LoginOptions): Promise<ExitCode> {
  const isAsking = canAsk(surroundings);
  // Read from a terminal without a question, a key would be shown as it is typed.
  if (!isAsking && surroundings.stdin.isTTY)
    throw usageError('The key cannot be asked for, since stderr is no terminal: send it to stdin.');
  const url = options.url ?? surroundings.environment['PROVISIONER_URL'] ?? '';
  if (url === '' && !isAsking) throw usageError('Give the address of the API with --url.');
  const address = url === '' ? await askText(surroundings, 'Address of the API (https://…)') : url;
  const rules = { isInsecure: options.insecure ?? false };
  // Before a key is asked for that could not be sent there.
  checkConnection({ url: address, key: 'x'.repeat(32) }, rules);
  const key = isAsking
    ? await askSecret(surroundings, `Key for ${address} (it is not shown)`)
    : await readSecretFromStdin(surroundings);
  const connection = checkConnection({ url: address, key }, rules);
  await openApi(connection, apiOptionsOf(surroundings, say, options)).call({
    path: '/api/provisioning?limit=1',
  });
  const path = await writeProfile(surroundings.environment, connection);
  say.document({ url: connection.url, profile: path });
  say.line(`Signed in to ${connection.url}. The key is in ${path}, for this user alone.`);
  return exitCodes.done;
}

export async function logout({ surroundings, say }: Cli): Promise<ExitCode> {
  const wasThere = await removeProfile(surroundings.environment);
  const path = profilePath(surroundings.environment);
  say.document({ profile: path, removed: wasThere });
  say.line(wasThere ? `Signed out: ${path} is removed.` : 'Nobody was signed in.');
  if (wasThere) say.line('The key itself still counts until it is revoked: keys revoke <id>.');
  return exitCodes.done;
}
