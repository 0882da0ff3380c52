-- Up Migration

-- Each secret has a key of its own, wrapped by one of ENCRYPTION_KEYS: a JWE, in one column.
-- What was encrypted with such a key directly keeps its form, as text, until `npm run keys -- rotate`.
alter table ledger.secrets add column envelope text;
update ledger.secrets
  set envelope = concat_ws('.', 'direct', encode(nonce, 'hex'), encode(ciphertext, 'hex'), encode(tag, 'hex'));
alter table ledger.secrets alter column envelope set not null;
alter table ledger.secrets drop column nonce, drop column ciphertext, drop column tag;
