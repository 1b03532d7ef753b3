"""A registry for controlled testing: dossiers, review under written policy, time-boxed permits."""
