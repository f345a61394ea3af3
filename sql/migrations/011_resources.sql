-- The objects of every kind that has no table to itself. A new kind needs no migration.
create table resources (
  id              uuid        not null,
  organization_id uuid        not null,
  kind            text        not null,
  name            text        not null,
  -- the part of the name that is unique, by the rules of the kind
  name_key        text        not null,
  spec            jsonb       not null,
  position        integer     not null default 0,
  created_by      text        not null,
  created_at      timestamptz not null default now(),
  updated_by      text        not null,
  updated_at      timestamptz not null default now(),
  version         bigint      not null default 1,
  constraint resources_pkey primary key (id),
  constraint resources_organization_fkey foreign key (organization_id) references organizations (id),
  -- what an object refers to is of its own organization
  constraint resources_of_organization unique (organization_id, id),
  constraint resources_name_unique unique (organization_id, kind, name_key),
  constraint resources_spec_shape check (jsonb_typeof(spec) = 'object')
);
alter table organization_modes add constraint organization_modes_of_organization unique (organization_id, id);

-- Which object refers to which other one, and where. A required reference has the
-- target's id in the column of its table, so that it can't dangle; a soft one has none:
-- what it names may be absent.
create table resource_references (
  organization_id        uuid not null,
  resource_id            uuid not null,
  -- JSON pointer into the object
  path                   text not null,
  target_kind            text not null,
  target_name_key        text not null,
  target_resource_id     uuid,
  target_mode_id         uuid,
  target_template_id     uuid,
  constraint resource_references_pkey primary key (resource_id, path),
  constraint resource_references_resource_fkey foreign key (organization_id, resource_id)
    references resources (organization_id, id) on delete cascade,
  constraint resource_references_to_resource_fkey foreign key (organization_id, target_resource_id)
    references resources (organization_id, id),
  constraint resource_references_to_mode_fkey foreign key (organization_id, target_mode_id)
    references organization_modes (organization_id, id),
  constraint resource_references_to_template_fkey foreign key (organization_id, target_template_id)
    references permission_templates (organization_id, id),
  constraint resource_references_one_target check (num_nonnulls(target_resource_id, target_mode_id, target_template_id) <= 1)
);
create index resource_references_by_name on resource_references (organization_id, target_kind, target_name_key);
create index resource_references_to_resource on resource_references (organization_id, target_resource_id) where target_resource_id is not null;
create index resource_references_to_mode on resource_references (organization_id, target_mode_id) where target_mode_id is not null;
create index resource_references_to_template on resource_references (organization_id, target_template_id) where target_template_id is not null;

grant select, insert, update, delete on resources, resource_references to orgmodes_app;
