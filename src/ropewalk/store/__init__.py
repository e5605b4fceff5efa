"""The database of events, payloads and projections (SQLite through SQLAlchemy Core)."""
