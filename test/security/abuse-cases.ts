/** What somebody might try at the API, and the exact refusal. */
import { unknownId } from '../server/support.ts';
import type { RawRequest } from './raw-request.ts';

/** Whose key is sent. */
export type Holder = 'nobody' | 'viewer' | 'operator' | 'admin';

export interface AbuseCase extends RawRequest {
  readonly name: string;
  /** Default `admin`. */
  readonly as?: Holder;
  /** Status, and the problem's code where there is one. */
  readonly answer: string;
}

const create = { method: 'POST', path: '/api/provisioning' } as const;
const good = { clientId: 'abuse', clientName: 'Abuse', orgEmail: 'a@abuse.example', tier: 'starter' };
const invalid = '400 invalid-request';
const malformed = '400 malformed-request';
const unauthorized = '401 unauthorized';
const notFound = '404 not-found';
const readOnly = '405 method-not-allowed';

/** One wrong field, the rest as it should be. */
function field(name: string, value: Record<string, unknown>): AbuseCase {
  return { ...create, name, body: { ...good, ...value }, answer: invalid };
}
function text(name: string, body: string, answer = invalid): AbuseCase {
  return { ...create, name, body, answer };
}
function path(name: string, where: string, answer = notFound): AbuseCase {
  return { name, path: where, answer };
}
function bearer(name: string, value: string): AbuseCase {
  return {
    name,
    as: 'nobody',
    path: '/api/provisioning',
    headers: [['Authorization', value]],
    answer: unauthorized,
  };
}
function role(as: Holder, method: string, where: string): AbuseCase {
  return {
    name: `${method} ${where} by ${as}`,
    as,
    method,
    path: where,
    body: method === 'POST' ? {} : undefined,
    answer: as === 'nobody' ? unauthorized : '403 forbidden',
  };
}
function header(
  name: string,
  sent: readonly [string, string][],
  answer: string,
  more: RawRequest = create,
): AbuseCase {
  return {
    ...more,
    name,
    headers: sent,
    body: more.method === 'POST' ? (more.body ?? {}) : undefined,
    answer,
  };
}

const none = 'eyJhbGciOiJub25lIn0.eyJhcHBfbWV0YWRhdGEiOnsicm9sZSI6ImFkbWluIn19.';
const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
const one = '/api/provisioning/{id}';

