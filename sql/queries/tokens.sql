-- name: InsertToken :one
insert into tokens (sha256, start, name, user_id, scopes, created_by, expires_at)
values (@sha256, @start, @name, @user_id, @scopes, @created_by, @expires_at)
returning id, sha256, start, name, user_id, scopes, created_by, created_at, expires_at, revoked_at, last_used_at, version, published_version, pending_since;

-- name: InsertTokenOrganization :exec
insert into token_organizations (token_id, organization_id) values (@token_id, @organization_id);

-- name: GetToken :one
select id, sha256, start, name, user_id, scopes, created_by, created_at, expires_at, revoked_at, last_used_at, version, published_version, pending_since
from tokens
where id = @id;

-- name: GetOrganizationToken :one
select t.id, t.sha256, t.start, t.name, t.user_id, t.scopes, t.created_by, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, t.version, t.published_version, t.pending_since
from tokens t
join token_organizations o on o.token_id = t.id
where t.id = @id and o.organization_id = @organization_id;

-- name: GetTokenByHash :one
select t.id, t.sha256, t.start, t.name, t.user_id, t.scopes, t.created_by, t.created_at, t.expires_at, t.revoked_at, t.last_used_at, t.version, t.published_version, t.pending_since,
       u.email as user_email, u.name as user_name
from tokens t
join users u on u.id = t.user_id
where t.sha256 = @sha256 and t.revoked_at is null and (t.expires_at is null or t.expires_at > now()) and u.disabled_at is null;

-- name: ListTokens :many
-- ListTokens lists tokens newest first. Tokens are never deleted, so a page continues after the last
-- token of the previous one. A null filter matches everything.
select t.id, t.start, t.name, t.user_id, u.email as user_email, u.name as user_name, t.scopes, t.created_by, t.created_at,
       t.expires_at, t.revoked_at, t.last_used_at, t.version, t.published_version
from tokens t
join token_organizations o on o.token_id = t.id
join users u on u.id = t.user_id
where o.organization_id = @organization_id
  and (sqlc.narg('user_id')::uuid is null or t.user_id = sqlc.narg('user_id'))
  and (sqlc.narg('ended')::boolean is null
    or (t.revoked_at is not null or coalesce(t.expires_at <= now(), false)) = sqlc.narg('ended'))
  and (sqlc.narg('after')::uuid is null or (t.created_at, t.id) < (
    select last.created_at, last.id from tokens last
    join token_organizations opens on opens.token_id = last.id
    where last.id = sqlc.narg('after') and opens.organization_id = @organization_id))
order by t.created_at desc, t.id desc
limit @row_limit;

-- name: CountPendingTokens :one
-- CountPendingTokens counts the tokens whose current version isn't published to readers.
select count(*)
from tokens t
join token_organizations o on o.token_id = t.id
where o.organization_id = @organization_id and t.published_version < t.version;

-- name: RevokeToken :one
update tokens
set revoked_at = now(), version = version + 1, pending_since = coalesce(pending_since, now())
where id = @id and revoked_at is null
returning id, sha256, start, name, user_id, scopes, created_by, created_at, expires_at, revoked_at, last_used_at, version, published_version, pending_since;

-- name: TouchTokens :many
-- TouchTokens marks all tokens of the user for publication, because the organizations that they
-- open, or their validity, changed. Revoked tokens are skipped: a revocation is permanent.
with held as (
  select k.id from tokens k where k.user_id = @user_id and k.revoked_at is null order by k.id for update
)
update tokens t
set version = t.version + 1, pending_since = coalesce(t.pending_since, now())
from held where t.id = held.id
returning t.id, t.version;

-- name: LockTokensFor :many
-- LockTokensFor locks and lists a user's tokens that name an organization, with whether they name
-- another one too.
select t.id, exists (
    select from token_organizations other where other.token_id = t.id and other.organization_id <> @organization_id
  )::boolean as names_others
from tokens t
where t.user_id = @user_id and t.revoked_at is null
  and exists (select from token_organizations o where o.token_id = t.id and o.organization_id = @organization_id)
order by t.id
for update;

-- name: TakeFromToken :execrows
delete from token_organizations where token_id = @token_id and organization_id = @organization_id;

-- name: TouchToken :one
update tokens
set version = version + 1, pending_since = coalesce(pending_since, now())
where id = @id
returning id, sha256, start, name, user_id, scopes, created_by, created_at, expires_at, revoked_at, last_used_at, version, published_version, pending_since;

-- name: ListTokenOrganizations :many
-- ListTokenOrganizations lists the organizations that a token opens: those it names, as long as its
-- user is a member.
select o.organization_id
from token_organizations o
join tokens t on t.id = o.token_id
join members m on m.organization_id = o.organization_id and m.user_id = t.user_id
join users u on u.id = t.user_id
where o.token_id = @token_id and u.disabled_at is null
order by o.organization_id;

-- name: TokenPublished :execrows
-- TokenPublished applies only under the incarnation that the script wrote to: a token written to a
-- Redis that has been replaced since is not published.
update tokens t
set published_version = greatest(t.published_version, @version::bigint),
    pending_since = case when t.version <= @version then null else t.pending_since end
from installation i
where t.id = @id and i.incarnation = @incarnation and i.epoch = @epoch;

-- name: PendingTokens :many
select id, version from tokens
where pending_since <= now() - make_interval(secs => @older_than_seconds::float8)
order by pending_since, id
limit @row_limit;

-- name: UnpublishTokens :execrows
with held as (select k.id from tokens k where k.id = any(@ids::uuid[]) order by k.id for update)
update tokens t
set published_version = 0, pending_since = coalesce(t.pending_since, t.created_at)
from held where t.id = held.id;

-- name: ListTokenRecords :many
select id, sha256, version from tokens
where id > @after_id
order by id
limit @row_limit;

-- name: TokensUsed :execrows
-- TokensUsed records the first use immediately, and later uses at most once per interval: editors
-- poll every few minutes, and no one needs more precise times. Times are limited to the present,
-- because a reader's clock may be ahead of the database's.
with used as (select unnest(@hashes::bytea[]) as sha256, unnest(@ats::timestamptz[]) as at),
held as (
  select t.id, u.at from tokens t join used u on u.sha256 = t.sha256
  where t.last_used_at is null or t.last_used_at < u.at - make_interval(secs => @interval_seconds::float8)
  order by t.id
  for update of t
)
update tokens t
set last_used_at = least(held.at, now())
from held where t.id = held.id;
