/** A way to a project's database: its session pooler, or the Management API's query endpoint. */
import { z } from 'zod';
import { NotYet, StepFailure } from '../../errors.ts';
import { parseJson } from '../../http/json.ts';
import type { Permit } from '../../http/permit.ts';
import type { Template } from '../../schema/template.ts';
import { hasTolerated } from './commands.ts';
import { findFailure, fatalLists, findingsSchema, type Findings, type SchemaPolicy } from './findings.ts';
import { doesNotPass, judgeSql } from './findings-sql.ts';
import { openNotesSql } from './notes-sql.ts';
import { endFailure, type StatedError } from './statement-error.ts';
import { alreadyApplied, legacyGrantsSql, openingSql, recordSql } from './transaction-sql.ts';

/** The project's own record of the template that was applied to it. */
export const appliedRow = z.object({
  checksum: z.string(),
  tables: z.array(z.string()),
  /** Statements that the project refused and the template can do without. Earlier versions kept none. */
  notes: z
    .array(z.string())
    .nullable()
    .transform((notes) => notes ?? []),
});
export type AppliedTemplate = z.infer<typeof appliedRow>;

export const findingsRow = z.object({ findings: findingsSchema });

/** A template, for whom it is applied, and what it must hold to. */
export interface Application {
  readonly template: Template;
  readonly provisioningId: string;
  readonly policy: SchemaPolicy;
}

export interface SchemaTransport {
  /** Undefined: no template was applied. */
  readApplied(provisioningId: string): Promise<AppliedTemplate | undefined>;
  /** The findings about the template that was applied. */
  readFindings(marker: AppliedTemplate): Promise<Findings>;
  /** Applies all of it and finds that it passes, or changes nothing and throws a StepFailure. */
  apply(permit: Permit, application: Application): Promise<void>;
}

/** Tables as `schema.table`. Earlier versions wrote down those of `public` alone, by their bare names. */
export function recordedTables({ tables }: AppliedTemplate): string[] {
  return tables.map((name) => (name.includes('.') ? name : `public.${name}`));
}

/** The statements before the template's files in its transaction. */
export function beginning({ template, provisioningId, policy }: Application): string[] {
  return [
    ...openingSql(provisioningId),
    ...(policy.grants === 'legacy' ? legacyGrantsSql : []),
    ...(hasTolerated(template) ? openNotesSql : []),
  ];
}

/** The statements after them. The commit is the last. */
export function ending({ template, provisioningId, policy }: Application): string[] {
  return [...recordSql(template, provisioningId), judgeSql(fatalLists(policy)), 'commit'];
}

/** The failure behind an error of our own statements, where it will not pass by itself. */
export function judgeOurError(error: StatedError, policy: SchemaPolicy, cause: unknown): Error {
  if (error.code === alreadyApplied) return new AppliedAlready();
  if (error.code === doesNotPass) return judgeFindings(error.detail, policy, cause);
  return endFailure(error, cause);
}

function judgeFindings(detail: string | undefined, policy: SchemaPolicy, cause: unknown): Error {
  const findings = findingsRow.shape.findings.safeParse(parseJson(detail ?? ''));
  const failure = findings.success ? findFailure(findings.data, policy) : undefined;
  return failure ?? new StepFailure('verification-failed', 'the template does not pass', { cause });
}

/** An earlier call has applied the template after all; this one has changed nothing. */
class AppliedAlready extends NotYet {
  constructor() {
    super('the template to be seen as applied', { lookAgainMs: 0 });
  }
}
