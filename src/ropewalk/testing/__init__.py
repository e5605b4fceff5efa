"""Fakes and samples that ship with Ropewalk: a scripted agent, a memory store, repositories."""
