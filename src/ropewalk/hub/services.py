"""What a hub is made of, put together."""

from dataclasses import replace

from ropewalk.core.admission import Room, within
from ropewalk.core.state import World
from ropewalk.hub.actions import Actions
from ropewalk.hub.activities import Activities
from ropewalk.hub.adopting import Adopting
from ropewalk.hub.boxing import Boxing
from ropewalk.hub.claims import Claims
from ropewalk.hub.cleaning import Cleaning
from ropewalk.hub.deciding import Deciding
from ropewalk.hub.desk import Desk
from ropewalk.hub.editedtests import EditedTests
from ropewalk.hub.evidence import EvidenceWork
from ropewalk.hub.forking import Forking
from ropewalk.hub.idling import Idling
from ropewalk.hub.init import Starters
from ropewalk.hub.keys import Keys
from ropewalk.hub.ledger import Ledger
from ropewalk.hub.merging import Merging
from ropewalk.hub.parts import Parts
from ropewalk.hub.places import Places
from ropewalk.hub.preparing import Preparing
from ropewalk.hub.processes import Processes
from ropewalk.hub.projects import Projects
from ropewalk.hub.reading import Reading
from ropewalk.hub.rebasing import Rebasing
from ropewalk.hub.refer import References
from ropewalk.hub.results import Results
from ropewalk.hub.rewinding import Rewinding
from ropewalk.hub.scheduler import Scheduler
from ropewalk.hub.serving import Serving
from ropewalk.hub.settingup import SettingUp
from ropewalk.hub.talking import Talking
from ropewalk.hub.tasks import Tasks
from ropewalk.hub.trying import Trying
from ropewalk.hub.turns import Turns
from ropewalk.hub.undoing import Journal
from ropewalk.hub.versions import Versions
from ropewalk.ports import Loaded

MB = 1024 * 1024


