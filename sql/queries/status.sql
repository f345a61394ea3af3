-- name: LockStatus :one
-- LockStatus returns the revision of an organization's status, and locks it until the transaction
-- ends.
insert into status_evaluations (organization_id) values (@organization_id)
on conflict (organization_id) do update set revision = status_evaluations.revision
returning revision;

-- name: SetStatusRevision :exec
update status_evaluations set revision = @revision where organization_id = @organization_id;

-- name: ListSoftReferences :many
select f.resource_id, r.kind, r.version, f.path, f.target_kind, f.target_name_key
from resource_references f
join resources r on r.id = f.resource_id
where f.organization_id = @organization_id and f.target_resource_id is null and f.target_mode_id is null
order by f.resource_id, f.path;

-- name: ListStatuses :many
-- ListStatuses lists the statuses of all objects, or of one.
select resource_id, conditions from resource_status
where organization_id = @organization_id and (sqlc.narg('resource_id')::uuid is null or resource_id = sqlc.narg('resource_id'));

-- name: SetStatus :exec
-- SetStatus does nothing if the object was deleted since it was read.
insert into resource_status (organization_id, resource_id, conditions)
select r.organization_id, r.id, @conditions::jsonb from resources r where r.organization_id = @organization_id and r.id = @resource_id
on conflict (resource_id) do update set conditions = excluded.conditions;

-- name: DeleteStatuses :exec
delete from resource_status where organization_id = @organization_id and resource_id = any(@ids::uuid[]);

-- name: ListStaleStatuses :many
-- ListStaleStatuses lists organizations with soft references that changed after their status was
-- evaluated.
select o.id, o.revision from organizations o
left join status_evaluations e on e.organization_id = o.id
where coalesce(e.revision, 0) < o.revision
  and exists (select 1 from resource_references f
    where f.organization_id = o.id and f.target_resource_id is null and f.target_mode_id is null)
order by o.id
limit @row_limit;
