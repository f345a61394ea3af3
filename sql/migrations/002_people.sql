create table users (
  id            uuid        not null default gen_random_uuid(),
  email         text        not null,
  name          text        not null,
  -- argon2id in the PHC string format; null: can't sign in with a password
  password_hash text,
  created_at    timestamptz not null default now(),
  disabled_at   timestamptz,
  constraint users_pkey primary key (id),
  constraint users_email_shape check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and length(email) <= 254),
  constraint users_name_shape check (length(btrim(name)) between 1 and 100)
);
create unique index users_email_unique on users (lower(email));

create table sessions (
  -- SHA-256 of what the cookie holds
  hash       bytea       not null,
  user_id    uuid        not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint sessions_pkey primary key (hash),
  constraint sessions_user_fkey foreign key (user_id) references users (id) on delete cascade
);
create index sessions_user on sessions (user_id);
create index sessions_expiry on sessions (expires_at);

create table organizations (
  id                 uuid        not null default gen_random_uuid(),
  slug               text        not null,
  name               text        not null,
  created_at         timestamptz not null default now(),
  deleted_at         timestamptz,
  -- gap-free change counter; its row lock is what an organization's writers queue on
  revision           bigint      not null default 0,
  -- when the change that revision counts was made
  changed_at         timestamptz not null default now(),
  published_revision bigint      not null default 0,
  published_edition  bigint      not null default 0,
  -- when the OLDEST unpublished change was made; null: everything is published
  pending_since      timestamptz,
  constraint organizations_pkey primary key (id),
  constraint organizations_slug_shape check (slug ~ '^[a-z0-9]([a-z0-9-]{0,48}[a-z0-9])?$'),
  constraint organizations_slug_not_an_id check (slug !~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'),
  constraint organizations_name_shape check (length(btrim(name)) between 1 and 100)
);
create unique index organizations_slug_unique on organizations (slug);
create index organizations_pending on organizations (pending_since) where pending_since is not null;

create table members (
  organization_id uuid        not null,
  user_id         uuid        not null,
  role            text        not null,
  created_at      timestamptz not null default now(),
  constraint members_pkey primary key (organization_id, user_id),
  constraint members_organization_fkey foreign key (organization_id) references organizations (id),
  constraint members_user_fkey foreign key (user_id) references users (id),
  constraint members_role_known check (role in ('owner', 'admin', 'member'))
);
create index members_user on members (user_id);
