"""Fakes and samples that ship with Ropewalk: a scripted agent and model server, stores in memory, repositories."""