class Services:
    """All that a hub is made of, brought up from the store; nothing runs yet."""

    def __init__(self, parts: Parts) -> None:
        """Those that know something come first, then those that do something with it."""
        loaded = parts.store.load()
        self.id = loaded.hub
        self.parts = parts
        self.ledger = _ledger(parts, loaded)
        self._make_readers()
        self._make_workers(loaded)
        self._make_scheduler()
        self._make_tasks()
        self._make_actions()

    def _make_readers(self) -> None:
        """What the others ask."""
        parts = self.parts
        self.keys = Keys(parts.environ)
        self.boxing = Boxing(self.ledger, parts.sandbox)
        self.claims = Claims()
        self.activities = Activities(self.ledger)
        self.references = References(self.ledger)
        self.references.forgotten += [
            self.activities.forget_task,
            lambda task: self.keys.forget(task.id),
        ]
        self.results = Results(self.ledger)
        self.projects = Projects(self.ledger, parts.checkout, parts.repository, parts.person)
        self.turns = Turns(self.ledger, self.references)
        self.reading = Reading(
            ledger=self.ledger,
            references=self.references,
            results=self.results,
            activities=self.activities,
            repository=parts.repository,
        )

    def _make_workers(self, loaded: Loaded) -> None:
        """What does the effects."""
        parts = self.parts
        setting_up = SettingUp(self.ledger, parts.runs, self.boxing)
        self.preparing = Preparing(
            ledger=self.ledger,
            setting_up=setting_up,
            workspaces=parts.workspaces,
            bases=parts.bases,
            repository=parts.repository,
        )
        self.places = Places(
            ledger=self.ledger,
            runs=parts.runs,
            workspaces=parts.workspaces,
            preparing=self.preparing,
            setting_up=setting_up,
            boxing=self.boxing,
        )
        self.processes = Processes(
            ledger=self.ledger,
            runs=parts.runs,
            launcher=parts.launcher,
            keys=self.keys,
            variables=self.places.variables,
            boxing=self.boxing,
            cursors={one.run: one for one in loaded.cursors},
            keep_spools=parts.keep_spools,
        )
        self.versions = Versions(
            ledger=self.ledger,
            workspaces=parts.workspaces,
            checkout=parts.checkout,
            activities=self.activities,
        )
        self.serving = Serving(
            self.ledger, parts.runs, setting_up, self.boxing, keep_spools=parts.keep_spools
        )
        self.evidence = EvidenceWork(
            ledger=self.ledger,
            runs=parts.runs,
            workspaces=parts.workspaces,
            preparing=self.preparing,
            judge=parts.judge,
            boxing=self.boxing,
            at_once=parts.checks_at_once,
        )
        self.edits = EditedTests(self.ledger, parts.repository)
        self.merging = Merging(self.ledger, parts.repository, parts.checkout, self.results)
        self.rewinding = Rewinding(self.ledger, parts.workspaces)
        self.desk = Desk(
            ledger=self.ledger,
            references=self.references,
            desks=parts.desks,
            repository=parts.repository,
            workspaces=parts.workspaces,
            rewinding=self.rewinding,
            claims=self.claims,
            done=lambda attempt: self.scheduler.look_at(attempt),
        )

    def _make_scheduler(self) -> None:
        """What has the effects done, and ends the hub when there are none."""
        workers = (
            self.places,
            self.processes,
            self.versions,
            self.rewinding,
            self.desk,
            self.serving,
            self.evidence,
            self.edits,
            self.merging,
        )
        self.scheduler = Scheduler(
            self.ledger,
            workers,
            self.evidence,
            self.merging,
            self._room,
            self.processes.attach,
            self.claims,
        )
        self.idling = Idling(self.ledger, self.scheduler, self.parts.idle_s)
        self.cleaning = Cleaning(
            self.ledger,
            self.parts.disk,
            self.claims,
            runs=self.parts.runs,
            references=self.references,
            before=self.parts.before,
            done=self.scheduler.look_at,
        )

    def _make_tasks(self) -> None:
        """What makes tasks and attempts."""
        parts = self.parts
        self.tasks = Tasks(
            ledger=self.ledger,
            projects=self.projects,
            checkout=parts.checkout,
            repository=parts.repository,
            agents=parts.agents,
            checks=parts.checks,
            carries=parts.launcher.carries,
            setups=parts.setups,
            keys=self.keys,
            boxing=self.boxing,
        )
        self.adopting = Adopting(
            ledger=self.ledger,
            projects=self.projects,
            checkout=parts.checkout,
            repository=parts.repository,
            tasks=self.tasks,
        )
        self.starters = Starters(self.projects, parts.repository, parts.setups, parts.checks)
        self.forking = Forking(
            ledger=self.ledger,
            references=self.references,
            projects=self.projects,
            repository=parts.repository,
            agents=parts.agents,
            keys=self.keys,
            boxing=self.boxing,
            rewinding=self.rewinding,
            turns=self.turns,
            claims=self.claims,
            carries=parts.launcher.carries,
            done=self.scheduler.look_at,
        )

    def _make_actions(self) -> None:
        """What does the verbs of a person."""
        parts = self.parts
        self.trying = Trying(self.ledger, parts.repository, parts.checkout, parts.trials)
        self.journal = Journal(self.ledger, self.merging, self.rewinding)
        rebasing = Rebasing(
            self.ledger,
            parts.repository,
            parts.checkout,
            parts.workspaces,
            self.claims,
            self.scheduler.look_at,
        )
        deciding = Deciding(self.ledger, self.keys)
        talking = Talking(
            ledger=self.ledger,
            references=self.references,
            deciding=deciding,
            keys=self.keys,
            drivers=self.processes.drivers,
        )
        self.actions = Actions(
            ledger=self.ledger,
            references=self.references,
            results=self.results,
            journal=self.journal,
            deciding=deciding,
            talking=talking,
            rebase=rebasing.rebase,
            turns=self.turns,
            rewinding=self.rewinding,
        )

    async def _room(self) -> Room:
        limit = self.parts.limits()
        free = await self.parts.runs.free_memory_mb()
        taken = await self.parts.disk.taken() if limit.budget_mb else 0
        return within(replace(limit, free_mb=free - limit.free_mb), -(-taken // MB))


def _ledger(parts: Parts, loaded: Loaded) -> Ledger:
    """The ledger, with the world as the store has it."""
    world = World(
        projects={one.id: one for one in loaded.projects},
        tasks={one.id: one for one in loaded.tasks},
        attempts={one.id: one for one in loaded.attempts},
        evidence={one.key: one for one in loaded.evidence},
        last_task=loaded.last_task,
        closed=dict(loaded.closed),
    )
    return Ledger(parts.store, parts.clock, world, last_seq=loaded.last_seq, host=parts.host)
