-- Permission templates are stored with the objects of all kinds. The release before this
-- one reads and writes them under the old name, which is a view from here on; it can go
-- when that release can't be running any more.

-- What an object counts against the limits of its kind, in bytes.
alter table resources add column bytes integer not null default 0;

insert into resources (id, organization_id, kind, name, name_key, spec, bytes, created_by, created_at, updated_by, updated_at, version)
select id, organization_id, 'template', name, lower(btrim(name)),
  jsonb_build_object('name', name, 'permission_mode', permission_mode, 'allowed_tools', to_jsonb(allowed_tools),
    'default_role', default_role, 'default_system_prompt', default_system_prompt, 'description', description),
  octet_length(name) + octet_length(permission_mode) + octet_length(array_to_string(allowed_tools, '')) + coalesce(octet_length(default_role), 0)
    + coalesce(octet_length(default_system_prompt), 0) + coalesce(octet_length(description), 0),
  created_by, created_at, updated_by, updated_at, version
from permission_templates;

-- A template that a mode names can't be deleted, and a mode can't name one that isn't
-- there: now by the new table.
alter table organization_modes
  drop constraint organization_modes_permission_template_fkey,
  add constraint organization_modes_permission_template_fkey
    foreign key (organization_id, permission_template_id) references resources (organization_id, id);
drop index resource_references_to_template;
alter table resource_references
  drop constraint resource_references_one_target,
  drop constraint resource_references_to_template_fkey,
  drop column target_template_id,
  add constraint resource_references_one_target check (num_nonnulls(target_resource_id, target_mode_id) <= 1);
drop table permission_templates;

alter table resources
  add constraint permission_templates_name_shape check (kind <> 'template' or length(btrim(name)) between 1 and 100),
  add constraint permission_templates_permission_mode_known
    check (kind <> 'template' or spec ->> 'permission_mode' in ('default', 'acceptEdits', 'plan', 'bypassPermissions'));

create view permission_templates as
select id, organization_id, name,
  spec ->> 'permission_mode' as permission_mode,
  array(select jsonb_array_elements_text(spec -> 'allowed_tools')) as allowed_tools,
  spec ->> 'default_role' as default_role,
  spec ->> 'default_system_prompt' as default_system_prompt,
  spec ->> 'description' as description,
  created_by, created_at, updated_at, updated_by, version
from resources
where kind = 'template';

create function write_permission_template() returns trigger language plpgsql as $$
declare
  new_spec jsonb;
  new_bytes integer;
begin
  if tg_op = 'DELETE' then
    delete from resources where id = old.id and version = old.version;
    return case when found then old end;
  end if;
  new_spec := jsonb_build_object('name', new.name, 'permission_mode', new.permission_mode, 'allowed_tools', to_jsonb(coalesce(new.allowed_tools, '{}')),
    'default_role', new.default_role, 'default_system_prompt', new.default_system_prompt, 'description', new.description);
  new_bytes := octet_length(new.name) + octet_length(new.permission_mode) + coalesce(octet_length(array_to_string(new.allowed_tools, '')), 0)
    + coalesce(octet_length(new.default_role), 0) + coalesce(octet_length(new.default_system_prompt), 0) + coalesce(octet_length(new.description), 0);
  if tg_op = 'INSERT' then
    new.id := coalesce(new.id, gen_random_uuid());
    new.version := coalesce(new.version, 1);
    new.created_at := coalesce(new.created_at, now());
    new.updated_at := coalesce(new.updated_at, now());
    new.allowed_tools := coalesce(new.allowed_tools, '{}');
    insert into resources (id, organization_id, kind, name, name_key, spec, bytes, created_by, created_at, updated_by, updated_at, version)
    values (new.id, new.organization_id, 'template', new.name, lower(btrim(new.name)), new_spec, new_bytes,
      new.created_by, new.created_at, new.updated_by, new.updated_at, new.version);
    return new;
  end if;
  update resources r
  set name = new.name, name_key = lower(btrim(new.name)), spec = new_spec, bytes = new_bytes,
    updated_by = new.updated_by, updated_at = new.updated_at, version = new.version
  where r.id = old.id and r.version = old.version;
  return case when found then new end;
end $$;
create trigger permission_templates_write instead of insert or update or delete on permission_templates
  for each row execute function write_permission_template();
grant select, insert, update, delete on permission_templates to orgmodes_app;
