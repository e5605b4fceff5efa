"""Fakes and samples that ship with Ropewalk: a scripted agent, a scripted model server, a memory store, repositories."""
