-- name: ListModes :many
select id, organization_id, name, slug, created_by, created_at, updated_at, config, updated_by, version, position, permission_template_id
from organization_modes
where organization_id = @organization_id
order by position, name, slug;

-- name: ListModeSummaries :many
-- ListModeSummaries omits the configurations, which hold the prompts.
select id, name, slug, updated_at, updated_by, version, position
from organization_modes
where organization_id = @organization_id;

-- name: ListModesByID :many
select id, organization_id, name, slug, created_by, created_at, updated_at, config, updated_by, version, position, permission_template_id
from organization_modes
where organization_id = @organization_id and id = any(@ids::uuid[]);

-- name: GetMode :one
select id, organization_id, name, slug, created_by, created_at, updated_at, config, updated_by, version, position, permission_template_id
from organization_modes
where organization_id = @organization_id and id = @id;

-- name: GetModeBySlug :one
select id, organization_id, name, slug, created_by, created_at, updated_at, config, updated_by, version, position, permission_template_id
from organization_modes
where organization_id = @organization_id and lower(slug) = lower(@slug::text);

-- name: InsertMode :one
insert into organization_modes (id, organization_id, name, slug, created_by, config, updated_by, version, position, permission_template_id)
values (@id, @organization_id, @name, @slug, @created_by, @config, @updated_by, @version, @position, sqlc.narg('permission_template_id'))
returning id, organization_id, name, slug, created_by, created_at, updated_at, config, updated_by, version, position, permission_template_id;

-- name: UpdateMode :one
update organization_modes
set name = @name, slug = @slug, config = @config, updated_by = @updated_by, position = @position,
    permission_template_id = sqlc.narg('permission_template_id'),
    updated_at = now(), version = version + 1
where organization_id = @organization_id and id = @id and version = @version
returning id, organization_id, name, slug, created_by, created_at, updated_at, config, updated_by, version, position, permission_template_id;

-- name: DeleteMode :execrows
delete from organization_modes
where organization_id = @organization_id and id = @id and version = @version;

-- name: MeasureModes :one
select count(*)::bigint as modes, coalesce(sum(octet_length(config::text)), 0)::bigint as bytes
from organization_modes
where organization_id = @organization_id;

-- name: CountModesBeside :one
-- CountModesBeside counts the modes with other slugs than @slugs, which are in lower case.
select count(*)::bigint as modes
from organization_modes
where organization_id = @organization_id and lower(slug) <> all(@slugs::text[]);

-- name: MoveModes :execrows
update organization_modes m set position = p.position
from (select unnest(@ids::uuid[]) as id, unnest(@positions::integer[]) as position) p
where m.id = p.id and m.organization_id = @organization_id;

-- name: LastPosition :one
select coalesce(max(position), 0)::integer as position
from organization_modes
where organization_id = @organization_id;
