/** Resolves the names of receivers to addresses. */
import { Resolver } from 'node:dns/promises';

export type Resolve = (hostname: string) => Promise<readonly string[]>;

/**
 * Asks name servers for every address of a name: those given (`address:port`), else the machine's.
 *
 * `dns.lookup` would hold one of the process's few threads until a slow name server has answered: a handful of dead
 * names would stop everybody's look-ups, the database's too.
 */
export function askNameServers(servers?: readonly string[]): Resolve {
  return async (hostname) => {
    // A new one each time: it takes the name servers that the machine has now.
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    if (servers !== undefined) resolver.setServers(servers);
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    const [first] = answers;
    if (addresses.length === 0 && first.status === 'rejected') throw first.reason;
    return addresses;
  };
}
