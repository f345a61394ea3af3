-- One row: which state of which Redis is ours.
create table installation (
  singleton   boolean not null default true,
  -- raised by an operator after a restore
  epoch       bigint  not null default 1,
  -- which Redis we filled; raised whenever it turns out to be another one
  incarnation bigint  not null default 1,
  constraint installation_pkey primary key (singleton),
  constraint installation_one_row check (singleton)
);
insert into installation default values;

-- An edition is a renderer version together with a set of built-in modes; the
-- newest row counts. A worker of an edition that has been superseded does not
-- publish.
create table editions (
  number          bigint      not null generated always as identity,
  renderer        integer     not null,
  builtins_sha256 text        not null,
  raised_at       timestamptz not null default now(),
  constraint editions_pkey primary key (number)
);

-- What the worker is about to publish, or has published: written before Redis
-- is, so that a representation's tag survives the loss of Redis and never goes
-- backwards.
create table publications (
  organization_id uuid        not null,
  epoch           bigint      not null,
  revision        bigint      not null,
  edition         bigint      not null,
  -- [{"name", "epoch", "revision", "sha256", "length", "since"}]
  representations jsonb       not null,
  planned_at      timestamptz not null default now(),
  constraint publications_pkey primary key (organization_id),
  constraint publications_organization_fkey foreign key (organization_id) references organizations (id)
);

create table tokens (
  id                uuid        not null default gen_random_uuid(),
  sha256            bytea       not null,
  -- the beginning of the token, for listings
  start             text        not null,
  name              text        not null,
  user_id           uuid        not null,
  scopes            text[]      not null,
  created_by        text        not null,
  created_at        timestamptz not null default now(),
  expires_at        timestamptz,
  revoked_at        timestamptz,
  last_used_at      timestamptz,
  version           bigint      not null default 1,
  published_version bigint      not null default 0,
  pending_since     timestamptz default now(),
  constraint tokens_pkey primary key (id),
  constraint tokens_sha256_unique unique (sha256),
  constraint tokens_sha256_shape check (length(sha256) = 32),
  constraint tokens_name_shape check (length(btrim(name)) between 1 and 100),
  constraint tokens_scopes_known check (scopes <@ array['read', 'write'] and cardinality(scopes) > 0),
  constraint tokens_user_fkey foreign key (user_id) references users (id)
);
create index tokens_pending on tokens (pending_since) where pending_since is not null;
create index tokens_user on tokens (user_id);

create table token_organizations (
  token_id        uuid not null,
  organization_id uuid not null,
  constraint token_organizations_pkey primary key (token_id, organization_id),
  constraint token_organizations_token_fkey foreign key (token_id) references tokens (id),
  constraint token_organizations_organization_fkey foreign key (organization_id) references organizations (id)
);
create index token_organizations_organization on token_organizations (organization_id);
