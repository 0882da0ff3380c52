import type { Answer } from './exchange.ts';

/** A page in the place of JSON. */
export function page(status: number, text: string, headers: Record<string, string> = {}): Answer {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8', ...headers }, text };
}

const phrases: Readonly<Record<number, string>> = {
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/** Cloudflare's own statuses, with the titles of its pages. */
const cloudflare: Readonly<Record<number, string>> = {
  520: 'Web server is returning an unknown error',
  521: 'Web server is down',
  522: 'Connection timed out',
  523: 'Origin is unreachable',
  524: 'A timeout occurred',
  525: 'SSL handshake failed',
  526: 'Invalid SSL certificate',
  530: 'The origin has been unregistered from Argo Tunnel',
};

/** What stands in front of a server says when the server does not answer: Cloudflare's page, or nginx's. */
export function proxyPage(status: number, retryAfterSeconds?: number): Answer {
  const again: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  const title = cloudflare[status];
  if (title !== undefined)
    return page(
      status,
      `<!DOCTYPE html>\n<html lang="en-US">\n<head><title>${status}: ${title}</title></head>\n<body><h1>${title} <span>Error code ${status}</span></h1></body>\n</html>\n`,
      { server: 'cloudflare', ...again },
    );
  const line = `${status} ${phrases[status] ?? 'Error'}`;
  return page(
    status,
    `<html>\r\n<head><title>${line}</title></head>\r\n<body>\r\n<center><h1>${line}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`,
    { server: 'nginx', ...again },
  );
}
