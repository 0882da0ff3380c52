/** The refusals of Supabase's Management API. */
import type { RefusalTable } from './refusal.ts';

export const supabaseRefusals: RefusalTable = {
  credentials: 'SUPABASE_MANAGEMENT_TOKEN',
  refusals: [
    {
      reason: 'free-project-limit',
      statuses: [400, 402, 403],
      text: /maximum limits for the number of active free|project limit/i,
      code: 'quota-exceeded',
      message: 'a member of the organization owns as many free projects as the plan allows',
      whatToDo: "Raise the organization's plan, or pause or delete a project that is not needed.",
      source: 'https://supabase.com/docs/guides/platform/billing-on-supabase#free-plan',
    },
    {
      reason: 'unpaid-invoices',
      statuses: [400, 402, 403],
      text: /overdue invoice|unpaid invoice|past due/i,
      code: 'quota-exceeded',
      message: 'the organization has unpaid invoices',
      whatToDo: 'Pay them in the Supabase dashboard (Organization → Billing).',
      source: 'https://supabase.com/docs/guides/platform/billing-faq',
    },
    {
      reason: 'managed-organization',
      statuses: [400, 403],
      text: /disabled for this \w+-managed organization|handled by the [\w ]+ extension|managed by (the )?(vercel|aws|stripe)\b/i,
      code: 'provider-rejected',
      message: 'the organization is managed by a marketplace, which alone may create and delete its projects',
      whatToDo:
        'Set SUPABASE_ORG_ID to an organization that was made in the Supabase dashboard, and the token to one of its members.',
      source: 'https://github.com/vercel/nextjs-subscription-payments/issues/376',
    },
    {
      reason: 'missing-permission',
      statuses: [403],
      text: /missing_permissions|necessary privileges|insufficient (privileges|permissions|scope)/i,
      code: 'provider-rejected',
      message: 'the token lacks a permission for this call',
      whatToDo:
        "Give the token the permissions that README.md lists under Tokens (a token's API key secrets are a permission of their own), or make one with an Owner or Administrator of the organization.",
      source: 'https://github.com/supabase/cli/issues/6392',
    },
    {
      reason: 'region-full',
      statuses: [400, 403, 409, 422],
      text: /region[^"]{0,80}(at capacity|no capacity|not available|unavailable|not accepting|disabled)/i,
      code: 'provider-rejected',
      message: 'the region takes no new project at present',
      whatToDo: 'Set SUPABASE_REGION to another region, or to a group such as smartGroup:emea.',
      source: 'https://supabase.com/docs/guides/platform/regions',
    },
    {
      reason: 'plan',
      statuses: [400, 402, 403],
      text: /upgrade (your|the|to)|not available (on|in) (your|the) [\w ]*plan|(pro|team|enterprise) plan/i,
      code: 'quota-exceeded',
      message: "the organization's plan does not include it",
      whatToDo: "Raise the organization's plan, or unset SUPABASE_INSTANCE_SIZES.",
      source: 'https://supabase.com/pricing',
    },
    {
      reason: 'name-rule',
      statuses: [400, 422],
      text: /name (should|must) not contain|name is (invalid|too long)/i,
      code: 'provider-rejected',
      message: 'the name of the project breaks a rule for names',
      whatToDo: 'Choose another client id.',
      source: 'https://github.com/supabase/supabase: the errors that the dashboard shows for a new project',
    },
    {
      reason: 'payment',
      statuses: [402],
      code: 'quota-exceeded',
      message: 'a payment is due, or a spending limit is reached',
      whatToDo: "Look at the organization's billing and spend cap in the Supabase dashboard.",
      source: 'https://supabase.com/docs/guides/platform/cost-control',
    },
  ],
};
