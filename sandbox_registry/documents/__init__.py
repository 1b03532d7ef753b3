"""Files of the dossier: the content-addressed store and what a file really is."""
