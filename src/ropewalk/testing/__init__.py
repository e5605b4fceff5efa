"""Fakes and samples that ship: a scripted agent, a scripted model server, a memory store, repositories."""
