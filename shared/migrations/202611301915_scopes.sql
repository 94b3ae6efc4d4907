-- What an API key may be used for. A key from before may go on doing all that it could; a new one does work, and neither reads
-- secrets nor makes keys nor administers, unless it is said.
alter table account.api_key add column scopes text[] not null default '{*}' check (cardinality(scopes) between 1 and 32);
alter table account.api_key alter column scopes set default '{work:*}';

-- Those of the key that the caller came with; of somebody who signed in, `*`.
alter type api.caller add attribute scopes text[];
