"""The JSON API: controllers and schemas, one file per aggregate."""
