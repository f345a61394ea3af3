-- name: ListTemplates :many
select id, organization_id, name, permission_mode, allowed_tools, default_role, default_system_prompt, description, created_by, created_at, updated_at, updated_by, version
from permission_templates
where organization_id = @organization_id
order by lower(btrim(name)), id;

-- name: GetTemplate :one
select id, organization_id, name, permission_mode, allowed_tools, default_role, default_system_prompt, description, created_by, created_at, updated_at, updated_by, version
from permission_templates
where organization_id = @organization_id and id = @id;

-- name: InsertTemplate :one
-- One that comes from a file is as old as that says, and not younger than now.
insert into permission_templates (id, organization_id, name, permission_mode, allowed_tools, default_role, default_system_prompt, description, created_by, updated_by, version, created_at, updated_at)
values (@id, @organization_id, @name, @permission_mode, @allowed_tools, @default_role, @default_system_prompt, @description, @created_by, @updated_by, @version,
  least(now(), sqlc.narg('created_at')::timestamptz), least(now(), sqlc.narg('updated_at')::timestamptz))
returning id, organization_id, name, permission_mode, allowed_tools, default_role, default_system_prompt, description, created_by, created_at, updated_at, updated_by, version;

-- name: UpdateTemplate :one
update permission_templates
set name = @name, permission_mode = @permission_mode, allowed_tools = @allowed_tools, default_role = @default_role,
    default_system_prompt = @default_system_prompt, description = @description, updated_by = @updated_by,
    updated_at = now(), version = version + 1
where organization_id = @organization_id and id = @id and version = @version
returning id, organization_id, name, permission_mode, allowed_tools, default_role, default_system_prompt, description, created_by, created_at, updated_at, updated_by, version;

-- name: DeleteTemplate :execrows
delete from permission_templates
where organization_id = @organization_id and id = @id and version = @version;

-- name: ListModesWithTemplate :many
select id, name, slug
from organization_modes
where organization_id = @organization_id and permission_template_id = @permission_template_id::uuid
order by position, name, slug;

-- name: ListTemplateNames :many
-- Without the prompts, which may be long.
select id, name from permission_templates where organization_id = @organization_id;

-- name: MeasureTemplates :one
select count(*)::bigint as templates,
  coalesce(sum(octet_length(name) + octet_length(permission_mode) + octet_length(array_to_string(allowed_tools, '')) + coalesce(octet_length(default_role), 0)
    + coalesce(octet_length(default_system_prompt), 0) + coalesce(octet_length(description), 0)), 0)::bigint as bytes
from permission_templates
where organization_id = @organization_id;
