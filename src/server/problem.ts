/** Errors that callers see, as RFC 9457 problem documents. */

export interface FieldError {
  /** JSON pointer into the body, or the name of a query parameter as `?name`. */
  readonly pointer: string;
  readonly detail: string;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly extra: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    detail: string,
    options: { extra?: Record<string, unknown>; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.code = code;
    this.title = titles[status] ?? 'Error';
    this.extra = options.extra ?? {};
    this.headers = options.headers ?? {};
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  428: 'Precondition required',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Service unavailable',
};

export function invalidFields(errors: readonly FieldError[]): Problem {
  return new Problem(400, 'invalid-request', 'The request has invalid fields.', { extra: { errors } });
}

export function databaseAway(cause: unknown): Problem {
  return new Problem(
    503,
    'database-unavailable',
    'The database cannot be used at present. Ask again later.',
    {
      headers: { 'Retry-After': '5' },
      cause,
    },
  );
}
