/** Providers are eventually consistent: one endpoint may not find yet what another has just made. */
import { NotYet, ProviderError } from '../errors.ts';

/** Reads what must be there; a 404 is waited out. */
export async function awaitVisible<T>(what: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ProviderError && error.status === 404)
      throw new NotYet(`${what} to appear`, { cause: error });
    throw error;
  }
}
