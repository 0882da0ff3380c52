/** The variables of a client's Vercel project. */
import type { SandboxObject } from '../../../sandbox/control/objects.ts';
import type { Case } from './cases.ts';
import { nameOf } from './names.ts';
import { field, listField } from './read.ts';

/** Undefined: any value will do, and a secret one cannot be read back. */
function wantedValues({ row, id, created }: Case): Readonly<Record<string, string | undefined>> {
  const ref = created.find(({ kind, state }) => kind === 'supabase.project' && state === 'live')?.external_id;
  return {
    NEXT_PUBLIC_SUPABASE_URL: `https://${ref}.supabase.co`,
    NEXT_PUBLIC_SUPABASE_ANON_KEY: undefined,
    NEXT_PUBLIC_APP_URL: `https://${nameOf('vercel.project', row.client_id)}.vercel.app`,
    CLIENT_ID: row.client_id,
    CLIENT_TIER: row.tier,
    PROVISIONING_ID: id,
    SUPABASE_SERVICE_ROLE_KEY: undefined,
  };
}

export function judgeVariables({ details }: SandboxObject, one: Case): string[] {
  const present = listField(details, 'environmentVariables');
  const faults = Object.entries(wantedValues(one)).flatMap(([key, wanted]) => {
    const found = present.filter((variable) => field(variable, 'key') === key);
    const isSecret = key === 'SUPABASE_SERVICE_ROLE_KEY';
    const [variable] = found;
    const targets = listField(variable, 'target').map(String).toSorted().join();
    const value = field(variable, 'value');
    if (found.length !== 1) return [`the variable ${key} is there ${found.length} times`];
    if (field(variable, 'type') !== (isSecret ? 'sensitive' : 'plain'))
      return [`the variable ${key} is of another type`];
    if (targets !== (isSecret ? 'production' : 'preview,production'))
      return [`the variable ${key} is for ${targets}`];
    if (wanted !== undefined && value !== wanted)
      return [`the variable ${key} is ${String(value)}, not ${wanted}`];
    return isSecret || (typeof value === 'string' && value !== '') ? [] : [`the variable ${key} is empty`];
  });
  const repository = one.created.find(({ kind, state }) => kind === 'github.repository' && state === 'live');
  const linked = String(field(details, 'link', 'repoId'));
  if (linked === repository?.external_id) return faults;
  return [...faults, `the project is linked to repository ${linked}`];
}
