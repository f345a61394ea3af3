-- Which organizations are being published: one worker at a time renders each. A row
-- without a heartbeat expires, and the leading worker returns its job to the queue.
-- There is no foreign key: taking a lease must not touch the organization's row,
-- which writers queue on. Workers of an earlier release know nothing of leases and
-- publish beside them, which costs a render and harms nothing.
create table publication_leases (
  organization_id uuid        not null,
  -- one publication, not one worker: drawn for each
  holder          uuid        not null,
  -- the River job that it is done for; null for a sweep or a reconciliation
  job_id          bigint,
  -- asked for while it was held: the holder has it published once more
  again           boolean     not null default false,
  taken_at        timestamptz not null default now(),
  expires_at      timestamptz not null,
  constraint publication_leases_pkey primary key (organization_id)
);
create index publication_leases_job on publication_leases (job_id);
grant select, insert, update, delete on publication_leases to orgmodes_app;
