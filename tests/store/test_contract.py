import pytest

from ropewalk.store.database import Database
from ropewalk.testing.memory_store import MemoryStore
from tests.store.contract import StoreContract


class TestDatabase(StoreContract):
    @pytest.fixture
    def store(self, tmp_path):
        store = Database(tmp_path / "a b?#%" / "store.db")
        yield store
        store.close()


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore()
