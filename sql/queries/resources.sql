-- name: ListResources :many
select id, organization_id, kind, name, name_key, spec, position, created_by, created_at, updated_by, updated_at, version, bytes, labels
from resources
where organization_id = @organization_id and kind = @kind
order by position, name_key;

-- name: GetResource :one
select id, organization_id, kind, name, name_key, spec, position, created_by, created_at, updated_by, updated_at, version, bytes, labels
from resources
where organization_id = @organization_id and kind = @kind and id = @id;

-- name: GetResourceByName :one
select id, organization_id, kind, name, name_key, spec, position, created_by, created_at, updated_by, updated_at, version, bytes, labels
from resources
where organization_id = @organization_id and kind = @kind and name_key = @name_key;

-- name: ListModesWithTemplate :many
select id, name, slug
from organization_modes
where organization_id = @organization_id and permission_template_id = @permission_template_id::uuid
order by position, name, slug;

-- name: ListResourceNames :many
select id, name from resources where organization_id = @organization_id and kind = @kind;

-- name: InsertResource :one
-- InsertResource takes the times of an imported resource from its file, but none in the future.
insert into resources (id, organization_id, kind, name, name_key, spec, labels, position, bytes, created_by, updated_by, version, created_at, updated_at)
values (@id, @organization_id, @kind, @name, @name_key, @spec, @labels, @position, @bytes, @created_by, @updated_by, @version,
  least(now(), sqlc.narg('created_at')::timestamptz), least(now(), sqlc.narg('updated_at')::timestamptz))
returning id, organization_id, kind, name, name_key, spec, position, created_by, created_at, updated_by, updated_at, version, bytes, labels;

-- name: UpdateResource :one
update resources
set name = @name, name_key = @name_key, spec = @spec, labels = @labels, position = @position, bytes = @bytes, updated_by = @updated_by, updated_at = now(), version = version + 1
where organization_id = @organization_id and id = @id and version = @version
returning id, organization_id, kind, name, name_key, spec, position, created_by, created_at, updated_by, updated_at, version, bytes, labels;

-- name: DeleteResource :execrows
delete from resources
where organization_id = @organization_id and id = @id and version = @version;

-- name: MeasureResources :one
select count(*)::bigint as resources, coalesce(sum(bytes), 0)::bigint as bytes
from resources
where organization_id = @organization_id and kind = @kind;

-- name: InsertReference :exec
insert into resource_references (organization_id, resource_id, path, target_kind, target_name_key, target_resource_id, target_mode_id)
values (@organization_id, @resource_id, @path, @target_kind, @target_name_key,
  sqlc.narg('target_resource_id'), sqlc.narg('target_mode_id'));

-- name: DeleteReferences :exec
delete from resource_references where organization_id = @organization_id and resource_id = @resource_id;

-- name: ListRequiredReferences :many
-- ListRequiredReferences lists the required references of all objects of a kind, or of one.
select f.resource_id, f.path, f.target_kind, coalesce(f.target_resource_id, f.target_mode_id)::uuid as target_id
from resource_references f
join resources r on r.id = f.resource_id
where f.organization_id = @organization_id and r.kind = @kind
  and (sqlc.narg('resource_id')::uuid is null or f.resource_id = sqlc.narg('resource_id'))
  and num_nonnulls(f.target_resource_id, f.target_mode_id) > 0;

-- name: ListReferrers :many
-- ListReferrers lists the other objects that refer to one by its id or, in soft references, its name.
select distinct r.id, r.kind, r.name
from resource_references f
join resources r on r.id = f.resource_id
where f.organization_id = @organization_id and f.resource_id <> @target_id::uuid
  and (f.target_resource_id = @target_id or f.target_mode_id = @target_id
    or f.target_kind = @target_kind and f.target_name_key = @target_name_key)
order by r.kind, r.name;

-- name: ListRequiredResources :many
-- ListRequiredResources lists the rows of resources that some objects require.
select distinct target_resource_id::uuid as id from resource_references
where organization_id = @organization_id and resource_id = any(@ids::uuid[]) and target_resource_id is not null;
