/**
 * The table in which a transaction notes what the project refused and the template can do without.
 *
 * A table, since a template resets settings; behind a function with the rights of its owner, since a template changes
 * roles. Both are gone by the commit.
 */
const schema = '_provisioning_notes';

export const noteFunction = `${schema}.note`;

export const openNotesSql: readonly string[] = [
  `create schema ${schema}`,
  `create table ${schema}.notes (id serial primary key, note text not null)`,
  `create function ${noteFunction}(text) returns void language sql security definer set search_path = ''
     begin atomic insert into ${schema}.notes (note) values ($1); end`,
  `grant usage on schema ${schema} to public`,
];

/** As an array of text. */
export const notesSql = `array(select note from ${schema}.notes order by id)`;

export const closeNotesSql: readonly string[] = [`drop schema ${schema} cascade`];
