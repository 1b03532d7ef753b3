"""`python -m sandbox_registry.cli`: the same as the program `sandbox-registry`."""

from sandbox_registry.cli.main import main

if __name__ == "__main__":
    main()
