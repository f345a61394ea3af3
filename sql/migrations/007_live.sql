-- Since when readers have what they have: written back with published_revision.
alter table organizations
  -- the newest revision that readers ever got. Where it isn't published_revision,
  -- live_at tells of another one: Redis has lost it, or a worker of an earlier
  -- release wrote back, which knows nothing of these columns
  add column live_revision bigint not null default 0,
  -- when live_revision was written back; null where nobody noted it
  add column live_at       timestamptz,
  -- when the change that live_revision counts was saved; null where the revision
  -- had been live before: how long that took says nothing about saving
  add column live_saved_at timestamptz;

update organizations set live_revision = published_revision;
