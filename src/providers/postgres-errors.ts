/** Errors of PostgreSQL, and whether each is about the statement or about the server. */
import pg from 'pg';

/** The facts of an SQL error, as PostgreSQL's protocol has them. */
export interface SqlError {
  readonly code: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** 1-based, in characters of the text that was sent. */
  readonly position: number | undefined;
  /** Where it happened inside of the statement: a function's line, a row of COPY. It quotes data. */
  readonly where: string | undefined;
}

/** Undefined: the error is none that PostgreSQL has raised. */
export function asSqlError(error: unknown): SqlError | undefined {
  if (!(error instanceof pg.DatabaseError)) return undefined;
  const position = error.position === undefined ? undefined : Number(error.position);
  return {
    code: error.code ?? 'XX000',
    message: error.message,
    detail: error.detail,
    hint: error.hint,
    position,
    where: error.where,
  };
}

/** https://www.postgresql.org/docs/17/errcodes-appendix.html: conflicts, resources, an operator. */
const passingClasses = new Set(['40', '53']);
/** The project is read-only, as with a full disk; somebody else holds a lock. */
const passingCodes = new Set(['25006', '55P03']);

/**
 * Tells whether the error of a statement that somebody else wrote will pass by itself.
 *
 * All else is the statement's own, since it may raise anything: 57014 where it runs too long, XX000 from an extension,
 * 08P01 from the data of a COPY.
 */
export function isPassingForTemplate(code: string): boolean {
  return passingClasses.has(code.slice(0, 2)) || code.startsWith('57P') || passingCodes.has(code);
}

/** Classes that say nothing about a statement which is known to be right: also connections, waits, the system. */
const serverErrorClasses = new Set(['08', '57', '58', 'XX']);

/** True where the error of a statement of our own will pass by itself. */
export function isPassingSqlError(code: string | undefined): boolean {
  const known = code ?? '';
  return isPassingForTemplate(known) || serverErrorClasses.has(known.slice(0, 2));
}
