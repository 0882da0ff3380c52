-- The file that a person gives to psql.
\set ON_ERROR_STOP on
\i tables.sql
