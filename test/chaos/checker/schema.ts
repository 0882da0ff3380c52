/** I12, in the project's database: all of the template, or nothing of it; and all of it where the client is served. */
import type { ProjectDatabase, Violation } from '../world.ts';
import { broken, isServing, type Case } from './cases.ts';
import type { Facts } from './facts.ts';

export function judgeSchemas({ objects, world }: Facts): Violation[] {
  return objects.flatMap(({ object, owner }) => {
    const database = world.projectDatabases?.find(({ projectId }) => projectId === object.id);
    if (object.kind !== 'supabase.project' || database === undefined || owner === undefined) return [];
    return [
      ...judgeWhole(database, world.templateTables),
      ...(isServing(owner) && owner.row.step_names.includes('database-schema')
        ? judgeServed(database, owner)
        : []),
    ].map((what) => broken('I12', `${owner.label}: ${what}`));
  });
}

/** Whatever has become of the step: a template that is refused, or fails its checks, leaves nothing behind. */
function judgeWhole({ tables, appliedBy }: ProjectDatabase, template?: readonly string[]): string[] {
  const names = tables.map(({ name }) => name);
  if (appliedBy.length === 0)
    return names.length === 0 ? [] : [`nobody has applied the template, and there is ${names.join(', ')}`];
  const open = tables.filter(({ isSecured }) => !isSecured);
  const strange = names.filter((name) => template?.includes(name) === false);
  const missing = template?.filter((name) => !names.includes(name)) ?? [];
  return [
    ...(names.length === 0 ? ['the database has no tables'] : []),
    ...open.map(({ name }) => `the table ${name} has no row-level security`),
    ...strange.map((name) => `the table ${name} is none of the template`),
    ...missing.map((name) => `the table ${name} of the template is not there`),
  ];
}

function judgeServed({ appliedBy }: ProjectDatabase, { id }: Case): string[] {
  const isAppliedOnce = appliedBy.length === 1 && appliedBy[0] === id;
  return isAppliedOnce ? [] : [`the schema was applied by ${appliedBy.join(', ') || 'nobody'}`];
}
