/** The refusals of n8n's public API, and of what stands in front of it. */
import type { RefusalTable } from './refusal.ts';

export const n8nRefusals: RefusalTable = {
  credentials: 'N8N_API_KEY',
  refusals: [
    {
      reason: 'proxy-password',
      statuses: [401, 407],
      header: (headers) => headers['www-authenticate'] !== undefined,
      code: 'credentials-rejected',
      message: 'a proxy in front of n8n asks for a password',
      whatToDo: 'Set N8N_BASIC_AUTH to user:password of the proxy, or let /api/v1 and the webhooks through.',
      source: 'RFC 9110, section 11.6.1: n8n itself sends no challenge',
    },
    {
      reason: 'key-or-api-off',
      statuses: [401],
      text: /"message"/,
      code: 'credentials-rejected',
      message: 'n8n does not accept the key, or its public API is switched off',
      whatToDo:
        'Make a new key (Settings → n8n API) and set N8N_API_KEY to it. If there is no such page, the API is off: unset N8N_PUBLIC_API_DISABLED on the server of n8n, and restart it.',
      source:
        'n8n 2.41.1 and 1.113.3, tried: 401 {"message":"Unauthorized"} with N8N_PUBLIC_API_DISABLED=true',
    },
    {
      reason: 'license',
      statuses: [400, 403],
      text: /licen[cs]e|(maximum number|limit)[^"]{0,40}active workflows?|active workflows?[^"]{0,40}limit|upgrade (your|to)/i,
      code: 'quota-exceeded',
      message: "n8n's licence does not allow it, or allows no further active workflow",
      whatToDo: 'Raise the plan of n8n, or switch off workflows that are not needed.',
      source: 'https://github.com/n8n-io/n8n: the licence middleware of packages/cli; https://n8n.io/pricing',
    },
    {
      reason: 'missing-permission',
      statuses: [403],
      text: /"message"\s*:\s*"Forbidden"/,
      code: 'provider-rejected',
      message: 'the key lacks the scope for this call',
      whatToDo:
        'Give the key the scopes workflow:create, list, read, delete, activate and deactivate (Settings → n8n API), or make a new one.',
      source: 'n8n 2.41.1, tried with a key limited to workflow:list',
    },
  ],
};
