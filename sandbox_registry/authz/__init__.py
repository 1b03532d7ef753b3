"""Who may do what: Casbin policy in, decisions with their reason out; the only importer of casbin."""
