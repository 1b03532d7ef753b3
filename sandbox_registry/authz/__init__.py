"""Who may do what: Casbin policy in, decisions with their reason out; the only importer of casbin."""

from sandbox_registry.authz.decisions import Decision
from sandbox_registry.authz.enforcer import Authorizer
from sandbox_registry.authz.names import Finding
from sandbox_registry.authz.policy import PolicyLine, PolicyUnreadable
from sandbox_registry.domain.acts import Action

__all__ = ["Action", "Authorizer", "Decision", "Finding", "PolicyLine", "PolicyUnreadable"]
