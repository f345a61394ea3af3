-- name: ExistingOrganizations :many
select id from organizations where id = any(@ids::uuid[]);

-- name: ExistingTokens :many
select sha256 from tokens where sha256 = any(@hashes::bytea[]);
