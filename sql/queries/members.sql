-- name: ListSoleOwnerships :many
-- ListSoleOwnerships lists the organizations in which a user is an owner and no other owner is enabled.
select o.slug from organizations o
join members m on m.organization_id = o.id and m.user_id = @user_id and m.role = 'owner'
where o.deleted_at is null and not exists (
  select from members other join users u on u.id = other.user_id
  where other.organization_id = o.id and other.role = 'owner' and other.user_id <> @user_id and u.disabled_at is null)
order by o.slug;

-- name: GetMember :one
select organization_id, user_id, role, created_at from members
where organization_id = @organization_id and user_id = @user_id;

-- name: LockMember :one
select organization_id, user_id, role, created_at from members
where organization_id = @organization_id and user_id = @user_id
for update;

-- name: InsertMember :exec
insert into members (organization_id, user_id, role) values (@organization_id, @user_id, @role);

-- name: UpdateMemberRole :exec
update members set role = @role where organization_id = @organization_id and user_id = @user_id;

-- name: DeleteMember :execrows
delete from members where organization_id = @organization_id and user_id = @user_id;

-- name: OtherOwners :one
-- OtherOwners counts the other owners whose accounts aren't disabled. While the organization's row
-- is locked, no change of members alters the count.
select count(*) from members m
join users u on u.id = m.user_id
where m.organization_id = @organization_id and m.role = 'owner' and m.user_id <> @user_id and u.disabled_at is null;

-- name: ListMembers :many
select m.user_id, m.role, m.created_at, u.email, u.name
from members m
join users u on u.id = m.user_id
where m.organization_id = @organization_id
order by lower(u.name), m.user_id;

-- name: ListMemberships :many
-- ListMemberships lists the organizations that a user is a member of, with the user's role. It is
-- optionally limited to one, by id or slug, and to the organizations of a token. The query is the
-- same whether an organization belongs to others or doesn't exist.
select o.id, o.slug, o.name, o.created_at, o.revision, o.deleted_at, m.role
from members m
join organizations o on o.id = m.organization_id
where m.user_id = @user_id and (o.deleted_at is null or @deleted::bool)
  and (sqlc.narg('id')::uuid is null or o.id = sqlc.narg('id'))
  and (sqlc.narg('slug')::text is null or o.slug = sqlc.narg('slug'))
  and (sqlc.narg('token_id')::uuid is null or exists (
    select from token_organizations t where t.token_id = sqlc.narg('token_id') and t.organization_id = o.id))
order by lower(o.name), o.id;
