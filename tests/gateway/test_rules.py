"""What rules let through."""

import pytest

from ropewalk.core.errors import Refused
from ropewalk.gateway.rules import pattern, refuse_malformed, verdict
from ropewalk.ports.gateway import NetworkRules


def lets(host: str, port: int = 443, **rules) -> bool:
    return verdict(NetworkRules(**rules), host, port).let


def test_nothing_is_the_default():
    assert not lets("pypi.org")
    assert not lets("pypi.org", allowed=("pypi.org",))


def test_registries_are_those_of_the_ecosystems_found():
    assert lets("pypi.org", preset="registries", ecosystems=("python",))
    assert not lets("registry.npmjs.org", preset="registries", ecosystems=("python",))
    assert lets("git.example.com", preset="registries", allowed=("git.example.com",))


@pytest.mark.parametrize(
    ("rule", "host", "port", "let"),
    [
        ("example.com", "example.com", 443, True),
        ("example.com", "example.com", 80, True),
        ("example.com", "example.com", 22, False),
        ("example.com", "a.example.com", 443, False),
        ("example.com", "notexample.com", 443, False),
        ("*.example.com", "a.b.example.com", 443, True),
        ("*.example.com", "example.com", 443, False),
        ("*.example.com", "evilexample.com", 443, False),
        ("example.com:22", "example.com", 22, True),
        ("example.com:22", "example.com", 443, False),
        ("Example.COM.", "example.com", 443, True),
        ("bücher.example", "xn--bcher-kva.example", 443, True),
    ],
)
def test_patterns(rule, host, port, let):
    assert lets(host, port, preset="listed", allowed=(rule,)) is let


def test_open_means_the_web():
    assert lets("anything.example", 443, preset="open")
    assert not lets("anything.example", 25, preset="open")


def test_what_is_refused_wins_on_every_port():
    rules = {
        "preset": "open",
        "refused": ("*.evil.example", "b.example:443"),
        "allowed": ("x.evil.example:22",),
    }
    assert not lets("x.evil.example", 443, **rules)
    assert not lets("x.evil.example", 22, **rules)
    assert not lets("b.example", 443, **rules)
    assert lets("b.example", 80, **rules)


def test_only_private_means_private():
    rules = NetworkRules(preset="none", private=("db.lan:5432",))
    assert verdict(rules, "db.lan", 5432).private
    assert not verdict(rules, "db.lan", 5433).let
    assert not verdict(NetworkRules(preset="open"), "db.lan", 443).private


@pytest.mark.parametrize(
    "rule", ["", "*", "*.", "http://a.com", "a.com/x", "*.1.2.3.4", "a.com:99999", "a b", "**.com"]
)
def test_malformed_rules_are_refused(rule):
    with pytest.raises(Refused):
        pattern(rule)


@pytest.mark.parametrize(
    "rules",
    [
        {"private": ("db.lan",)},
        {"private": ("*.lan:1",)},
        {"ecosystems": ("cobol",)},
        {"refused": ("",)},
    ],
)
def test_malformed_sets_of_rules_are_refused(rules):
    with pytest.raises(Refused):
        refuse_malformed(NetworkRules(**rules))
