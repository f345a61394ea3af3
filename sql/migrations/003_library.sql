create table organization_modes (
  id              uuid        not null default gen_random_uuid(),
  organization_id uuid        not null,
  name            text        not null,
  slug            text        not null,
  created_by      text        not null,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now(),
  -- what an editor reads of a mode, beside its slug and name; jsonb, so that a
  -- field which only newer editors know needs no migration
  config          jsonb       not null,
  updated_by      text        not null,
  version         bigint      not null default 1,
  position        integer     not null default 0,
  constraint organization_modes_pkey primary key (id),
  constraint organization_modes_organization_fkey foreign key (organization_id) references organizations (id),
  constraint organization_modes_slug_shape check (slug ~ '^[A-Za-z0-9-]{1,50}$'),
  constraint organization_modes_name_shape check (length(btrim(name)) between 1 and 100),
  constraint organization_modes_config_shape check (jsonb_typeof(config) = 'object')
);
create unique index organization_modes_slug_unique on organization_modes (organization_id, lower(slug));

-- The full content of every version of everything that a library holds.
create table versions (
  subject_kind    text        not null,
  subject_id      uuid        not null,
  version         bigint      not null,
  organization_id uuid        not null,
  revision        bigint      not null,
  action          text        not null,
  content         jsonb       not null,
  actor_kind      text        not null,
  actor_id        text        not null,
  actor_name      text        not null,
  occurred_at     timestamptz not null default now(),
  constraint versions_pkey primary key (subject_kind, subject_id, version),
  constraint versions_organization_fkey foreign key (organization_id) references organizations (id)
);
create index versions_organization on versions (organization_id, subject_kind, revision);

create table audit_log (
  id              bigint      not null generated always as identity,
  occurred_at     timestamptz not null default now(),
  -- null: about the installation, not about one organization
  organization_id uuid,
  -- the organization's revision that the change made; null where it made none
  revision        bigint,
  actor_kind      text        not null,
  actor_id        text        not null,
  actor_name      text        not null,
  action          text        not null,
  subject_kind    text        not null,
  subject_id      text        not null,
  subject_name    text        not null,
  before          jsonb,
  after           jsonb,
  request_id      text        not null,
  source          text        not null,
  constraint audit_log_pkey primary key (id)
);
create index audit_log_organization on audit_log (organization_id, id);
create index audit_log_revision on audit_log (organization_id, revision);
create index audit_log_subject on audit_log (subject_kind, subject_id, id);

-- History is written once. The application's role has no right to change it
-- (see the grants), and nobody does it by accident.
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end
$$;
create trigger audit_log_append_only before update or delete or truncate on audit_log
  for each statement execute function refuse_change();
create trigger versions_append_only before update or delete or truncate on versions
  for each statement execute function refuse_change();