export const abuseCases: Readonly<Record<string, readonly AbuseCase[]>> = {
  auth: [
    bearer('an empty bearer', 'Bearer '),
    bearer('a wrong key', 'Bearer wrong'),
    bearer('another scheme', 'Basic YWRtaW46YWRtaW4='),
    bearer('no scheme', '{admin}'),
    bearer('the key twice', 'Bearer {admin} {admin}'),
    bearer('the key and a character', 'Bearer {admin}x'),
    bearer('the key in upper case', 'Bearer {ADMIN}'),
    bearer('a key of the right form that was never made', `Bearer cpk_0123456789ab_${'A'.repeat(43)}`),
    bearer('a key as a wildcard of SQL', `Bearer cpk_%_${'%'.repeat(43)}`),
    bearer('a JWT without a signature', `Bearer ${none}`),
    bearer('a very long key', `Bearer ${'x'.repeat(8000)}`),
    {
      name: 'the key in the address',
      as: 'nobody',
      path: '/api/provisioning?key={admin}',
      answer: unauthorized,
    },
    {
      name: 'the key as a cookie',
      as: 'nobody',
      path: '/api/provisioning',
      headers: [['Cookie', 'key={admin}']],
      answer: unauthorized,
    },
    {
      name: 'the key in another header',
      as: 'nobody',
      path: '/api/provisioning',
      headers: [['X-Api-Key', '{admin}']],
      answer: unauthorized,
    },
    {
      name: 'the claim to be a trusted proxy',
      as: 'nobody',
      path: '/api/provisioning',
      headers: [
        ['X-Forwarded-User', 'admin'],
        ['X-Forwarded-For', '127.0.0.1'],
      ],
      answer: unauthorized,
    },
    { name: 'a path that is not there', as: 'nobody', path: '/api/secret', answer: unauthorized },
    {
      name: 'the dashboard without a session',
      as: 'nobody',
      path: '/admin/queues/api/queues',
      headers: [['Accept', 'application/json']],
      answer: unauthorized,
    },
    {
      name: "a dashboard's cookie that nobody signed",
      as: 'nobody',
      path: '/admin/queues',
      headers: [
        ['Accept', 'application/json'],
        ['Cookie', `client-provisioner-dashboard=${none}`],
      ],
      answer: unauthorized,
    },
  ],
  roles: [
    ...(['nobody', 'viewer', 'operator'] as const).map((as) => role(as, 'POST', '/api/provisioning')),
    ...(['nobody', 'viewer', 'operator'] as const).map((as) =>
      role(as, 'POST', `${one}/resources/${unknownId}/forget`),
    ),
    ...(['nobody', 'viewer'] as const).flatMap((as) => [
      role(as, 'POST', `${one}/cancel`),
      role(as, 'POST', `${one}/resume`),
      role(as, 'POST', `${one}/rollback`),
      role(as, 'POST', `${one}/callbacks/${unknownId}/redeliver`),
      role(as, 'GET', '/api/preflight'),
    ]),
    ...['', `/{id}`, '/{id}/events', '/{id}/callbacks'].map((rest) =>
      role('nobody', 'GET', `/api/provisioning${rest}`),
    ),
    role('nobody', 'GET', '/metrics'),
    role('nobody', 'GET', '/api/orphans'),
    {
      ...create,
      name: 'a role in the body',
      as: 'viewer',
      body: { ...good, role: 'admin' },
      answer: '403 forbidden',
    },
    {
      ...create,
      name: 'a role in a header',
      as: 'viewer',
      headers: [['X-Role', 'admin']],
      body: good,
      answer: '403 forbidden',
    },
  ],
  input: [
    field('a list as clientId', { clientId: ['abuse'] }),
    field('an operator object as clientId', { clientId: { $ne: '' } }),
    field('a number as clientId', { clientId: 1e308 }),
    field('a clientId of 51 characters', { clientId: 'a'.repeat(51) }),
    field('null as onFailure', { onFailure: null }),
    field('an unknown field', { isAdmin: true }),
    field('a given id', { id: unknownId }),
    field('a given status', { status: 'succeeded' }),
    field('the steps of its own', { steps: [] }),
    field('an email with a line break', { orgEmail: 'a@b.example\r\nBcc: c@d.example' }),
    field('markup as an email', { orgEmail: '<script>@abuse.example' }),
    field('an unknown tier', { tier: 'constructor' }),
    { name: 'an unknown query parameter', path: '/api/provisioning?admin=true', answer: invalid },
    { name: 'a query parameter twice', path: '/api/provisioning?limit=1&limit=100', answer: invalid },
    { name: 'a nested query parameter', path: '/api/provisioning?status[$ne]=queued', answer: invalid },
    ...['0', '101', '-1', '1e2', '0x10', '9'.repeat(400)].map((limit) =>
      path(`a limit of ${limit.slice(0, 9)}`, `/api/provisioning?limit=${limit}`, invalid),
    ),
  ],
  ids: [
    '1',
    'null',
    'undefined',
    '*',
    '%00',
    `${unknownId}%00`,
    `${unknownId}%0a`,
    `${unknownId}.json`,
    `{${unknownId}}`,
    `urn:uuid:${unknownId}`,
    unknownId,
    '__proto__',
    '%F0%9F%92%A5',
    '%ff',
    '%',
  ].map((id) => path(id, `/api/provisioning/${id}`)),
  headers: [
    header('no content type that is known', [['Content-Type', 'text/plain']], '415 unsupported-media-type'),
    header('a form', [['Content-Type', 'application/x-www-form-urlencoded']], '415 unsupported-media-type'),
    header(
      'several parts',
      [['Content-Type', 'multipart/form-data; boundary=x']],
      '415 unsupported-media-type',
    ),
    header('XML', [['Content-Type', 'application/xml']], '415 unsupported-media-type'),
    header(
      'a type that only begins like JSON',
      [['Content-Type', 'application/json-patch+json']],
      '415 unsupported-media-type',
    ),
    header(
      'a Last-Event-ID that is none',
      [
        ['Accept', 'text/event-stream'],
        ['Last-Event-ID', '1 or 1=1'],
      ],
      invalid,
      { path: `${one}/events` },
    ),
    header(
      'a negative Last-Event-ID',
      [
        ['Accept', 'text/event-stream'],
        ['Last-Event-ID', '-1'],
      ],
      invalid,
      { path: `${one}/events` },
    ),
  ],
  bodies: [
    { ...create, name: 'none', answer: invalid },
    text('an empty one', '', invalid),
    ...['null', 'true', '7', '"abuse"', '[]'].map((body) => text(body, body)),
    text('cut off', '{"clientId":"abuse"', malformed),
    text('not JSON', '<abuse/>', malformed),
    text('a comment', '{/* */}', malformed),
    text('NaN', '{"clientId":NaN}', malformed),
    text('two values', '{}{}', malformed),
    text('very deep', deep),
    text('a list of a good one', JSON.stringify([good])),
  ],
  encoding: [
    header(
      'an unknown charset',
      [['Content-Type', 'application/json; charset=abuse']],
      '415 unsupported-media-type',
    ),
    header('an unknown content encoding', [['Content-Encoding', 'abuse']], '415 unsupported-media-type'),
    header('what says gzip and is none', [['Content-Encoding', 'gzip']], malformed),
    header('what says deflate and is none', [['Content-Encoding', 'deflate']], malformed),
    header('what says br and is none', [['Content-Encoding', 'br']], malformed),
    text('a byte order mark inside', '{\ufeff"clientId":"abuse"}', malformed),
  ],
  'prototype pollution': [
    text('__proto__', '{"__proto__":{"role":"admin"}}'),
    text('constructor', '{"constructor":{"prototype":{"role":"admin"}}}'),
    text('__proto__ beside good fields', `${JSON.stringify(good).slice(0, -1)},"__proto__":{"tier":"x"}}`),
    text('good fields in __proto__', `{"__proto__":${JSON.stringify(good)}}`),
    text('toString as a field', `${JSON.stringify(good).slice(0, -1)},"toString":1}`),
    path('__proto__ as a query parameter', '/api/provisioning?__proto__=1', invalid),
    path('__proto__ of a query parameter', '/api/provisioning?__proto__[role]=admin', invalid),
    path('constructor as a query parameter', '/api/provisioning?constructor=1', invalid),
    path('hasOwnProperty as a query parameter', '/api/provisioning?hasOwnProperty=1', invalid),
  ],
  'texts that look like SQL': [
    field('in clientId', { clientId: "a'; drop table ledger.provisionings; --" }),
    field('in tier', { tier: "starter' or '1'='1" }),
    field('in orgEmail', { orgEmail: "a'--@abuse.example;" }),
    path('in an id', "/api/provisioning/1'%20or%20'1'='1"),
    path('after an id', `/api/provisioning/${unknownId}'%3Bselect%20pg_sleep(9)--`),
    path('in a filter by client', "/api/provisioning?clientId=a'%20or%20true--", invalid),
    path('in a filter by state', '/api/provisioning?status=queued%27%29%3B--', invalid),
    path('in a limit', '/api/provisioning?limit=1;select%201', invalid),
    path('in a cursor', '/api/provisioning?cursor=%27%20or%201=1--', invalid),
    path('in the cursor of events', `${one}/events?cursor=1%20or%201=1`, invalid),
  ],
  'path traversal': [
    path('dots', '/api/provisioning/../../etc/passwd'),
    path('dots in escapes', '/api/provisioning/%2e%2e%2f%2e%2e%2fetc%2fpasswd'),
    path('dots escaped twice', '/api/provisioning/%252e%252e%252fpasswd'),
    path('backslashes', '/api/provisioning/..%5c..%5cboot.ini'),
    path('a file of the page', '/docs/../package.json'),
    path('a file of the page in escapes', '/docs/%2e%2e/package.json'),
    path("a file of the dashboard's", '/admin/queues/static/..%2f..%2fpackage.json'),
    path('two slashes', '//api//provisioning'),
    path('a hidden file', '/.env'),
  ],
  'method override': [
    ...['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'].flatMap((name) => [
      {
        name: `${name}: GET at the dashboard`,
        method: 'POST',
        path: '/admin/queues/api/queues/provisioning/pause',
        headers: [[name, 'GET']] as const,
        answer: readOnly,
      },
      {
        name: `${name}: POST at a list`,
        path: '/api/provisioning?_method=POST',
        headers: [[name, 'POST']] as const,
        answer: invalid,
      },
    ]),
    {
      name: '_method in the address of the dashboard',
      method: 'PUT',
      path: '/admin/queues/api/queues/provisioning/pause?_method=GET',
      answer: readOnly,
    },
    {
      name: '_method in a body for the dashboard',
      method: 'POST',
      path: '/admin/queues/api/queues/provisioning/pause',
      body: { _method: 'GET' },
      answer: readOnly,
    },
    ...['PUT', 'PATCH', 'DELETE'].map((method) => ({
      name: `${method} of a provisioning`,
      method,
      path: one,
      answer: notFound,
    })),
    { name: 'TRACE', method: 'TRACE', path: '/api/provisioning', answer: notFound },
  ],
  'host header': [
    {
      name: 'of a stranger at the sign-in',
      as: 'nobody',
      method: 'POST',
      path: '/admin/sign-in',
      headers: [
        ['Host', 'evil.example'],
        ['Origin', 'https://evil.example'],
        ['Content-Type', 'application/x-www-form-urlencoded'],
      ],
      body: 'key={admin}',
      answer: '403 forbidden',
    },
    { name: 'none', bytes: 'GET /api/provisioning HTTP/1.1\r\nConnection: close\r\n\r\n', answer: '400' },
    {
      name: 'two',
      bytes:
        'GET /api/provisioning HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
      answer: unauthorized,
    },
    {
      name: 'X-Forwarded-Host',
      as: 'nobody',
      path: '/api/provisioning',
      headers: [['X-Forwarded-Host', 'evil.example']],
      answer: unauthorized,
    },
  ],
  'line breaks': [
    path('in a path', `/api/provisioning/x%0d%0aSet-Cookie:%20a=b`),
    path('in a query', '/api/provisioning?status=%0d%0aSet-Cookie:%20a=b', invalid),
    header('a bare one in a header', [['X-Request-Id', 'a\nSet-Cookie: a=b']], '400', {
      path: '/api/provisioning',
    }),
    header('a carriage return in a header', [['X-Request-Id', 'a\rb']], '400', { path: '/api/provisioning' }),
    header('a NUL in a header', [['X-Request-Id', 'a\0b']], '400', { path: '/api/provisioning' }),
    field('in clientName', { clientName: 'a\r\nb' }),
  ],
  oversize: [
    text(
      'a body of more than 64 KiB',
      JSON.stringify({ ...good, clientName: 'x'.repeat(70_000) }),
      '413 content-too-large',
    ),
    {
      name: 'chunks of more than 64 KiB',
      bytes: `POST /api/provisioning HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {admin}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n11170\r\n"${'x'.repeat(69_998)}"\r\n0\r\n\r\n`,
      answer: '413 content-too-large',
    },
    path('an address of 20,000 characters', `/api/${'x'.repeat(20_000)}`, '431'),
    header('a header of 20,000 characters', [['X-Abuse', 'x'.repeat(20_000)]], '431', {
      path: '/api/provisioning',
    }),
    field('a clientName of 60,000 characters', { clientName: 'x'.repeat(60_000) }),
    field('a callbackUrl of 2,001 characters', { callbackUrl: `https://hooks.example/${'x'.repeat(1980)}` }),
  ],
  'duplicate keys': [
    text(
      'the last counts, and is refused',
      `{"clientId":"abuse",${JSON.stringify({ ...good, clientId: '../x' }).slice(1)}`,
    ),
    text('a tier in two', `${JSON.stringify(good).slice(0, -1)},"tier":"gold"}`),
    text('one in escapes', `${JSON.stringify(good).slice(0, -1)},"\\u0074ier":"gold"}`),
  ],
  'unicode and direction': [
    ...Object.entries({
      'a right-to-left override': '\u202e',
      'an isolate': '\u2067',
      'a direction mark': '\u200f',
      'an Arabic mark': '\u061c',
      'a line separator': '\u2028',
      'a NUL': '\0',
      'half a character': '\ud800',
      'an escape sequence': '\u001b[2J',
    }).map(([name, sign]) => field(`${name} in clientName`, { clientName: `a${sign}b` })),
    field('a Cyrillic letter in clientId', { clientId: 'аbuse' }),
    field('full-width letters in clientId', { clientId: 'ａｂｕｓｅ' }),
    field('a dotless i in clientId', { clientId: 'abuse-ı' }),
    field('an invisible space as clientName', { clientName: '\u3000' }),
  ],
  'cursor forgery': [
    'x',
    '%00',
    'e30',
    Buffer.from(`2026-01-01T00:00:00.000000Z ${unknownId}'`).toString('base64url'),
    Buffer.from(`infinity ${unknownId}`).toString('base64url'),
    Buffer.from(`0000-01-01T00:00:00.000000Z ${unknownId}`).toString('base64url'),
    Buffer.from('2026-01-01T00:00:00.000000Z').toString('base64url'),
  ].map((cursor) => path(cursor, `/api/provisioning?cursor=${cursor}`, invalid)),
  'Idempotency-Key': [
    header('empty', [['Idempotency-Key', '']], invalid, { ...create, body: good }),
    header('of 256 characters', [['Idempotency-Key', 'k'.repeat(256)]], invalid, { ...create, body: good }),
    header(
      'given before with another body',
      [['Idempotency-Key', 'standing']],
      '422 idempotency-key-reused',
      { ...create, body: good },
    ),
    {
      ...create,
      name: "another caller's",
      as: 'viewer',
      headers: [['Idempotency-Key', 'standing']],
      body: good,
      answer: '403 forbidden',
    },
  ],
  "another client's": [
    { ...create, name: 'place', body: { ...good, clientId: 'standing' }, answer: '409 client-busy' },
    path('callbacks by an id of none', `/api/provisioning/${unknownId}/callbacks`),
    path('events by an id of none', `/api/provisioning/${unknownId}/events`),
    {
      name: 'callback, through a provisioning that has none',
      method: 'POST',
      path: `${one}/callbacks/${unknownId}/redeliver`,
      answer: notFound,
    },
    {
      name: 'resource, through a provisioning that has none',
      method: 'POST',
      path: `${one}/resources/${unknownId}/forget`,
      body: { reason: 'x' },
      answer: notFound,
    },
  ],
  'callback URLs': [
    'http://hooks.example/',
    'file:///etc/passwd',
    'gopher://hooks.example/',
    'javascript:alert(1)',
    'https://user:word@hooks.example/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://localhost/',
    'https://db.internal/',
    'https://hooks.example/\r\nX: y',
    '//hooks.example/',
  ].map((callbackUrl) => field(callbackUrl, { callbackUrl })),
  confirmation: [
    {
      name: 'a rollback of what is not done',
      method: 'POST',
      path: `${one}/rollback`,
      body: {},
      answer: '409 wrong-state',
    },
    ...[
      {},
      { confirm: '' },
      { confirm: 'standing' },
      { confirm: 'SUCCEEDED' },
      { confirm: 'succeeded ' },
    ].map((body) => ({
      name: `an offboarding with ${JSON.stringify(body)}`,
      method: 'POST',
      path: '/api/provisioning/{succeeded}/rollback',
      body,
      answer: '428 confirmation-required',
    })),
    ...[
      { confirm: true },
      { confirm: ['succeeded'] },
      { confirm: null },
      { confirm: 'succeeded', force: true },
    ].map((body) => ({
      name: `an offboarding with ${JSON.stringify(body)}`,
      method: 'POST',
      path: '/api/provisioning/{succeeded}/rollback',
      body,
      answer: invalid,
    })),
    {
      name: 'an offboarding confirmed in the address',
      method: 'POST',
      path: '/api/provisioning/{succeeded}/rollback?confirm=succeeded',
      body: {},
      answer: invalid,
    },
    {
      name: 'an offboarding by an operator',
      as: 'operator',
      method: 'POST',
      path: '/api/provisioning/{succeeded}/rollback',
      body: { confirm: 'succeeded' },
      answer: '403 forbidden',
    },
  ],
  'request smuggling': Object.entries({
    'a length and chunks':
      'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
    'two lengths': 'Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}',
    'a signed length': 'Content-Length: +2\r\n\r\n{}',
    'a negative length': 'Content-Length: -1\r\n\r\n{}',
    'a length in hex': 'Content-Length: 0x2\r\n\r\n{}',
    'a space before the colon': 'Content-Length : 2\r\n\r\n{}',
    'a folded header': 'X-A: b\r\n c: d\r\nContent-Length: 2\r\n\r\n{}',
    'an unknown transfer encoding': 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
    'chunked twice': 'Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n',
    'a chunk of a size that is no number':
      'Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
  }).map(([name, rest]) => ({
    name,
    bytes: `POST /api/provisioning HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {admin}\r\n${rest}`,
    answer: '400',
  })),
};
