import type { VendorFacts } from './facts.ts';
import { boolean, integer, list, nullable, object, oneOf, text } from './shape.ts';

const page = (name: string): string => `https://docs.github.com/en/rest/${name}`;

const message = object({ message: text });
const paging = { 'per_page?': integer, 'page?': integer };
const repository = object({
  id: integer,
  name: text,
  full_name: text,
  html_url: text,
  description: nullable(text),
  default_branch: text,
  created_at: text,
  'is_template?': boolean,
  'permissions?': object({ admin: boolean }),
});
const commit = object({ sha: text });

export const github: VendorFacts = {
  date: '2026-11-30',
  operations: {
    'GET /orgs/{org}': {
      reference: page('orgs/orgs#get-an-organization'),
      answers: {
        200: object({
          login: text,
          'total_private_repos?': integer,
          'members_can_delete_repositories?': boolean,
        }),
      },
    },
    'GET /user/memberships/orgs/{org}': {
      reference: page('orgs/members#get-an-organization-membership-for-the-authenticated-user'),
      answers: {
        200: object({ state: oneOf('active', 'pending'), role: oneOf('admin', 'member', 'billing_manager') }),
        403: message,
        404: message,
      },
    },
    'GET /orgs/{org}/installations': {
      reference: page('orgs/orgs#list-app-installations-for-an-organization'),
      query: paging,
      answers: {
        200: object({
          installations: list(
            object({
              app_slug: text,
              repository_selection: oneOf('all', 'selected'),
              suspended_at: nullable(text),
            }),
          ),
        }),
      },
    },
    'GET /orgs/{org}/repos': {
      reference: page('repos/repos#list-organization-repositories'),
      query: {
        ...paging,
        'type?': oneOf('all', 'public', 'private', 'forks', 'sources', 'member'),
        'sort?': oneOf('created', 'updated', 'pushed', 'full_name'),
        'direction?': oneOf('asc', 'desc'),
      },
      answers: {
        200: list(
          object({
            id: integer,
            name: text,
            html_url: text,
            description: nullable(text),
            created_at: text,
            'visibility?': text,
          }),
        ),
      },
    },
    'GET /repos/{owner}/{repo}': {
      reference: page('repos/repos#get-a-repository'),
      answers: { 200: repository, 301: undefined, 404: message },
    },
    'GET /repositories/{id}': {
      reference: page('using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects'),
      note: 'on no page of its own: where the 301 of a renamed repository leads, and the only read by id',
      path: { id: integer },
      answers: { 200: repository, 404: message },
    },
    'GET /repos/{owner}/{repo}/branches': {
      reference: page('branches/branches#list-branches'),
      note: 'empty until the content of a generated repository is there, as real runs show',
      query: paging,
      answers: { 200: list(object({ name: text, commit })) },
    },
    'GET /repos/{owner}/{repo}/branches/{branch}': {
      reference: page('branches/branches#get-a-branch'),
      answers: { 200: object({ name: text, commit }), 404: message },
    },
    'POST /repos/{template_owner}/{template_repo}/generate': {
      reference: page('repos/repos#create-a-repository-using-a-template'),
      body: object({
        name: text,
        'owner?': text,
        'description?': text,
        'include_all_branches?': boolean,
        'private?': boolean,
      }),
      answers: { 201: repository },
    },
    'DELETE /repos/{owner}/{repo}': {
      reference: page('repos/repos#delete-a-repository'),
      answers: { 204: undefined },
    },
  },
};
