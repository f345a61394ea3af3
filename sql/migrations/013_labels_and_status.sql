-- What people find an object by; the release before this one leaves them as they are.
alter table resources
  add column labels jsonb not null default '{}',
  add constraint resources_labels_shape check (jsonb_typeof(labels) = 'object');

-- What the worker found out about an object: no part of its content, its versions or the
-- audit log.
create table resource_status (
  organization_id uuid  not null,
  resource_id     uuid  not null,
  conditions      jsonb not null,
  constraint resource_status_pkey primary key (resource_id),
  constraint resource_status_resource_fkey foreign key (organization_id, resource_id)
    references resources (organization_id, id) on delete cascade,
  constraint resource_status_conditions_shape check (jsonb_typeof(conditions) = 'array')
);
create index resource_status_of_organization on resource_status (organization_id);

-- The revision of each library that resource_status is of, and the lock of whoever
-- brings it up to date.
create table status_evaluations (
  organization_id uuid   not null,
  revision        bigint not null default 0,
  constraint status_evaluations_pkey primary key (organization_id),
  constraint status_evaluations_organization_fkey foreign key (organization_id) references organizations (id)
);

-- What soft references name may be absent.
create index resource_references_soft on resource_references (organization_id)
  where target_resource_id is null and target_mode_id is null;

grant select, insert, update, delete on resource_status, status_evaluations to orgmodes_app;
