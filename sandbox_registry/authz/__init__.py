"""Who may do what: Casbin policy in, decisions with their reason out; the only importer of casbin."""

from sandbox_registry.authz.decisions import AuthorizationDecision
from sandbox_registry.authz.enforcer import Authorizer
from sandbox_registry.authz.names import PolicyFinding
from sandbox_registry.authz.policy import PolicyLine, PolicyUnreadable
from sandbox_registry.domain.acts import Action

__all__ = ["Action", "AuthorizationDecision", "Authorizer", "PolicyFinding", "PolicyLine", "PolicyUnreadable"]
