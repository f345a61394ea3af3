-- What an author typed into the editor of an object and hasn't applied. A draft is no part
-- of the library: it has no versions and no place in the audit log, and is never published.
create sequence resource_draft_editions;
create table resource_drafts (
  organization_id uuid        not null,
  user_id         uuid        not null,
  kind            text        not null,
  -- the object's id, or an id that the editor made up for an object that doesn't exist yet
  subject         uuid        not null,
  title           text        not null,
  -- JSON, byte for byte as it was sent: jsonb would reorder and rewrite it
  content         text        not null,
  -- the version of the object that the draft began from; 0 for a new object
  base_version    bigint      not null,
  -- another number whenever the draft is stored, which no draft had before: who holds an
  -- old one never overwrites a draft that was begun anew
  edition         bigint      not null default nextval('resource_draft_editions'),
  updated_at      timestamptz not null default now(),
  -- null while the draft is alive
  discarded_at    timestamptz,
  -- when the draft is removed, unless it is stored, discarded or restored before
  expires_at      timestamptz not null,
  constraint resource_drafts_pkey primary key (organization_id, user_id, kind, subject),
  constraint resource_drafts_organization_fkey foreign key (organization_id) references organizations (id) on delete cascade,
  constraint resource_drafts_user_fkey foreign key (user_id) references users (id) on delete cascade,
  -- drafts end with the membership, whichever release ends it: a member who comes back
  -- finds none
  constraint resource_drafts_member_fkey foreign key (organization_id, user_id)
    references members (organization_id, user_id) on delete cascade,
  constraint resource_drafts_title_shape check (length(title) <= 200),
  constraint resource_drafts_base_version_shape check (base_version >= 0),
  constraint resource_drafts_edition_shape check (edition >= 1)
);
create index resource_drafts_user on resource_drafts (user_id);
create index resource_drafts_expiry on resource_drafts (expires_at);

grant select, insert, update, delete on resource_drafts to orgmodes_app;
grant usage on sequence resource_draft_editions to orgmodes_app;
