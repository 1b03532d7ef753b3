"""Passwords that are cheap to hash."""

from argon2 import PasswordHasher

from sandbox_registry.usecases.identity.passwords import Passwords

CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
CHEAP = Passwords(frozenset(), hasher=CHEAP_HASHER)
