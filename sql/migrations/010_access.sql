-- Wrong passwords, counted for all processes. A key stands for what is counted: an
-- address, an account from an address, an account, a device that is known. It is a
-- keyed hash, because people type passwords where addresses belong.
create table sign_in_attempts (
  key    bytea       not null,
  wrong  integer     not null default 1,
  -- when the first of them was made
  since  timestamptz not null default now(),
  constraint sign_in_attempts_pkey primary key (key),
  constraint sign_in_attempts_key_shape check (length(key) = 16)
);
create index sign_in_attempts_since on sign_in_attempts (since);

-- Who was asked to become a member, and hasn't answered: what is accepted, declined
-- or withdrawn is in the audit log alone. Whether the address has an account makes
-- no difference here.
create table invitations (
  id              uuid        not null default gen_random_uuid(),
  organization_id uuid        not null,
  email           text        not null,
  role            text        not null,
  -- as the audit log knows who did it
  invited_by      text        not null,
  created_at      timestamptz not null default now(),
  expires_at      timestamptz not null,
  constraint invitations_pkey primary key (id),
  constraint invitations_organization_fkey foreign key (organization_id) references organizations (id),
  constraint invitations_role_known check (role in ('owner', 'admin', 'member')),
  constraint invitations_email_shape check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$' and length(email) <= 254)
);
create unique index invitations_email_unique on invitations (organization_id, lower(email));
create index invitations_email on invitations (lower(email));

grant select, insert, update, delete on sign_in_attempts, invitations to orgmodes_app;

-- Who becomes a member again begins without tokens, whatever their old ones name.
-- Removing a member takes the organization out of the tokens already; this is for
-- those that an earlier release removed, or removes while it still runs. Their
-- records don't open the organization, so there is nothing to publish.
create function forget_old_tokens() returns trigger language plpgsql as $$
begin
  delete from token_organizations o using tokens t
  where o.token_id = t.id and t.user_id = new.user_id and o.organization_id = new.organization_id and t.revoked_at is null;
  return null;
end
$$;
create trigger members_forget_old_tokens after insert on members
  for each row execute function forget_old_tokens();

-- History tells when something happened because the database says so, and in which
-- order: the application names neither.
revoke insert on audit_log, versions from orgmodes_app;
grant insert (organization_id, revision, actor_kind, actor_id, actor_name, action, subject_kind, subject_id,
  subject_name, before, after, request_id, source) on audit_log to orgmodes_app;
grant insert (subject_kind, subject_id, version, organization_id, revision, action, content, actor_kind, actor_id,
  actor_name) on versions to orgmodes_app;
-- Editions are history too: the newest row counts, and none ever changes.
revoke insert, update, delete on editions from orgmodes_app;
grant insert (renderer, builtins_sha256) on editions to orgmodes_app;
