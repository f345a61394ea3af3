-- name: GetInstallation :one
select epoch, incarnation from installation;

-- name: GetInstallationAt :one
select epoch, incarnation, now()::timestamptz as at from installation;

-- name: LockInstallation :one
select epoch, incarnation from installation for update;

-- name: RaiseIncarnation :one
update installation set incarnation = greatest(incarnation, @found::bigint) + 1 returning epoch, incarnation;

-- name: RaiseEpoch :one
update installation set epoch = @epoch, incarnation = incarnation + 1 where epoch < @epoch returning epoch, incarnation;

-- name: LatestEdition :one
select number, renderer, builtins_sha256, raised_at from editions order by number desc limit 1;

-- name: GetEdition :one
select number, renderer, builtins_sha256, raised_at from editions where number = @number;

-- name: ListEditions :many
select number, renderer, builtins_sha256, raised_at from editions order by number desc limit @row_limit;

-- name: EditionExists :one
select exists (select from editions where renderer = @renderer and builtins_sha256 = @builtins_sha256)::boolean as known;

-- name: InsertEdition :one
insert into editions (renderer, builtins_sha256) values (@renderer, @builtins_sha256) returning number;

-- name: UnpublishBelowEdition :execrows
update organizations
set pending_since = coalesce(pending_since, now())
where published_edition < @edition;
