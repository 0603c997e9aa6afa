"""The append-only truth, and the records that are projections of it.

    Step --writer.put--> buffer --one transaction per group--> journal rows + records + figures

- `tables`       the schema; `gather` (pure) turns steps into rows by `projections` (calls), `presence` (agents' time),
                 `promises` (callbacks, voicemail), `gaps` (outages) and `intervals` (half-hours of the site's zone);
                 `clean` guards the columns
- `store`        what one transaction writes; `rollup` sums the half-hours in SQL, from the records, in whole ms
- `writer`       the one task that writes; `spill` the file that takes what a missing database cannot
- `load`         State at start: the latest snapshot plus later events; `verify` rebuilds everything and compares
- `outages`      the gaps; `cel` (pure) tells Asterisk's own record of one as Events, after a `GapOpened`
- `queries`      async reads for pages and API; `cli` the commands `db` and `journal`
- `story`, `decisions`, `path`   (pure) a call as lines, why an offer went to whom, the IVR path; `wording` names it

Every row can be made again from the events, so an upsert replaces it whole and nothing is counted by adding up twice.
"""
