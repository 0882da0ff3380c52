/** Decides what follows from the findings: a failure, warnings, or nothing. Pure. */
import { z } from 'zod';
import { StepFailure } from '../../errors.ts';

/** How many there are, and the first of them by name. */
const list = z.object({ count: z.number(), names: z.array(z.string()) });
type List = z.infer<typeof list>;

export const findingsSchema = z.object({
  /** How many tables the template has made. */
  tables: z.number(),
  /** Tables of the template that are gone. */
  missing: list,
  /** Tables of exposed schemas without row-level security. */
  unsecured: list,
  /** Tables of exposed schemas that no role of the Data API may use. */
  unreachable: list,
  /** Exposed schemas that no role of the Data API may use. */
  closedSchemas: list,
  /** Views that read tables as their owner. */
  views: list,
  materializedViews: list,
  definerFunctions: list,
});
export type Findings = z.infer<typeof findingsSchema>;

/** The operator's choice of what findings lead to. */
export interface SchemaPolicy {
  readonly grants: 'warn' | 'fail' | 'legacy';
  readonly rls: 'fail' | 'warn';
}

/** The lists that fail the step when they are not empty. */
export function fatalLists({ grants, rls }: SchemaPolicy): (keyof Findings)[] {
  return [
    ...(rls === 'fail' ? ['unsecured' as const] : []),
    ...(grants === 'fail' ? ['unreachable' as const] : []),
  ];
}

/** Undefined: the template passes. */
export function findFailure(findings: Findings, policy: SchemaPolicy): StepFailure | undefined {
  const { tables, missing, unsecured, unreachable } = findings;
  if (tables === 0) return new StepFailure('schema-invalid', 'the template schema makes no table');
  if (missing.count > 0)
    return new StepFailure('verification-failed', `tables of the template are gone: ${enumerate(missing)}`);
  if (unsecured.count > 0 && policy.rls === 'fail')
    return new StepFailure('verification-failed', sayUnsecured(unsecured));
  if (unreachable.count > 0 && policy.grants === 'fail')
    return new StepFailure('verification-failed', sayUnreachable(findings));
  return undefined;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
}

/** Warnings of what succeeded and will still trouble somebody. `notes`: statements that the project refused. */
export function findWarnings(findings: Findings, notes: readonly string[]): Warning[] {
  const { unsecured, unreachable, views, materializedViews, definerFunctions } = findings;
  return [
    warn(unsecured, 'tables-without-rls', () => sayUnsecured(unsecured)),
    warn(unreachable, 'tables-without-grants', () => sayUnreachable(findings)),
    warn(
      views,
      'views-bypass-rls',
      (names) =>
        `${names}: read with the rights of their owner, whom row-level security does not bind: ` +
        'make such a view "with (security_invoker = true)"',
    ),
    warn(
      materializedViews,
      'materialized-views-exposed',
      (names) =>
        `${names}: materialized views have no row-level security, and the Data API shows these: ` +
        'revoke select on them from anon and authenticated, or move them to another schema',
    ),
    warn(
      definerFunctions,
      'definer-functions-exposed',
      (names) =>
        `${names}: the Data API runs these with the rights of their owner (security definer): ` +
        'revoke execute on those that are not meant for everybody, or move them to another schema',
    ),
    warn(
      { count: notes.length, names: notes.slice(0, 10) },
      'statements-refused',
      (names) => `the project refused statements that the template can do without: ${names}`,
    ),
  ].flat();
}

function warn({ count, names }: List, code: string, say: (names: string) => string): Warning[] {
  return count === 0 ? [] : [{ code, message: say(enumerate({ count, names })) }];
}

function sayUnsecured(unsecured: List): string {
  return (
    `row-level security is off on ${enumerate(unsecured)}: ` +
    'add "alter table … enable row level security" to the template'
  );
}

function sayUnreachable({ unreachable, closedSchemas }: Findings): string {
  const [first = ''] = unreachable.names;
  const schema = first.slice(0, first.indexOf('.'));
  const usage = closedSchemas.names.includes(schema)
    ? `"grant usage on schema ${schema} to authenticated;" and `
    : '';
  return (
    `no role of the Data API may use ${enumerate(unreachable)}: add ${usage}` +
    `"grant select, insert, update, delete on ${first} to authenticated;" to the template, for each of the roles ` +
    'anon, authenticated and service_role what it needs, or set SCHEMA_API_GRANTS=legacy'
  );
}

function enumerate({ count, names }: List): string {
  const rest = count - names.length;
  return rest > 0 ? `${names.join(', ')} and ${rest} more` : names.join(', ');
}
