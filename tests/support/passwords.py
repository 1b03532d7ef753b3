"""Passwords that are cheap to hash."""

from argon2 import PasswordHasher

from sandbox_registry.usecases.identity.passwords import Passwords

CHEAP = Passwords(frozenset(), hasher=PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
