create table permission_templates (
  id                    uuid        not null default gen_random_uuid(),
  organization_id       uuid        not null,
  name                  text        not null,
  permission_mode       text        not null,
  allowed_tools         text[]      not null default '{}',
  -- null where there is none; an empty text was given as empty
  default_role          text,
  default_system_prompt text,
  description           text,
  created_by            text        not null,
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),
  updated_by            text        not null,
  version               bigint      not null default 1,
  constraint permission_templates_pkey primary key (id),
  constraint permission_templates_organization_fkey foreign key (organization_id) references organizations (id),
  -- what a mode refers to is of its own organization
  constraint permission_templates_of_organization unique (organization_id, id),
  constraint permission_templates_name_shape check (length(btrim(name)) between 1 and 100),
  constraint permission_templates_permission_mode_known
    check (permission_mode in ('default', 'acceptEdits', 'plan', 'bypassPermissions'))
);
create unique index permission_templates_name_unique on permission_templates (organization_id, lower(btrim(name)));

-- A template that a mode names can't be deleted, and a mode can't name one that
-- isn't there.
alter table organization_modes
  add column permission_template_id uuid,
  add constraint organization_modes_permission_template_fkey
    foreign key (organization_id, permission_template_id) references permission_templates (organization_id, id);
create index organization_modes_permission_template on organization_modes (organization_id, permission_template_id)
  where permission_template_id is not null;

-- The templates that we ship were given to the organization: once, so that one
-- which was deleted stays deleted.
alter table organizations add column templates_seeded_at timestamptz;
create index organizations_unseeded on organizations (id) where templates_seeded_at is null;

grant select, insert, update, delete on permission_templates to orgmodes_app;
