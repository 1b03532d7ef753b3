"""JSON handlers: what the People's Council and the public read."""
