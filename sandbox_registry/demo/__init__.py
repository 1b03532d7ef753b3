"""A demonstration: example people carry example dossiers through the API, as anybody else would have to."""
