"""The application: one writer of state, a scheduler of effects, and what a person can ask for.

Where to look (each file says more in its first line):

- put together: `parts` (adapters), `services` (everything made of them), `hub` (its life), `idling`
- state: `ledger` (the one writer), `consequences` (what follows by itself), `refs` (names of git refs)
- done when state wants it: `scheduler` and `worker`, by `places`, `processes`, `versions`, `evidence`, `editedtests`,
  `merging`, `rewinding`, `desk` and `serving`; nobody works on files that another has in `claims`
- a workspace made ready: `preparing`, `settingup`, `watching`
- a run followed: `driver`, `intake`, `outbox`, `launcher`; `server` for one that serves
- a new task: `newtask`, `projects`, `base`, `finders`, `consent`, `trust`, `keys`, put together in `tasks`; others
  begin from what is there: `adopting`, `forking`; a first configuration: `init`
- the verbs of a person: `ask`, `actions`, `talking`, `deciding`, `rebasing`, `trying`, `undoing`, `lasting`
- what is shown: `refer` (what an id means), `reading`, `results`, `turns`, `activities`
- the disk: `cleaning`, `keeping`, `leftovers`
"""
