import type { VendorFacts } from './facts.ts';
import {
  anything,
  boolean,
  closed,
  either,
  integer,
  list,
  matching,
  nullable,
  number,
  object,
  oneOf,
  text,
  type Shape,
} from './shape.ts';

const page = (name: string): string => `https://supabase.com/docs/reference/api/${name}`;

const ref = matching('^[a-z]{20}$');
const message = object({ message: text });
const status = oneOf(
  'INACTIVE',
  'ACTIVE_HEALTHY',
  'ACTIVE_UNHEALTHY',
  'COMING_UP',
  'UNKNOWN',
  'GOING_DOWN',
  'INIT_FAILED',
  'REMOVED',
  'RESTORING',
  'UPGRADING',
  'PAUSING',
  'RESTORE_FAILED',
  'RESTARTING',
  'PAUSE_FAILED',
  'RESIZING',
);
const project = object({ ref, name: text, status, created_at: text });
const sizes = oneOf('nano', 'micro', 'small', 'medium', 'large', 'xlarge', '2xlarge', '4xlarge', '8xlarge');
const service = oneOf('db', 'auth', 'rest', 'storage', 'pooler');
const selection = (type: string, code: Shape): Shape => object({ type: oneOf(type), code });
const smartGroup = oneOf('americas', 'emea', 'apac');

export const supabase: VendorFacts = {
  date: '2026-11-30',
  operations: {
    'GET /v1/organizations': {
      reference: page('v1-list-all-organizations'),
      answers: { 200: list(object({ slug: text })) },
    },
    'GET /v1/organizations/{slug}': {
      reference: page('v1-get-an-organization'),
      path: { slug: matching(String.raw`^[\w-]+$`) },
      answers: { 200: object({ 'plan?': text }) },
    },
    'GET /v1/organizations/{slug}/projects': {
      reference: page('v1-get-all-projects-for-organization'),
      path: { slug: matching(String.raw`^[\w-]+$`) },
      query: { 'search?': text, 'limit?': { ...integer, minimum: 1, maximum: 100 }, 'offset?': integer },
      answers: {
        200: object({
          projects: list(object({ ref: text, name: text, status, inserted_at: text })),
          pagination: object({ count: number }),
        }),
      },
    },
    'GET /v1/projects/available-regions': {
      reference: page('v1-get-available-regions'),
      query: { organization_slug: text },
      answers: {
        200: object({
          all: object({
            smartGroup: list(object({ code: smartGroup })),
            specific: list(object({ code: text, 'status?': oneOf('capacity', 'other') })),
          }),
        }),
      },
    },
    'POST /v1/projects': {
      reference: page('v1-create-a-project'),
      note: 'the status of the answer is UNKNOWN, as real runs show',
      body: closed({
        name: { ...text, maxLength: 256 },
        organization_slug: matching(String.raw`^[\w-]+$`),
        db_pass: text,
        'region_selection?': either(selection('specific', text), selection('smartGroup', smartGroup)),
        'desired_instance_size?': sizes,
      }),
      answers: { 201: project },
    },
    'GET /v1/projects/{ref}': {
      reference: page('v1-get-project'),
      note: 'a removed project answers 400, as real runs show; the page has no 400',
      path: { ref },
      answers: { 200: project, 400: message, 404: message },
    },
    'DELETE /v1/projects/{ref}': {
      reference: page('v1-delete-a-project'),
      path: { ref },
      answers: { 200: undefined },
    },
    'GET /v1/projects/{ref}/health': {
      reference: page('v1-get-services-health'),
      path: { ref },
      query: { services: list(service), 'timeout_ms?': { ...integer, minimum: 0, maximum: 10_000 } },
      answers: {
        200: list(object({ name: service, status: oneOf('COMING_UP', 'ACTIVE_HEALTHY', 'UNHEALTHY') })),
      },
    },
    'GET /v1/projects/{ref}/api-keys': {
      reference: page('v1-get-project-api-keys'),
      note: 'missing_permissions: answers to scoped tokens; not on the page',
      path: { ref },
      query: { 'reveal?': boolean },
      answers: {
        200: list(
          object({
            name: text,
            'type?': nullable(oneOf('legacy', 'publishable', 'secret')),
            'api_key?': nullable(text),
          }),
        ),
        403: object({ 'missing_permissions?': list(text) }),
      },
    },
    'GET /v1/projects/{ref}/config/database/pooler': {
      reference: page('v1-get-pooler-config'),
      path: { ref },
      answers: {
        200: list(
          object({
            database_type: oneOf('PRIMARY', 'READ_REPLICA'),
            db_host: text,
            db_user: text,
            db_name: text,
          }),
        ),
      },
    },
    'POST /v1/projects/{ref}/database/query': {
      reference: page('v1-run-a-query'),
      note: 'the rows of the last statement, as real runs show; the page describes no body',
      path: { ref },
      body: object({ query: { ...text, minLength: 1 }, 'read_only?': boolean }),
      answers: { 201: list(anything) },
    },
  },
};
